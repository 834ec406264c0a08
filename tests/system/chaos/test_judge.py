"""The judge as an attacker sees it: a history in which one thing is wrong is found wrong in just that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fakecluster.nodes import ZONE
from tests.system.chaos.evidence import Change, Ending, Evidence, Write
from tests.system.chaos.judge import Orphan, judge, orphans
from tests.system.chaos.life import SESSION
from tests.system.chaos.load import ClosedBy, Connection, Kind, Outcome, Record, Request
from tests.system.chaos.scene import COPY, LABELS, application
from tests.system.chaos.schedule import Draw, draw
from tests.system.chaos.troubles import TROUBLES
from tests.system.chaos.variants import VARIANTS, Variant
from tests.system.e2e.witness import ENV

START = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
US, ELSE = "chaos-1-0", "system:cluster"
COPY_IP, POD_IP = "127.20.0.9", "127.20.0.5"
Json = dict[str, Any]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def pod(name: str, ip: str, env: str = "", **metadata: Any) -> Json:
    container = {"name": "app", "env": [{"name": ENV, "value": env}] if env else []}
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": LABELS, **metadata},
        "spec": {"containers": [container], "activeDeadlineSeconds": 600},
        "status": {"podIP": ip, "phase": "Running", "startTime": "2026-05-04T12:00:01Z", "conditions": READY},
    }


WITHOUT_DEADLINE: Json = {"containers": [{"name": "app", "env": [{"name": ENV, "value": "session"}]}]}
READY = [{"type": "Ready", "status": "True"}]


def the_copy(spec: Json | None = None, status: Json | None = None, **metadata: Any) -> Json:
    made = pod(COPY, COPY_IP, "session", **metadata)
    return {**made, "spec": spec or made["spec"], "status": status or made["status"]}


def web(**metadata: Any) -> Json:
    return pod("web-1", POD_IP, **metadata)


def slice_of(*names: str) -> Json:
    endpoints = [{"targetRef": {"uid": f"uid-{name}"}, "conditions": {"ready": True}} for name in names]
    return {"metadata": {"name": "web-x", "uid": "uid-slice"}, "endpoints": endpoints}


def change(seconds: float, type_: str, resource: str, obj: Json, user: str = ELSE) -> Change:
    return Change(at(seconds), type_, user, resource, obj)


def request(seconds: float, ip: str, outcome: Outcome = Outcome.OK, kind: Kind = Kind.SHORT) -> Request:
    backend = f"{ip}:8080" if ip else ""
    return Request("ns", "web", kind, backend, 1, at(seconds - 0.1), at(seconds), outcome)


def connection(
    opened: float, closed: float | None, ip: str = COPY_IP, by: ClosedBy = ClosedBy.NOBODY
) -> Connection:
    ended = None if closed is None else at(closed)
    return Connection(7, Kind.KEEP_ALIVE, f"{ip}:8080", at(opened), ended, by)


ENDING = Ending(("web-1", "--name=copy"), 0, "done: deleted copy copy", at(20))
LEAVING: Json = {"deletionTimestamp": "2026-05-04T12:00:15Z"}
HISTORY = (
    change(0, "ADDED", "pods", web()),
    change(0, "ADDED", "endpointslices", slice_of("web-1")),
    change(1, "ADDED", "pods", the_copy(), US),
    change(2, "MODIFIED", "endpointslices", slice_of("web-1", COPY)),
    change(9, "MODIFIED", "endpointslices", slice_of("web-1")),
    change(15, "MODIFIED", "pods", the_copy(**LEAVING), US),
    change(16, "DELETED", "pods", the_copy(**LEAVING)),
)
LOAD = Record((request(3, COPY_IP), request(4, POD_IP)), (connection(3, 10),))


def drawn(trouble: str, **changes: Any) -> Draw:
    """A session with this trouble and times that fit HISTORY."""
    found = next(one for one in TROUBLES if one.id == trouble)
    times = {"settle": 1.0, "drain": 8.0, "ttl": 600.0}
    return replace(draw(1, 0), **{"trouble": found, "keep": False, **times, **changes})


def evidence(trouble: str = "api-503", **changes: Any) -> Evidence:
    """A session in which all went well, but for `changes`."""
    return replace(Evidence(drawn(trouble), US, True, at(5), "", (ENDING,), None, HISTORY, LOAD), **changes)


def history(*more: Change) -> tuple[Change, ...]:
    return tuple(sorted((*HISTORY, *more), key=lambda c: c.at))


def without(type_: str, *more: Change) -> tuple[Change, ...]:
    """The history without the copy's end (of this type), and with this."""
    gone = {"DELETED": HISTORY[-1:], "deletion": HISTORY[-2:], "leaving": HISTORY[4:5]}[type_]
    return tuple(c for c in history(*more) if c not in gone)


