"""In which session each sabotage does harm, and which invariants the judge then finds broken."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from fakecluster.endpointslice import SLICE_DELAY
from tests.system.chaos.load import Kind, Mix, Range
from tests.system.chaos.load.records import Connection, now
from tests.system.chaos.scene import COPY, SERVICE, Scene
from tests.system.chaos.schedule import After, Draw
from tests.system.chaos.steps import ATTACHED, MARKING, STEPS, Step
from tests.system.chaos.trouble import Trouble
from tests.system.chaos.troubles.cluster import POLICY_CHANGES_IMAGE
from tests.system.chaos.variants import VARIANTS, Variant

PLAIN: Mix = {Kind.SHORT: 3}
# So many that one of them comes to the copy soon.
MANY = 5
# Longer than a session needs to leave, settle and count, however busy the machine is: then it has to wait.
PATIENT: Range = (8.0, 10.0)
# So long that a session can join, and be torn down before it ends.
TTL_SECONDS = 30.0
# Longer than leaving and counting take.
SETTLE_SECONDS = 15.0
FRESH = timedelta(seconds=1.5)
LOOK_SECONDS = 0.02
LIMIT_SECONDS = 60.0
# Longer than settling and counting take: who does not look at the slices deletes before they have changed.
SLICE_SECONDS = 20.0
#: Until the application of a copy is ready: who does not wait for that joins before it.
STARTING_SECONDS = 1.5


def _at_once(_: Scene) -> None:
    """The session has what it needs to do harm."""


def _in_the_middle(kind: Kind, scene: Scene) -> None:
    """Until a client of this kind has just begun something with the copy."""
    end = time.monotonic() + LIMIT_SECONDS
    copy = scene.api.pod(COPY)
    address = copy["status"]["podIP"] if copy else ""
    while not any(_has_begun(c, kind, address) for c in scene.clients.connections()):
        if time.monotonic() > end:
            scene.missed = f"no client ({kind.value}) came to the copy"
            return
        time.sleep(LOOK_SECONDS)


def _has_begun(connection: Connection, kind: Kind, address: str) -> bool:
    here = connection.backend.rpartition(":")[0] == address
    return (
        here and connection.client is kind and connection.closed is None and connection.opened > now() - FRESH
    )


def _late_slices(scene: Scene) -> None:
    late = {"annotations": {SLICE_DELAY: str(SLICE_SECONDS)}}
    scene.api.patch("Service", SERVICE, {"metadata": late})


def _attached(step: Step) -> bool:
    return step is ATTACHED


def _scenario(id_: str, strike: Callable[[Scene], None]) -> Trouble:
    return Trouble(id_, strike, steps=_attached)


QUIET = _scenario("quiet", _at_once)
LONG = _scenario("long", partial(_in_the_middle, Kind.LONG))
HALF_CLOSED = _scenario("half-closed", partial(_in_the_middle, Kind.HALF_CLOSED))
SLOW_READER = _scenario("slow-reader", partial(_in_the_middle, Kind.SLOW_READER))
STAYING = _scenario("staying", _at_once)
LATE_SLICES = _scenario("late-slices", _late_slices)
CHANGED_LATER = Trouble(
    POLICY_CHANGES_IMAGE.id, POLICY_CHANGES_IMAGE.strike, steps=lambda step: step is MARKING
)


@dataclass(frozen=True)
class Case:
    """`act` is the sabotage, none for a control; `letters` must be found. `seconds`: when it is endless."""

    act: str
    scenario: Trouble
    letters: str = ""
    keep: bool = False
    settle: float = 1.0
    seconds: float = 120.0
    variant: Variant | None = None

    @property
    def id(self) -> str:
        return (
            f"{self.act or 'control'}, {self.scenario.id}{', kept' if self.keep else ''}, {self.settle:.0f} s"
        )

    @property
    def mix(self) -> Mix:
        """The clients, and none that keeps the session from what it is to do."""
        return (
            {Kind.SHORT: 1, IN_THE_MIDDLE[self.scenario]: MANY} if self.scenario in IN_THE_MIDDLE else PLAIN
        )

    def draw(self, seed: int, number: int) -> Draw:
        """The session: enough time for everything, but for what the seed says."""
        dice = random.Random(f"{seed}/{self.id}")
        is_staying = self.scenario is STAYING
        return Draw(
            seed=seed,
            number=number,
            step=next(filter(self.scenario.fits, STEPS)),
            trouble=self.scenario,
            terminal=dice.random() < 0.3,
            join=True,
            keep=self.keep,
            settle=self.settle,
            drain=5.0 if is_staying else 30.0,
            ttl=TTL_SECONDS if is_staying else 300.0,
            linger=2 * TTL_SECONDS if is_staying else dice.uniform(0, 0.5),
            reconnect=False,
            after=After.CLEANUP,
            variant=self.variant,
        )


SET_ENV = next(variant for variant in VARIANTS if variant.id == "env")
IN_THE_MIDDLE = {LONG: Kind.LONG, HALF_CLOSED: Kind.HALF_CLOSED, SLOW_READER: Kind.SLOW_READER}
SABOTAGES = (
    Case("no-settle", QUIET, "c", settle=SETTLE_SECONDS),
    Case("no-drain", LONG, "c"),
    Case("delete-first", QUIET, "c"),
    Case("join-before-ready", QUIET, "h"),
    Case("leave-without-looking", LATE_SLICES, "c"),
    Case("labels-left", QUIET, "e", keep=True),
    Case("wrong-pod-deleted", QUIET, "a"),
    Case("deadline-ignored", STAYING, "d"),
    Case("deadline-put-off", QUIET, "d"),
    Case("half-closed-not-counted", HALF_CLOSED, "c"),
    Case("half-closed-not-counted", SLOW_READER, "c"),
    Case("loop-without-end", QUIET, "ei", seconds=15.0),
    Case("not-compared-before-join", CHANGED_LATER, "j", variant=SET_ENV),
)


def controls() -> tuple[Case, ...]:
    """The same sessions, with nothing done to the program."""
    plain = (replace(case, act="", letters="", seconds=Case.seconds) for case in SABOTAGES)
    return tuple(dict.fromkeys(plain))
