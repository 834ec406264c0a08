"""A pod on a real HTTP server, a kubectl that does as it is told, and edges on both."""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import Fetch, connect
from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.kube.kubectl import Kubectl
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.rules.pods import Ephemeral
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.rules.targets import POD, TargetName
from kubectl_netshoot.session.added import AddedContainer
from kubectl_netshoot.session.added_plan import Candidate
from kubectl_netshoot.session.choice import Chosen
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal
from tests.unit.kube.apiserver import Answer, ApiServer, Asked, failure

Json = dict[str, Any]
NAME = "netshoot-abcde"
RUNNING: Json = {"running": {}}
ENDED: Json = {"terminated": {"exitCode": 0}}
WAITING: Json = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}


def pod(state: Json | None, **status: Any) -> Json:
    """The pod with the added container in this state; without one it was never added."""
    added = [] if state is None else [{"name": NAME, "image": "netshoot"}]
    states = [] if state is None else [{"name": NAME, "state": state}]
    return {
        "metadata": {"name": "web", "namespace": "shop", "uid": "uid-web"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}], "ephemeralContainers": added},
        "status": {"phase": "Running", "ephemeralContainerStatuses": states, **status},
    }


CHOSEN = Chosen(parse.pod(pod(RUNNING)), pod(RUNNING), TargetName(POD, "web"))


@dataclass
class Scene:
    """`pod` is what the API server has (None: nothing), `log` what the added container has written."""

    server: ApiServer
    edges: Edges
    told: io.StringIO
    program: Path
    pod: Json | None = field(default_factory=lambda: pod(RUNNING))
    log: str = "CapEff: 0\nPid: 77\n"

    def __post_init__(self) -> None:
        self.server.decide = self._answer

    @property
    def added(self) -> AddedContainer:
        """The container, as kubectl was asked for it."""
        container = Ephemeral("web", NAME, "netshoot", "netadmin", timedelta(hours=1), target="app")
        candidate = Candidate(CHOSEN, container, ProfileChoice("netadmin", "asked for"))
        return AddedContainer(self.edges, candidate)

    def kubectl(self, status: int, said: str = "", printed: str = "") -> None:
        """From now on it prints this, says that on stderr, ends so, and writes its words down."""
        words = f"open({str(self.program) + '.argv'!r}, 'a').write(repr(sys.argv[1:]) + chr(10))"
        body = (
            f"import sys\n{words}\nprint({printed!r}, end='')\nsys.stderr.write({said!r})\nsys.exit({status})"
        )
        self.program.write_text(f"#!{sys.executable} -I\n{body}\n")
        self.program.chmod(0o755)

    @property
    def asked_of_kubectl(self) -> str:
        """All its words so far."""
        path = Path(f"{self.program}.argv")
        return path.read_text() if path.exists() else ""

    def _answer(self, asked: Asked) -> Answer:
        if "/log" in asked.path:
            return Answer(self.log.encode())
        return failure(404, "NotFound") if self.pod is None else Answer(self.pod)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with ApiServer() as server:
        kubeconfig = server.kubeconfig({"token": "t0ken"})
        api = connect(kubeconfig, tmp_path, "kubectl-netshoot/test", timeout=20.0)
        path, program, told = tmp_path / "config", tmp_path / "kubectl", io.StringIO()
        path.write_text(json.dumps(kubeconfig))
        monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(program))
        edges = Edges(
            Reads(Fetch(api, "shop")),
            Changes(api, "shop"),
            Kubectl(path, "shop"),
            Terminal(stderr=told),
            Inbox(),
        )
        scene = Scene(server, edges, told, program)
        scene.kubectl(0)
        yield scene


def changed(container: AddedContainer, **changes: Any) -> AddedContainer:
    """The same with another wish behind it."""
    wish = replace(container.candidate.container, **changes)
    return replace(container, candidate=replace(container.candidate, container=wish))