def deleted_at(seconds: float) -> tuple[Change, ...]:
    """The history with the copy deleted by us at this time, and gone at once."""
    return without(
        "deletion",
        change(seconds, "MODIFIED", "pods", the_copy(**LEAVING), US),
        change(seconds + 0.05, "DELETED", "pods", the_copy(**LEAVING)),
    )


def joined(copy: Json) -> tuple[Change, ...]:
    """The history with the copy born without labels, and joined by us as it is here."""
    born = change(1, "ADDED", "pods", the_copy(labels={}), US)
    rest = tuple(c for c in HISTORY if c is not HISTORY[2])
    return tuple(sorted((*rest, born, change(1.5, "MODIFIED", "pods", copy, US)), key=lambda c: c.at))


def ended(status: int | None, text: str = "", **changes: Any) -> tuple[Ending, ...]:
    return (replace(ENDING, status=status, text=text, **changes),)


def test_a_session_in_which_all_went_well() -> None:
    assert judge(evidence()) == []


def test_who_was_cut_off_from_what_and_when_is_told() -> None:
    (broken,) = judge(evidence(load=Record((request(15.2, COPY_IP, Outcome.REFUSED),), ())))
    assert "(copy, out at +4.0 s, deleted at +10.0 s) ended as refused, +10.1 s to +10.2 s" in broken.how


