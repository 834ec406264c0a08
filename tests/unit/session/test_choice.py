"""From TARGET to one pod: which, why, and what is said when it is gone before anything was done with it."""

from collections.abc import Sequence

import pytest

from kubectl_netshoot.errors import NetshootError, NotThereError
from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.targets import AnyTarget, TargetLabels, TargetName, parse_target
from kubectl_netshoot.session.choice import choose
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure
from tests.unit.kube.pods import DEPLOYMENT, Json, pod, serve, terminating

WEB = TargetName("deploy", "web")


@pytest.fixture
def reads(api: Api) -> Reads:
    return Reads(Fetch(api, "shop", lambda _: None))


def last(_target: AnyTarget, pods: Sequence[Pod]) -> Pod:
    """A person who picks the last of the list."""
    return pods[-1]


CHOICES = [
    ([pod("a", 1), pod("b", 2), pod("c", 3)], "c (newest of 3 ready of deploy/web)"),
    ([pod("a", 1), pod("b", 2, ready=False)], "a (the only one ready of deploy/web)"),
    ([pod("a", 1)], "a (the only one ready of deploy/web)"),
    (
        [pod("a", 1, ready=False), pod("b", 2, ready=False)],
        "b (newest of 2 running, none ready, of deploy/web)",
    ),
]


@pytest.mark.parametrize(("pods", "described"), CHOICES)
def test_the_newest_ready_pod_is_chosen_and_said(
    reads: Reads, server: ApiServer, pods: list[Json], described: str
) -> None:
    serve(server, DEPLOYMENT, *pods)
    chosen = choose(WEB, reads)
    assert chosen.described == described
    assert chosen.sent == next(item for item in pods if item["metadata"]["name"] == chosen.pod.name)
    assert bool(chosen.notes) == ("none ready" in described)


def test_none_ready_is_warned_of(reads: Reads, server: ApiServer) -> None:
    serve(server, DEPLOYMENT, pod("a", 1, ready=False))
    assert choose(WEB, reads).notes == ("no pod of deploy/web is ready: a is the newest that runs",)


PENDING = {**pod("c", 3, ready=False), "status": {"phase": "Pending"}}


@pytest.mark.parametrize(
    ("pods", "described"),
    [
        ([pod("a", 1), pod("b", 2, ready=False), PENDING], "a (the only one ready of deploy/web)"),
        ([pod("a", 1, ready=False), PENDING], "a (newest of 2 unready of deploy/web)"),
        ([PENDING], "c (the only one unready of deploy/web)"),
    ],
)
def test_a_failing_one_will_do_where_something_is_changed(
    reads: Reads, server: ApiServer, pods: list[Json], described: str
) -> None:
    serve(server, DEPLOYMENT, *pods)
    chosen = choose(WEB, reads, failing=True)
    assert (chosen.described, chosen.notes) == (described, ())
    if len(pods) == 1:
        with pytest.raises(NetshootError, match=r"no pod of deploy/web runs \(1 Pending\)"):
            choose(WEB, reads)


def test_a_named_pod_is_taken_as_it_is(reads: Reads, server: ApiServer) -> None:
    serve(server, {}, terminating(pod("a", 1, ready=False)), pod("b", 2))
    chosen = choose(parse_target("a"), reads, last)
    assert (chosen.described, chosen.notes) == ("a", ())
    assert len(server.asked) == 1


def test_a_named_pod_that_is_not_there(reads: Reads, server: ApiServer) -> None:
    serve(server, {})
    with pytest.raises(NotThereError):
        choose(parse_target("pod/a"), reads)


def test_what_a_person_picks_is_taken_though_it_is_not_ready(reads: Reads, server: ApiServer) -> None:
    serve(server, {}, pod("a", 1), pod("b", 2, ready=False))
    chosen = choose(TargetLabels("app=web"), reads, last)
    assert chosen.described == "b (picked from 2 with app=web)"
    assert chosen.notes == ()


def test_nobody_is_asked_where_there_is_one(reads: Reads, server: ApiServer) -> None:
    def nobody(_target: AnyTarget, _pods: Sequence[Pod]) -> Pod:
        raise AssertionError("asked")

    serve(server, DEPLOYMENT, pod("a", 1))
    assert choose(WEB, reads, nobody).described == "a (the only one ready of deploy/web)"


REPLACED = pod("a", 1)
REPLACED["metadata"]["uid"] = "uid-of-another"


@pytest.mark.parametrize(
    "then", [None, REPLACED, terminating(pod("a", 1))], ids=["gone", "replaced", "ending"]
)
def test_one_that_goes_away_meanwhile_is_no_other_pod(
    reads: Reads, server: ApiServer, then: Json | None
) -> None:
    serve(server, DEPLOYMENT, pod("a", 1))
    listed = server.decide
    gone = failure(404, "NotFound")

    def decide(asked: Asked) -> Answer:
        if asked.path.endswith("/pods/a"):
            return Answer(then) if then else gone
        return listed(asked)

    server.decide = decide
    with pytest.raises(NetshootError, match=r"pod a \(.*\) is gone; nothing was changed") as error:
        choose(WEB, reads)
    assert error.value.again == ()
