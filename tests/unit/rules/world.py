"""A cluster as small as a value: one copy, the Services around it, its clients, and every move that others can make.

Time is counted in ticks and only as ages, so that the reachable worlds are few enough to visit them all. `idle` is
known to nobody inside: how long the copy has truly been out of every slice, by which deletions are judged.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from kubectl_netshoot.model import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Container,
    Endpoint,
    Owner,
    Pod,
    Service,
    ServiceEndpoints,
)
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.marks import Mark
from tests.unit.builders import COPY_UID, SESSION, bare_copy, copy, debug_container, mark, pod

TICK = timedelta(seconds=1)
SETTLE, DRAIN = 1, 2
LONG = SETTLE + DRAIN + 2
OURS = (MANAGED_BY_LABEL, MANAGED_BY)
SELECTORS = {"a": ("app", "web"), "b": ("tier", "front"), "unasked": ("extra", "1")}
Label = tuple[str, str]


@dataclass(frozen=True)
class Life:
    """The pod that has the copy's name; `stranger` when no session made it, `session` the one that did."""

    uid: str = COPY_UID
    stranger: bool = False
    session: str = SESSION
    marked: bool = False
    joined: bool = False
    labels: frozenset[Label] = frozenset()
    ready: bool = False
    owned: bool = False
    terminating: bool = False
    finished: bool = False


ANOTHER_COPY = Life("uid-new", session="0123456789abcdef", marked=True, labels=frozenset({OURS}), ready=True)


@dataclass(frozen=True)
class World:
    """`planned` are the Services of the session's mark, `selectors` what exists, `held` whose slices have the copy."""

    planned: tuple[str, ...]
    selectors: frozenset[tuple[str, Label]] = frozenset(SELECTORS.items())
    life: Life | None = None
    held: frozenset[str] = frozenset()
    others: bool = True
    client: bool = False
    countable: bool = True
    # A proxy has not heard that the copy has left: its clients still come.
    late: bool = False
    idle: int = LONG

    @property
    def pod(self) -> Pod | None:
        """The API server's answer to a GET of the copy's name."""
        return _pod(self.life, self.planned)

    @property
    def exist(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.selectors)

    def serves(self, name: str) -> bool:
        """Whether new connections to this Service may reach the copy."""
        return bool(self.life and self.life.ready and not self.life.terminating and name in self.held)

    def endpoints(self, name: str) -> ServiceEndpoints:
        found = [Endpoint("uid-other", "other", ready=self.others)]
        if self.life and name in self.held:
            found.append(Endpoint(self.life.uid, "copy", self.serves(name), self.life.terminating))
        return ServiceEndpoints(name, tuple(found), (8080,))

    def observed(self, everywhere: bool, in_detail: bool) -> Observed:
        """One look, as the driver takes it: endpoints where asked for, all slices once that was decided."""
        mine = [name for name in self.planned if self.life and self.life.marked]
        return Observed(
            self.pod,
            tuple(self.endpoints(name) for name in mine if name in self.exist) if in_detail else (),
            frozenset(mine) - self.exist,
            tuple(sorted(self.held)) if everywhere and self.life else None,
            tuple(Service(name, dict([label])) for name, label in sorted(self.selectors))
            if everywhere
            else None,
        )

    @property
    def selected(self) -> bool:
        """Whether a label of the copy that can be taken off is that of a Service."""
        return bool(self.life and {label for _, label in self.selectors} & (self.life.labels - {OURS}))


@cache
def planned_mark(services: tuple[str, ...]) -> Mark:
    """What a session that joins these Services writes onto its copy."""
    return mark(
        services=services,
        labels=dict(SELECTORS[name] for name in services),
        ready_before=dict.fromkeys(services, 1),
        settle=SETTLE * TICK,
        drain=DRAIN * TICK,
    )


@cache
def _pod(life: Life | None, planned: tuple[str, ...]) -> Pod | None:
    if life is None:
        return None
    if life.stranger:
        return pod("web-netshoot-abcde", uid=life.uid)
    carried = replace(planned_mark(planned), session=life.session, joined=life.joined)
    born = copy(carried, uid=life.uid) if life.marked else bare_copy()
    return replace(
        born,
        uid=life.uid,
        labels=dict(life.labels),
        ready=life.ready,
        containers=(Container("app", ready=life.ready), debug_container(life.session, ready=life.ready)),
        owners=(Owner("ReplicaSet", "web", True),) if life.owned else (),
        terminating=life.terminating,
        phase="Failed" if life.finished else "Running",
    )