OTHERS = {"x": "relabelled"}
FOUND_WRONG: dict[str, tuple[str, Callable[[], Evidence]]] = {
    "we write to a pod that is not ours": (
        "a",
        lambda: evidence(history=history(change(5, "MODIFIED", "pods", web(), US))),
    ),
    "another pod is relabelled": (
        "a",
        lambda: evidence(history=history(change(5, "MODIFIED", "pods", web(labels=OTHERS)))),
    ),
    "another pod gets an owner": (
        "a",
        lambda: evidence(history=history(change(5, "MODIFIED", "pods", web(ownerReferences=[{"uid": "x"}])))),
    ),
    "another pod is deleted by a controller": (
        "a",
        lambda: evidence(history=history(change(5, "DELETED", "pods", web()))),
    ),
    "a client is refused by the copy": (
        "b",
        lambda: evidence(load=Record((request(9.4, COPY_IP, Outcome.REFUSED),), ())),
    ),
    "a client is cut off from another pod": (
        "b",
        lambda: evidence(load=Record((request(9.4, POD_IP, Outcome.CUT),), ())),
    ),
    "a client finds nobody": (
        "b",
        lambda: evidence(load=Record((request(9.4, "", Outcome.NO_ENDPOINT),), ())),
    ),
    "deleted too early, and a late proxy's client is refused": (
        "bc",
        lambda: evidence(history=deleted_at(9.1), load=Record((request(9.4, COPY_IP, Outcome.REFUSED),), ())),
    ),
    "deleted too early, and an answer is cut": (
        "bc",
        lambda: evidence(history=deleted_at(9.1), load=Record((request(9.12, COPY_IP, Outcome.CUT),), ())),
    ),
    "deleted too early after trouble that hurts the copy": (
        "bc",
        lambda: evidence(
            "copy-oom-killed",
            history=deleted_at(9.1),
            load=Record((request(9.4, COPY_IP, Outcome.REFUSED),), ()),
        ),
    ),
    "evicted only after we had deleted it": (
        "b",
        lambda: evidence(
            "copy-evicted", struck=at(15.5), load=Record((request(15.6, COPY_IP, Outcome.REFUSED),), ())
        ),
    ),
    "the deadline comes after we have cut a client": (
        "b",
        lambda: evidence(load=Record((request(602, COPY_IP, Outcome.REFUSED),), ())),
    ),
    "settled, and a very late proxy's client is refused": (
        "b",
        lambda: evidence(load=Record((request(15.2, COPY_IP, Outcome.REFUSED),), ())),
    ),
    "--drain was over, and a new client is refused": (
        "b",
        lambda: evidence(
            draw=replace(drawn("api-503"), drain=2.0),
            load=Record((request(15.2, COPY_IP, Outcome.REFUSED),), ()),
        ),
    ),
    "the trouble did not strike": (
        "b",
        lambda: evidence(
            "copy-evicted", missed="too late", load=Record((request(6, COPY_IP, Outcome.RESET),), ())
        ),
    ),
    "deleted by somebody else, and not by the trouble": (
        "b",
        lambda: evidence(
            history=without("deletion", change(10, "DELETED", "pods", the_copy(**LEAVING))),
            load=Record((request(11, COPY_IP, Outcome.REFUSED),), ()),
        ),
    ),
    "a datagram within the settle time is lost": (
        "b",
        lambda: evidence(load=Record((request(9.9, COPY_IP, Outcome.TIMEOUT, Kind.UDP),), ())),
    ),
    "deleted within the settle time": ("c", lambda: evidence(history=deleted_at(9.1))),
    "deleted while in a slice": ("cd", lambda: evidence(history=without("leaving"))),
    "deleted while a connection was open": (
        "c",
        lambda: evidence(load=Record((), (connection(3, None),))),
    ),
    "deleted, and its client closed long after": (
        "c",
        lambda: evidence(load=Record((), (connection(3, 16.5, by=ClosedBy.CLIENT),))),
    ),
    "deleted, and the connection ended with the copy": (
        "c",
        lambda: evidence(load=Record((), (connection(3, 15.5, by=ClosedBy.SERVER),))),
    ),
    "in service for ever": (
        "d",
        lambda: evidence(
            history=tuple(c for c in without("leaving") if c not in HISTORY[-2:]),
            endings=ended(4, "was left as it is"),
        ),
    ),
    "in service after the deadline": (
        "d",
        lambda: evidence(
            history=without(
                "deletion",
                change(700, "MODIFIED", "endpointslices", slice_of("web-1", COPY)),
                change(800, "MODIFIED", "endpointslices", slice_of("web-1")),
            ),
            endings=ended(4, "was left as it is"),
        ),
    ),
    "it never ends": ("e", lambda: evidence(endings=ended(None))),
    "alive, and in service at the deadline": (
        "d",
        lambda: evidence(
            "label-put-on",
            history=(*HISTORY[:4], change(601.5, "MODIFIED", "endpointslices", slice_of("web-1"))),
            endings=ended(4, "was left as it is"),
        ),
    ),
    "it says out of service, and a slice holds it": (
        "de",
        lambda: evidence(
            history=tuple(c for c in HISTORY if c not in HISTORY[4:]),
            endings=ended(0, "copy copy is out of service and was kept (--keep)\nkubectl netshoot cleanup"),
            draw=replace(drawn("api-503"), keep=True),
        ),
    ),
    "a deadline that is later than --ttl": ("d", lambda: evidence(draw=drawn("api-503", ttl=60.0))),
    "joined while it was not ready": (
        "h",
        lambda: evidence(history=joined(the_copy(status={"podIP": COPY_IP, "phase": "Running"}))),
    ),
    "joined without a deadline": ("h", lambda: evidence(history=joined(the_copy(spec=WITHOUT_DEADLINE)))),
    "the same write again and again": (
        "i",
        lambda: evidence(writes=tuple(Write(at(5 + i / 100), "patch", COPY) for i in range(40))),
    ),
    "a write every two seconds, for ever": (
        "i",
        lambda: evidence(writes=tuple(Write(at(5 + 2 * i), "patch", COPY) for i in range(400))),
    ),
    "a status that it does not have": ("e", lambda: evidence(endings=ended(3))),
    "a trace": ("e", lambda: evidence(endings=ended(1, "Traceback (most recent call last)"))),
    "a crash file": ("e", lambda: evidence(endings=ended(0, crash_files=("kubectl-netshoot-crash-x",)))),
    "it says deleted and the copy is there": (
        "e",
        lambda: evidence(history=without("DELETED"), endings=ended(4, f"cleanup {ENDING.text}")),
    ),
    "a copy is left and not a word of it": (
        "e",
        lambda: evidence(history=without("DELETED"), endings=ended(4)),
    ),
    "it says that the cluster is deleting it, and it is not": (
        "e",
        lambda: evidence(
            history=without("deletion"), endings=ended(0, "done: the cluster is deleting copy copy")
        ),
    ),
    "status 0 and a copy is left": (
        "e",
        lambda: evidence(history=without("DELETED"), endings=ended(0, "was left as it is")),
    ),
    "status 1 and a copy is left": (
        "e",
        lambda: evidence(history=without("DELETED"), endings=ended(1, "was left as it is")),
    ),
    "another terminal": ("f", lambda: evidence(endings=ended(0, restored_terminal=False))),
    "a child is left": ("g", lambda: evidence(endings=ended(0, left_processes=("1 kubectl",)))),
}


