"""Sessions by somebody who has exactly the Role that `rbac` prints, and by somebody who lacks one right of it."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from kubectl_netshoot.rules.rights import Right, Use, rights_of
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.somebody import Somebody

Json = dict[str, Any]
NAME = "permitted"
NEEDED = [right for right in rights_of(Use.JOINED_COPY) if right.needed]
OPTIONAL = [right for right in rights_of(Use.JOINED_COPY) if not right.needed]
# Without these not even the plan can be made.
READ_FIRST = ("get pods", "list services", "list endpointslices.discovery.k8s.io")


def printed(plugin: Plugin, *flags: str) -> Json:
    """The Role that `rbac` prints."""
    role: Json = json.loads(plugin.run("rbac", *flags, "-o", "json").text)
    return role


def without(role: Json, *missing: Right) -> Json:
    """The Role, a rule a right, less these rights."""
    gone = {(right.group, right.resource, right.verb) for right in missing}
    assert gone <= triples(role)
    kept = sorted(triples(role) - gone)
    return {**role, "rules": [{"apiGroups": [g], "resources": [r], "verbs": [v]} for g, r, v in kept]}


def triples(role: Json) -> set[tuple[str, str, str]]:
    """All that a Role grants, as group, resource and verb."""
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def pod_names(api: Api) -> list[str]:
    return sorted(pod["metadata"]["name"] for pod in api.objects("Pod"))


def join(source: str, *words: str) -> tuple[str, ...]:
    return (source, "--join-service", *QUICK, f"--name={NAME}", *words)


def test_a_whole_session_with_exactly_the_role(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    somebody.has(printed(plugin, "--join"))
    done = plugin.run(*join(source), "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "warning" not in done.stderr
    assert api.gone(NAME)


def test_the_yaml_is_taken_by_the_cluster(plugin: Plugin, api: Api) -> None:
    yaml = plugin.run("rbac", "--join", "-n", api.namespace).stdout
    # The server validates it all the same; kubectl would ask for an OpenAPI document that a cluster may not serve.
    create = [plugin.kubectl, "create", "--validate=false", "-f", "-"]
    try:
        subprocess.run(create, input=yaml, env=plugin.env, stdout=subprocess.DEVNULL, check=True)
        role = printed(plugin, "--join")
        made = api.get("Role", role["metadata"]["name"])
        assert made
        assert triples(made) == triples(role)
    finally:
        api.delete("Role", "kubectl-netshoot")


def test_a_plain_copy_with_exactly_the_smaller_role(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    somebody.has(printed(plugin))
    done = plugin.run(source, f"--name={NAME}", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "warning" not in done.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize(
    ("flags", "words"),
    [((), ()), (("--join",), ("--labels=app=web", "--allow=other-service"))],
    ids=["alone", "in-a-service"],
)
def test_a_throwaway_pod_with_exactly_its_role(
    plugin: Plugin, api: Api, somebody: Somebody, flags: tuple[str, ...], words: tuple[str, ...]
) -> None:
    somebody.has(printed(plugin, "--run", *flags))
    done = plugin.run("run", NAME, *words, *QUICK, "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "no right to" not in done.stderr
    assert api.gone(NAME)


def test_a_throwaway_pod_says_which_right_it_lacks_and_what_it_does_not_know(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    found = api.pod(source)
    assert found
    on_node = ("run", NAME, f"--node={found['spec']['nodeName']}", "--", "echo", "ran")
    somebody.has(printed(plugin, "--run"))
    done = plugin.run(*on_node)
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "exists and is ready is not known" in done.stderr
    refused = plugin.run("run", NAME, "--labels=app=web", "--yes", "--", "true")
    assert refused.status == 1, refused.stderr
    assert "  list services   " in refused.stderr
    assert "kubectl netshoot rbac --run --join -n" in refused.stderr
    assert api.gone(NAME)


def test_a_killed_session_is_found_left_and_cleaned_up_with_exactly_the_role(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    somebody.has(printed(plugin, "--join"))
    running = plugin.start(*join(source), "--", "sh", "-c", "echo in; cat")
    running.says("in\n")
    running.child.kill()
    running.wait()
    assert [copy["name"] for copy in json.loads(plugin.run("list", "-o", "json").text)] == [NAME]
    assert plugin.run("attach", NAME, "--", "true").status == 0
    assert plugin.run("leave", NAME).status == 0
    assert NAME not in api.members("web")
    done = plugin.run("cleanup", "--mine", "--yes")
    assert done.status == 0, done.stderr
    assert api.gone(NAME)


def test_what_is_not_needed_can_be_done_without(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    # The fake cluster has no second way to exec.
    lacking = [right for right in OPTIONAL if right.resource != "pods/exec"]
    somebody.has(without(printed(plugin, "--join"), *lacking))
    done = plugin.run(*join(source), "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert api.gone(NAME)


@pytest.mark.parametrize("right", NEEDED, ids=str)
def test_a_needed_right_is_missed_before_anything_is_changed(
    plugin: Plugin, api: Api, somebody: Somebody, source: str, right: Right
) -> None:
    somebody.has(without(printed(plugin, "--join"), right))
    before = pod_names(api)
    done = plugin.run(*join(source), "--yes", "--", "echo", "ran")
    assert (done.status, done.stdout) == (1, b""), done.stderr
    assert f"  {right}   " in done.stderr
    assert "nothing was changed" in done.stderr
    assert "kubectl netshoot rbac --join -n" in done.stderr
    assert pod_names(api) == before
    planned = plugin.run(*join(source), "--dry-run", "-o", "json")
    if str(right) in READ_FIRST:
        assert planned.status == 1
        assert f"  {right}   " in planned.stderr
    else:
        assert planned.status == 4
        assert json.loads(planned.text)["missingRights"] == [str(right)]


def test_every_optional_right_is_missed_in_the_plan(plugin: Plugin, somebody: Somebody, source: str) -> None:
    somebody.has(without(printed(plugin, "--join"), *OPTIONAL))
    done = plugin.run(*join(source), "--dry-run")
    assert done.status == 0, done.stderr
    said = {
        right: f"no right to {right}:"
        if right.asked
        else f"the {right.resource} of the namespace cannot be read"
        for right in OPTIONAL
    }
    assert [right for right, words in said.items() if words not in done.text] == []


def test_all_that_is_missing_is_told_at_once(
    plugin: Plugin, api: Api, somebody: Somebody, source: str
) -> None:
    changing = [right for right in NEEDED if right.verb in ("create", "patch", "delete")]
    somebody.has(without(printed(plugin, "--join"), *changing))
    before = pod_names(api)
    done = plugin.run(*join(source), "--", "true")
    assert done.status == 1
    assert f"{len(changing)} rights are missing" in done.stderr
    assert all(f"  {right}   " in done.stderr for right in changing)
    assert pod_names(api) == before
    planned = plugin.run(*join(source), "--dry-run")
    assert planned.status == 4
    assert all(f"the right to {right}:" in planned.text for right in changing)


@pytest.fixture
def no_reviews(cluster: AnyCluster) -> Iterator[None]:
    """The cluster refuses to say who may do what."""
    fake = cluster.faulty()
    fake.fault("status", code=403, path="selfsubjectaccessreviews", message="no reviews here")
    yield
    fake.no_faults()


@pytest.mark.usefixtures("no_reviews")
def test_without_reviews_a_session_goes_on_and_says_so(plugin: Plugin, api: Api, source: str) -> None:
    done = plugin.run(*join(source), "--", "echo", "ran")
    assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
    assert "does not say all that you may do (no reviews here)" in done.stderr
    assert api.gone(NAME)


@pytest.mark.usefixtures("no_reviews")
@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_without_reviews_no_copy_is_made_that_could_not_be_taken_away(
    plugin: Plugin, api: Api, somebody: Somebody, source: str, verb: str
) -> None:
    lacking = next(right for right in NEEDED if (right.verb, right.resource) == (verb, "pods"))
    somebody.has(without(printed(plugin, "--join"), lacking))
    before = pod_names(api)
    done = plugin.run(*join(source), "--yes", "--", "true")
    assert done.status == 1, done.stderr
    assert f"  {lacking}   " in done.stderr
    assert pod_names(api) == before


def test_rights_that_are_lost_after_the_plan(
    plugin: Plugin, api: Api, cluster: AnyCluster, source: str
) -> None:
    """Neither marked nor deleted: what is left, and that nothing but a person ends it, is said."""
    fake = cluster.faulty()
    for method in ("PATCH", "DELETE"):
        fake.fault("status", verb=method, path=f"/pods/{NAME}", code=403, message="not any more")
    done = plugin.run(*join(source), "--timeout=5s", "--", "echo", "ran")
    fake.no_faults()
    assert (done.status, done.stdout) == (4, b""), done.stderr
    assert "not any more" in done.stderr
    assert "it has no deadline yet" in done.stderr
    assert NAME not in api.members("web")
    assert f"kubectl netshoot cleanup {NAME}" in done.stderr
    assert plugin.run("cleanup", NAME).status == 0
