"""What `diff` reads, and how it stands when something of it is not there."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from kubectl_netshoot.commands.diff import Diff, SourceState, compare
from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.kube.kubeconfig import Connection
from kubectl_netshoot.model import CONTAINER, ENV_MARK, MANAGED_BY, MANAGED_BY_LABEL, Birth
from kubectl_netshoot.rules.marks import JOINED_AT, RUN, UID, Mark, to_annotations
from kubectl_netshoot.terminal import Terminal
from tests.unit.builders import SESSION, mark
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
SOURCE, COPY = "web-7d4b9c-x2x4z", "twin"
JOINED = "2026-05-04T12:00:00Z"


def pod(name: str, image: str = "nginx:1.27", uid: str = "", **meta: Any) -> Json:
    return {
        "metadata": {"namespace": "shop", "name": name, "uid": uid or f"uid-{name}", **meta},
        "spec": {"containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def copy(carried: Mark | None, **more: str) -> Json:
    made = pod(COPY)
    birth = Birth(SESSION, COPY, "", 0, "ann@desk")
    made["spec"]["containers"].append({"name": CONTAINER, "env": [{"name": ENV_MARK, "value": str(birth)}]})
    made["metadata"]["labels"] = {MANAGED_BY_LABEL: MANAGED_BY}
    if carried:
        made["metadata"]["annotations"] = {**to_annotations(carried), UID: f"uid-{COPY}", **more}
    return made


class Shop:
    """A namespace of these pods; the names of `endpoints` are in Service web."""

    def __init__(self, server: ApiServer, *pods: Json, endpoints: tuple[str, ...] = ()) -> None:
        self.pods = {item["metadata"]["name"]: item for item in pods}
        self.endpoints, self.log, self.asked = endpoints, Answer(b""), list[str]()
        server.decide = self.decide

    def decide(self, asked: Asked) -> Answer:
        path = unquote(asked.path)
        self.asked.append(path)
        if "selfsubjectaccessreviews" in path:
            return Answer({"status": {"allowed": True}}, 201)
        if "endpointslices" in path:
            targets = [{"targetRef": {"uid": f"uid-{name}", "name": name}} for name in self.endpoints]
            meta = {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}}
            return Answer({"items": [{"metadata": meta, "endpoints": targets}] if "web" in path else []})
        if "/log?" in path:
            return self.log
        if "/pods/" in path:
            found = self.pods.get(path.rpartition("/")[2])
            return Answer(found) if found else failure(404, "NotFound")
        return Answer({"items": []})


@pytest.fixture
def connection(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connection:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(server.kubeconfig({"token": "t0ken"})))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return Connection()


def found(connection: Connection) -> Diff:
    return compare(COPY, connection, Terminal(quiet=True))


def test_many_endpoints_are_not_all_looked_at(server: ApiServer, connection: Connection) -> None:
    names = [f"web-{number:02}" for number in range(30)]
    shop = Shop(server, copy(mark()), pod(SOURCE), *map(pod, names), endpoints=(COPY, SOURCE, *names))
    diff = found(connection)
    assert (diff.endpoints, len(diff.others), diff.in_service) == (31, 11, ("web",))
    assert diff.source_state is SourceState.HERE
    assert len([path for path in shop.asked if "/log?" in path]) == 12


def test_logs_are_asked_for_since_the_join(server: ApiServer, connection: Connection) -> None:
    shop = Shop(server, copy(mark(), **{JOINED_AT: JOINED}), pod(SOURCE), endpoints=(SOURCE,))
    diff = found(connection)
    assert all(f"sinceTime={JOINED}" in path for path in shop.asked if "/log?" in path)
    assert diff.window.since.isoformat() == "2026-05-04T12:00:00+00:00"


def test_a_copy_that_was_never_joined_has_no_others(server: ApiServer, connection: Connection) -> None:
    shop = Shop(server, copy(mark(joined=False)), pod(SOURCE), pod("web-2"), endpoints=("web-2",))
    assert [state.name for state in found(connection).others] == [SOURCE]
    assert not [path for path in shop.asked if "endpointslices" in path]


def test_another_pod_of_the_name_is_not_the_source(server: ApiServer, connection: Connection) -> None:
    Shop(server, copy(mark()), pod(SOURCE, "nginx:1.28", uid="another"), endpoints=(SOURCE,))
    diff = found(connection)
    assert diff.source_state is SourceState.REPLACED
    assert [d.where for d in diff.comparisons[0].differences] == ["container app: image"]


def test_pods_that_are_alike_are_one_comparison(server: ApiServer, connection: Connection) -> None:
    others = [pod("web-1"), pod("web-2", "nginx:1.28"), pod("web-3")]
    Shop(server, copy(mark()), pod(SOURCE), *others, endpoints=("web-3", "web-2", "web-1"))
    assert [comparison.beside for comparison in found(connection).comparisons] == [
        (SOURCE, "web-1", "web-3"),
        ("web-2",),
    ]


def test_a_log_that_cannot_be_read_is_a_note(server: ApiServer, connection: Connection) -> None:
    shop = Shop(server, copy(mark()), pod(SOURCE), endpoints=(SOURCE,))
    shop.log = failure(400, "BadRequest", "container app is waiting to start")
    diff = found(connection)
    assert [state.log for state in (diff.copy, *diff.others)] == [None, None]
    assert len(diff.notes) == 1
    assert "cannot be counted: " in diff.notes[0]
    assert "container app is waiting to start" in diff.notes[0]


UNFIT: dict[str, tuple[Json, type[NetshootError], str]] = {
    "not marked yet": (copy(None), NetshootError, "what it is a copy of is not known"),
    "no copy": (copy(mark(kind=RUN, source="run")), UsageError, "is no copy of a pod"),
    "a name that is none": (copy(mark(source="../../x")), NetshootError, "a pod called '../../x'"),
    "nothing to compare with": (copy(mark()), NetshootError, "there is nothing else to compare it with"),
    "no pod at all": (
        {**copy(mark()), "status": {"containerStatuses": [3]}},
        NetshootError,
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("item", "kind", "says"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_compared_is_told(
    server: ApiServer, connection: Connection, item: Json, kind: type[NetshootError], says: str
) -> None:
    Shop(server, item)
    with pytest.raises(kind) as raised:
        found(connection)
    assert type(raised.value) is kind or kind is NetshootError
    assert says in raised.value.message