@pytest.mark.parametrize(("letters", "made"), FOUND_WRONG.values(), ids=FOUND_WRONG)
def test_what_is_wrong_is_found(letters: str, made: Callable[[], Evidence]) -> None:
    assert {broken.invariant for broken in judge(made())} == set(letters)


EXCUSED = {
    "the source was deleted": evidence(
        "source-deleted",
        history=history(change(6, "DELETED", "pods", web())),
        load=Record((request(6, POD_IP, Outcome.CUT), request(7, "", Outcome.NO_ENDPOINT)), ()),
    ),
    "the copy was evicted": evidence("copy-evicted", load=Record((request(6, COPY_IP, Outcome.RESET),), ())),
    "--drain was over": evidence(
        draw=replace(drawn("api-503"), drain=2.0),
        load=Record((request(15.2, COPY_IP, Outcome.CUT),), (connection(3, None),)),
    ),
    "the client read its last answer late": evidence(
        load=Record((), (connection(3, 15.5, by=ClosedBy.CLIENT),))
    ),
    "the node was lost, and it was deleted properly": evidence(
        "node-lost", load=Record((request(15.2, COPY_IP, Outcome.TIMEOUT),), ())
    ),
    "the deadline had ended it before we deleted it": evidence(
        history=deleted_at(602),
        endings=ended(0, ENDING.text, at=at(603)),
        load=Record((request(601.5, COPY_IP, Outcome.CUT), request(602.5, COPY_IP, Outcome.REFUSED)), ()),
    ),
    "a datagram after the settle time is lost": evidence(
        load=Record((request(15.2, COPY_IP, Outcome.REFUSED, Kind.UDP),), ())
    ),
    "joined, and ready": evidence(history=joined(the_copy())),
    "a write every two seconds, for a while": evidence(
        writes=tuple(Write(at(5 + 2 * i), "patch", COPY) for i in range(40))
    ),
    "another pod was bound to a node with zone labels": evidence(
        history=history(change(5, "MODIFIED", "pods", web(labels={**LABELS, ZONE: "here-a"})))
    ),
    "the cluster is deleting it, and that is said": evidence(
        history=without("DELETED"), endings=ended(0, "done: the cluster is deleting copy copy")
    ),
    "the cluster is deleting it for somebody else, and that is said": evidence(
        "copy-deleted",
        history=without("deletion", change(15, "MODIFIED", "pods", the_copy(**LEAVING))),
        endings=ended(0, "done: the cluster is deleting copy copy"),
    ),
    "Ctrl-C while clients were waited for": evidence(
        "int",
        struck=at(12),
        endings=ended(130, ENDING.text),
        load=Record((request(15.2, COPY_IP, Outcome.REFUSED, Kind.CACHING),), (connection(3, None),)),
        draw=drawn("int", drain=60.0),
    ),
    "we were killed": evidence("kill-us", endings=ended(-9), history=without("DELETED")),
}


