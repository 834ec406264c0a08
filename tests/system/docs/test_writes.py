"""What README promises of a session's writes, read from the log of the API server that served it."""

from typing import Any

from tests.system.docs.conftest import POD, Desk

COPY = f"{POD}-netshoot-mine"
PODS = "/api/v1/namespaces/default/pods"
READING = ("get", "list", "watch", "")


def writes(desk: Desk) -> list[dict[str, Any]]:
    """Every request of the plugin and its kubectl that could change something, reviews of rights left out."""
    return [
        request
        for request in desk.cluster.requests()
        if request["verb"] not in READING and "accessreviews" not in request["path"]
    ]


def test_a_session_writes_to_the_copy_alone(desk: Desk) -> None:
    desk.cluster.forget_requests()
    done = desk.type(f"kubectl netshoot {POD} --join-service --settle 0 --name {COPY} -- true")
    assert done.returncode == 0, done.stderr
    asked = {(request["method"], request["path"].partition("?")[0]) for request in writes(desk)}
    assert asked - {("POST", PODS)} <= {
        ("PATCH", f"{PODS}/{COPY}"),
        ("DELETE", f"{PODS}/{COPY}"),
        ("GET", f"{PODS}/{COPY}/exec"),
        ("POST", f"{PODS}/{COPY}/exec"),
    }
    assert {("POST", PODS), ("PATCH", f"{PODS}/{COPY}"), ("DELETE", f"{PODS}/{COPY}")} <= asked


def test_a_throwaway_pod_is_all_that_its_session_writes_to(desk: Desk) -> None:
    desk.cluster.forget_requests()
    done = desk.type(
        "kubectl netshoot run tmp --labels app=nginx --allow other-service --settle 0 --yes -- true"
    )
    assert done.returncode == 0, done.stderr
    asked = {(request["method"], request["path"].partition("?")[0]) for request in writes(desk)}
    mine = f"{PODS}/tmp"
    assert asked - {("GET", f"{mine}/exec"), ("POST", f"{mine}/exec")} == {
        ("POST", PODS),
        ("PATCH", mine),
        ("DELETE", mine),
    }


def test_the_only_pod_that_is_made_is_the_copy(desk: Desk) -> None:
    before = len(desk.cluster.history("pods"))
    desk.type(f"kubectl netshoot {POD} --name {COPY} --settle 0 -- true")
    made = [change["name"] for change in desk.cluster.history("pods")[before:] if change["type"] == "ADDED"]
    assert made == [COPY]


def test_a_deletion_is_not_forced(desk: Desk) -> None:
    """The server gives a pod its own grace period unless a deletion asks for another."""
    desk.type(f"kubectl netshoot {POD} --name {COPY} -- true")
    ending = [
        change["object"]["metadata"]
        for change in desk.cluster.history("pods")
        if change["name"] == COPY and "deletionTimestamp" in change["object"]["metadata"]
    ]
    assert ending
    assert {metadata["deletionGracePeriodSeconds"] for metadata in ending[:1]} == {30}
