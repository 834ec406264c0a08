"""What all controllers of pods share: whose a pod is, adoption and release, creation from a template,
status writes.

Hides the order that a real controller-manager keeps: the ownerReference first, and only then whatever
follows from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fakecluster import kinds
from fakecluster.changes import Change
from fakecluster.events import EventRecorder
from fakecluster.kinds import Kind, Object
from fakecluster.objects import controller_of, is_active, is_terminating, key_of, owner_reference, uid_of
from fakecluster.selectors import Selector
from fakecluster.settings import Settings
from fakecluster.statuses import ApiError
from fakecluster.store import Store, dumps, loads
from fakecluster.workqueue import WorkQueue

Key = tuple[str, str]


class Patience:
    """How long something has been so, for what is done only after a while."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def remaining(self, what: str, seconds: float) -> float:
        """Seconds until it will have been so for that long; 0 from then on."""
        now = asyncio.get_running_loop().time()
        return max(0.0, self._since.setdefault(what, now) + seconds - now)

    def forget(self, what: str) -> None:
        self._since.pop(what, None)


class PodController:
    """A controller of pods. Its kind says `kind` and what is to be done in `reconcile`."""

    kind: Kind

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.queue = WorkQueue[Key](self._sync)
        self.patience = Patience()
        self.events = EventRecorder(store, f"{self.kind.kind.lower()}-controller")

    def observe(self, change: Change) -> None:
        if change.kind is self.kind:
            self.queue.add(key_of(change.obj), self.settings.controller_delay)
        elif change.kind is kinds.PODS:
            for key in self._interested(change):
                self.queue.add(key, self.settings.controller_delay)

    def stop(self) -> None:
        self.queue.stop()

    def reconcile(self, owner: Object, pods: list[Object]) -> None:
        """Make what is into what `owner` wants; `pods` are its own, terminating and ended ones among them."""
        raise NotImplementedError

    def selector(self, owner: Object) -> Selector:
        return Selector.of_object(owner["spec"].get("selector") or {})

    def may_adopt(self, owner: Object, pod: Object) -> bool:
        """Whether an orphan that the selector matches is one of its pods."""
        return bool(owner) and bool(pod)

    def create_pod(self, owner: Object, template: Object, name: str = "") -> None:
        """From a template; without `name` the name is made from the owner's. Raises ApiError."""
        owner_name = owner["metadata"]["name"]
        named = {"name": name} if name else {"generateName": f"{owner_name}-"}
        metadata = {
            **named,
            **{k: v for k, v in template["metadata"].items() if k in ("labels", "annotations")},
            "ownerReferences": [owner_reference(self.kind, owner)],
        }
        pod = {"metadata": metadata, "spec": template["spec"]}
        try:
            created = self.store.create(kinds.PODS, owner["metadata"]["namespace"], pod)
        except ApiError as refusal:
            self.events.record(owner, "FailedCreate", f"Error creating: {refusal.message}", warning=True)
            raise
        self.events.record(owner, "SuccessfulCreate", f"Created pod: {created['metadata']['name']}")

    def delete_pod(self, owner: Object, pod: Object) -> None:
        self.store.begin_delete(kinds.PODS, *key_of(pod))
        self.events.record(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def write_status(self, owner: Object, status: Object) -> None:
        if owner.get("status") != status:
            self.store.mutate(self.kind, *key_of(owner), lambda changed: changed.update(status=status))

    def due(self, owner: Object, what: str, seconds: float) -> bool:
        """Whether `what` has been so for `seconds`; if not, `owner` is looked at again then."""
        remaining = self.patience.remaining(what, seconds)
        if remaining:
            self.queue.add(key_of(owner), remaining)
        return not remaining

    def _interested(self, change: Change) -> set[Key]:
        """The pod's owner, now and before; or those who might adopt it."""
        keys = set()
        for pod in (change.obj, change.old):
            owner = controller_of(pod) if pod else None
            if owner and owner["kind"] == self.kind.kind:
                keys.add((change.namespace, str(owner["name"])))
        if controller_of(change.obj) is None:
            labels = change.obj["metadata"].get("labels")
            for owner in self.store.list(self.kind, change.namespace)[0]:
                if self.selector(owner).matches(labels):
                    keys.add(key_of(owner))
        return keys

    def _sync(self, key: Key) -> None:
        owner = self.store.find(self.kind, *key)
        if owner is not None and not is_terminating(owner):
            self.reconcile(owner, self._claim(owner))

    def _claim(self, owner: Object) -> list[Object]:
        """Its pods, after orphans were adopted and those whose labels changed were released."""
        selector, mine = self.selector(owner), []
        for pod in self.store.list(kinds.PODS, owner["metadata"]["namespace"])[0]:
            reference = controller_of(pod)
            matches = selector.matches(pod["metadata"].get("labels"))
            if reference is not None and reference["uid"] == uid_of(owner):
                if matches or is_terminating(pod):
                    mine.append(pod)
                else:
                    self.store.mutate(kinds.PODS, *key_of(pod), _without_owner(uid_of(owner)))
            elif reference is None and matches and is_active(pod) and self.may_adopt(owner, pod):
                mine.extend(self._adopt(owner, pod))
        return mine

    def _adopt(self, owner: Object, pod: Object) -> list[Object]:
        if not self.due(owner, f"adopt {uid_of(pod)}", self.settings.adoption_delay):
            return []
        reference = owner_reference(self.kind, owner)
        return [self.store.mutate(kinds.PODS, *key_of(pod), _with_owner(reference))]


def _with_owner(reference: Object) -> Callable[[Object], None]:
    def change(pod: Object) -> None:
        pod["metadata"].setdefault("ownerReferences", []).append(reference)

    return change


def _without_owner(uid: str) -> Callable[[Object], None]:
    def change(pod: Object) -> None:
        references = pod["metadata"].get("ownerReferences") or []
        pod["metadata"]["ownerReferences"] = [r for r in references if r["uid"] != uid]

    return change


def copy_of(obj: Object) -> Object:
    """To be changed freely."""
    return loads(dumps(obj))