def tick(world: World) -> World:
    """A tick passes: the copy has been out of service for one more, if it is."""
    return replace(world, idle=0 if world.held else min(world.idle + 1, LONG))


def _become(world: World, **changes: object) -> World:
    assert world.life is not None
    return replace(world, life=replace(world.life, **changes))  # type: ignore[arg-type]


def reconcile(world: World, *names: str) -> World:
    """The EndpointSlice controller: the slices of these Services (of all) as the labels and the selectors say."""
    life = world.life
    labels = life.labels if life and not life.finished and not life.stranger else frozenset()
    wanted = frozenset(name for name, label in world.selectors if label in labels)
    looked_at = frozenset(names) or world.exist | world.held
    held = (world.held - looked_at) | (wanted & looked_at)
    return replace(world, held=held, idle=0 if held or world.held else world.idle)


def natural_moves(world: World) -> Iterator[World]:
    """What the cluster and the clients do by themselves, each on its own and at any time."""
    life = world.life
    for name in world.exist:
        yield reconcile(world, name)
    if world.held and not world.client:
        yield replace(world, client=True)
    if world.client:
        yield replace(world, client=False)
    if world.late:
        yield replace(world, late=False)
    if life is None or life.stranger:
        return
    if not life.ready and not life.finished and not life.terminating:
        yield _become(world, ready=True)
    if life.terminating:
        yield gone(world)
    if life.owned and life.labels <= {OURS}:
        yield _become(world, owned=False)


def gone(world: World) -> World:
    """The copy is no more, and nobody is connected to it."""
    return reconcile(replace(world, life=None, client=False, late=False))


def fair(world: World, patient_client: bool) -> World:
    """All that happens sooner or later, at once; a patient client stays connected as long as the copy runs."""
    life = world.life
    if life and not life.stranger:
        if life.terminating:
            return gone(world)
        world = _become(world, ready=not life.finished, owned=life.owned and not life.labels <= {OURS})
    world = reconcile(replace(world, late=False))
    return world if patient_client else replace(world, client=False)


def _living(change: Callable[[World], World]) -> Callable[[World], World]:
    return lambda world: change(world) if world.life and not world.life.stranger else world


def _put_on(world: World, label: Label) -> World:
    assert world.life is not None
    return _become(world, labels=world.life.labels | {label})


def _without(world: World, name: str) -> World:
    left = frozenset((other, label) for other, label in world.selectors if other != name)
    return replace(world, selectors=left)


def _selecting(world: World, name: str, label: Label) -> World:
    return replace(_without(world, name), selectors=_without(world, name).selectors | {(name, label)})


FOREIGN_MOVES: dict[str, Callable[[World], World]] = {
    "nothing": lambda world: world,
    "adopted": _living(lambda world: _become(world, owned=True)),
    "deleted": _living(lambda world: _become(world, terminating=True)),
    "forced": _living(gone),
    "replaced": lambda world: replace(gone(world), life=Life("uid-new", stranger=True)),
    "replaced by a copy of another session": lambda world: replace(gone(world), life=ANOTHER_COPY),
    "finished": _living(lambda world: _become(world, finished=True, ready=False)),
    "unready": _living(lambda world: _become(world, ready=False)),
    "label put back": _living(lambda world: _put_on(world, SELECTORS["a"])),
    "back in service": _living(lambda world: replace(reconcile(_put_on(world, SELECTORS["a"])), client=True)),
    "label of another Service": _living(lambda world: _put_on(world, SELECTORS["unasked"])),
    "annotations gone": _living(lambda world: _become(world, marked=False)),
    "Service deleted": lambda world: _without(world, "a"),
    "selector changed": lambda world: _selecting(world, "a", ("app", "other")),
    "selector takes all copies": lambda world: _selecting(world, "a", OURS),
    "others gone": lambda world: replace(world, others=False),
    "a proxy is late": _living(lambda world: replace(world, late=True)),
    "uncountable": lambda world: replace(world, countable=False),
}
