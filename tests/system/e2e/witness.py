"""Who saw everything before and after: no other pod changed, no copy in service, nothing of ours left anywhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import processes
from tests.system.e2e import kuberc
from tests.system.e2e.api import Api, labels_of, owners_of
from tests.waiting import until

Json = dict[str, Any]
LABEL = ("app.kubernetes.io/managed-by", "kubectl-netshoot")
ENV = "KUBECTL_NETSHOOT"
# kubectl's discovery cache, and the unpacked zipapp.
CACHES = {".kube/cache", ".cache/kubectl-netshoot"}


@dataclass(frozen=True)
class Sight:
    """One pod, as far as nobody may change it."""

    name: str
    labels: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]

    @classmethod
    def of(cls, pod: Json) -> "Sight":
        owners = tuple(f"{owner['kind']}/{owner['uid']}" for owner in owners_of(pod))
        return cls(pod["metadata"]["name"], tuple(sorted(labels_of(pod).items())), owners)


class Witness:
    """Remembers the namespace, and testifies at the end of the test that it is as it was."""

    def __init__(self, api: Api, home: Path, temp: Path, run: str) -> None:
        self._api, self._home, self._temp, self._run = api, home, temp, run
        self.remember()

    def remember(self) -> None:
        """What is there now is what must be there afterwards."""
        self._before = self._look()

    def forgive(self, *names: str) -> None:
        """These pods may end as they like: the test itself, or somebody whom it plays, is after them."""
        self._before = {uid: seen for uid, seen in self._before.items() if seen.name not in names}

    def others_unharmed(self) -> None:
        """Every pod that was there before is there, with the uid, labels and owners that it had."""
        now = self._look()
        assert {uid: now.get(uid) for uid in self._before} == self._before

    def testify(self) -> None:
        """Everything that must hold after any test."""
        self.others_unharmed()
        marked = [pod["metadata"]["name"] for pod in self._api.objects("Pod") if is_marked(pod)]
        assert [name for name in marked if not self._api.gone(name)] == [], "a copy was left"
        pods = self._api.objects("Pod")
        known = {pod["metadata"]["uid"] for pod in pods}
        strangers = [
            endpoint["targetRef"]["name"]
            for item in self._api.objects("EndpointSlice")
            for endpoint in item["endpoints"] or []
            if "targetRef" in endpoint and endpoint["targetRef"]["uid"] not in known
        ]
        assert strangers == [], "an endpoint names no pod"
        assert private_folders(self._temp) == [], "credentials were left"
        assert litter(self._home) == [], "files were left in HOME"
        until(lambda: not processes(self._run), "the end of every process", lambda: processes(self._run))

    def _look(self) -> dict[str, Sight]:
        return {pod["metadata"]["uid"]: Sight.of(pod) for pod in self._api.objects("Pod") if not _ends(pod)}


def is_marked(pod: Json) -> bool:
    """Whether the pod carries our environment variable and is not one of the test's own look-alikes."""
    return has_mark(pod) and "lookalike" not in pod["metadata"]["name"]


def has_mark(pod: Json) -> bool:
    """Whether the pod carries our environment variable."""
    return any(
        entry["name"] == ENV
        for container in pod["spec"]["containers"]
        for entry in container.get("env") or []
    )


def private_folders(temp: Path) -> list[str]:
    """Folders with a private kubeconfig below this temp folder."""
    return [str(path.relative_to(temp)) for path in temp.glob("kubectl-netshoot-*/*")]


def litter(home: Path) -> list[str]:
    """Files in HOME that are no cache, and not the person's own."""
    names = (str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir())
    return [
        name
        for name in names
        if name != kuberc.PLACE and not any(name.startswith(f"{cache}/") for cache in CACHES)
    ]


def _ends(pod: Json) -> bool:
    return "deletionTimestamp" in pod["metadata"]