@pytest.mark.parametrize("seen", EXCUSED.values(), ids=EXCUSED)
def test_what_is_not_our_doing_is_excused(seen: Evidence) -> None:
    assert judge(seen) == []


def test_trouble_excuses_nothing_that_came_before_it() -> None:
    early = evidence("copy-evicted", load=Record((request(4, COPY_IP, Outcome.RESET),), ()))
    assert [broken.invariant for broken in judge(early)] == ["b"]


BY_ID = {variant.id: variant for variant in VARIANTS}
MARKED: Json = {"annotations": {SESSION: "session"}}


def set_copy(variant: Variant, status: Json | None = None, **fields: Any) -> Json:
    """A copy of such a source with what was asked for set in it, but for `fields`; marked, and with a deadline."""
    app = {**application(), **variant.source, **variant.asked, **fields}
    made = the_copy(status=status, **MARKED)
    ours = {"name": "netshoot", "env": made["spec"]["containers"][0]["env"]}
    return {**made, "spec": {**made["spec"], "containers": [app, ours]}}


def of_set_copy(variant: Variant, made: Json, status: int = 0, **changes: Any) -> Evidence:
    """A session whose copy is behind the Service for a while as it was `made`, and gone in the end."""
    past = tuple(
        replace(c, object={**made, "metadata": {**made["metadata"], **_leaving(c)}})
        if c.object["metadata"]["name"] == COPY
        else c
        for c in HISTORY
    )
    draw = drawn("api-503", variant=variant, join=True)
    return evidence(**{"draw": draw, "history": past, "endings": ended(status, ENDING.text), **changes})


def _leaving(change: Change) -> Json:
    return LEAVING if change.is_terminating else {}


def never_joined(seen: Evidence) -> Evidence:
    return replace(seen, history=tuple(c for c in seen.history if c.resource == "pods" or c.at < at(2)))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_a_copy_is_as_asked(variant: Variant) -> None:
    seen = of_set_copy(variant, set_copy(variant))
    assert judge(seen if variant.comes_up else never_joined(replace(seen, endings=ended(1)))) == []


OTHERWISE: dict[str, Callable[[], Evidence]] = {
    "another image than that of the source": lambda: of_set_copy(
        BY_ID["env"], set_copy(BY_ID["env"], image="other")
    ),
    "the image of the source, and not what was set": lambda: of_set_copy(
        BY_ID["image"], set_copy(BY_ID["image"], image=application()["image"])
    ),
    "a variable more": lambda: of_set_copy(
        BY_ID["command"], set_copy(BY_ID["command"], env=[{"name": "X", "value": "1"}])
    ),
    "what was set is not there": lambda: of_set_copy(BY_ID["env"], set_copy(BY_ID["env"], env=[])),
    "another container": lambda: of_set_copy(BY_ID["env"], set_copy(BY_ID["env"], name="other")),
    "changed while it was in service": lambda: of_set_copy(
        BY_ID["env"],
        set_copy(BY_ID["env"]),
        history=tuple(
            sorted(
                (
                    *of_set_copy(BY_ID["env"], set_copy(BY_ID["env"])).history,
                    change(5, "MODIFIED", "pods", set_copy(BY_ID["env"], image="other")),
                ),
                key=lambda c: c.at,
            )
        ),
    ),
    "created by us without a deadline": lambda: of_set_copy(
        BY_ID["env"],
        {**set_copy(BY_ID["env"]), "spec": {"containers": set_copy(BY_ID["env"])["spec"]["containers"]}},
    ),
    "created by us without a mark": lambda: of_set_copy(
        BY_ID["env"],
        {**set_copy(BY_ID["env"]), "metadata": {**set_copy(BY_ID["env"])["metadata"], "annotations": {}}},
    ),
    "it cannot come up, and is a ready endpoint": lambda: of_set_copy(
        BY_ID["image-missing"], set_copy(BY_ID["image-missing"]), 1
    ),
    "it cannot come up, and that is told as a success": lambda: never_joined(
        of_set_copy(BY_ID["image-missing"], set_copy(BY_ID["image-missing"]), 0)
    ),
    "it cannot come up, and nothing else happened": lambda: never_joined(
        of_set_copy(BY_ID["image-missing"], set_copy(BY_ID["image-missing"]), 4, reached=False)
    ),
}


@pytest.mark.parametrize("made", OTHERWISE.values(), ids=OTHERWISE)
def test_a_copy_that_is_not_as_asked_is_found(made: Callable[[], Evidence]) -> None:
    assert {broken.invariant for broken in judge(made())} == {"j"}


@pytest.mark.parametrize("trouble", ["copy-evicted", "api-503"])
def test_a_copy_that_cannot_come_up_may_end_otherwise_when_disturbed(trouble: str) -> None:
    variant = BY_ID["image-missing"]
    draw = drawn(trouble, variant=variant, join=True)
    assert judge(never_joined(of_set_copy(variant, set_copy(variant), 4, draw=draw))) == []


def test_a_copy_that_cannot_come_up_is_entered_where_it_does_not_join() -> None:
    variant = BY_ID["image-missing"]
    seen = of_set_copy(variant, set_copy(variant), 0, draw=drawn("api-503", variant=variant, join=False))
    assert judge(never_joined(seen)) == []


def test_a_difference_that_somebody_elses_labels_bring_there_unready_is_one_of_no_joined_copy() -> None:
    variant = BY_ID["ends-at-once"]
    unready = {"podIP": COPY_IP, "phase": "Running"}
    assert judge(of_set_copy(variant, set_copy(variant, unready), 4)) == []


MADE = set_copy(BY_ID["env"])
BARE = {**MADE, "spec": {"containers": MADE["spec"]["containers"]}}
KILLED = ended(-9, at=at(1.8))


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (of_set_copy(BY_ID["env"], MADE, endings=KILLED), [Orphan(by_kubectl=False, has_deadline=True)]),
        (of_set_copy(BY_ID["image"], BARE, endings=KILLED), [Orphan(by_kubectl=False, has_deadline=False)]),
        (evidence(endings=KILLED), [Orphan(by_kubectl=True, has_deadline=False)]),
        (evidence(endings=ended(1)), []),
        (
            evidence(
                endings=KILLED, history=history(change(1.5, "MODIFIED", "pods", the_copy(**MARKED), US))
            ),
            [],
        ),
        (evidence(endings=ended(-9, at=at(0.5))), [Orphan(by_kubectl=True, has_deadline=False)]),
    ],
    ids=["by us", "by us, without", "of a plain copy", "not killed", "marked", "made after the kill"],
)
def test_copies_whose_session_was_killed_before_the_mark(seen: Evidence, found: list[Orphan]) -> None:
    assert list(orphans(seen)) == found
