"""What happens in which session, drawn from a seed: the same seed and number give the same session, alone or not."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tests.system.chaos.scene import COPY, application
from tests.system.chaos.steps import STEPS, Step
from tests.system.chaos.trouble import Hurts, Trouble
from tests.system.chaos.troubles import SET_TROUBLES, TROUBLES
from tests.system.chaos.variants import VARIANTS, Variant

# A copy with something set in it is watched for so long before it joins.
STEADY_SECONDS = 5.0
SERVING = json.dumps({"spec": {"containers": [application()]}})


class After(Enum):
    """What follows a session that has left its copy: somebody runs cleanup, or nobody does anything."""

    CLEANUP = "cleanup"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Draw:
    """One session. Times are in seconds; `terminal`: it runs on one; `linger`: how long its command runs on.

    `run`: its pod is a throwaway pod that serves as the Service's others do, and no copy. `variant`: what is set in it.
    """

    seed: int
    number: int
    step: Step
    trouble: Trouble
    terminal: bool
    join: bool
    keep: bool
    settle: float
    drain: float
    ttl: float
    linger: float
    reconnect: bool
    after: After
    run: bool = False
    variant: Variant | None = None

    @property
    def id(self) -> str:
        return f"{self.seed}-{self.number}"

    def words(self, source: str, nodes: str) -> tuple[str, ...]:
        """The session's own, as a person would type them; `source` is the pod that is copied, `nodes` select its."""
        times = (f"--settle={self.settle:.0f}s", f"--drain={self.drain:.0f}s", f"--ttl={self.ttl:.0f}s")
        rest = (*times, "--timeout=30s", "--yes", *(("--keep",) if self.keep else ()))
        if self.run:
            labels = ("--labels=app=web", "--allow=other-service") if self.join else ()
            return ("run", COPY, f"--overrides={SERVING}", f"--node-selector={nodes}", *labels, *rest)
        joined = ("--join-service",) if self.join else ()
        return (source, f"--name={COPY}", *joined, *self.flags, *rest)

    @property
    def flags(self) -> tuple[str, ...]:
        """Those that set something in its copy."""
        return self.variant.flags if self.variant else ()


def draw(seed: int, number: int, run: bool = False, is_set: bool = False) -> Draw:
    """The session of this number; `is_set`: something is set in its copy.

    Every trouble comes up once before any comes up again.
    """
    rng = random.Random(f"{seed}/{number}")
    trouble = _trouble(seed, number, SET_TROUBLES if is_set else TROUBLES)
    steps = [step for step in STEPS if trouble.fits(step)]
    variant = _variant(seed, number, steps) if is_set else None
    step = rng.choice([step for step in steps if variant is None or variant.fits(step)])
    nobody = rng.random() < 0.25
    # A copy that nobody can take out safely, or will, is there until its deadline: these do not wait long for it.
    short = nobody or Hurts.SERVICE in trouble.hurts or Hurts.PODS in trouble.hurts
    return Draw(
        seed=seed,
        number=number,
        step=step,
        trouble=trouble,
        terminal=rng.random() < 0.3,
        join=step.joins or rng.random() < 0.9,
        keep=rng.random() < 0.1,
        settle=float(rng.randint(2, 4)),
        drain=float(rng.randint(1, 8)),
        ttl=float(rng.randint(22, 30)) + (STEADY_SECONDS if variant else 0) if short else 600.0,
        linger=rng.uniform(0, 4),
        reconnect=rng.random() < 0.5,
        after=After.NOTHING if nobody else After.CLEANUP,
        run=run,
        variant=variant,
    )


def _trouble(seed: int, number: int, troubles: Sequence[Trouble]) -> Trouble:
    deck = list(troubles)
    random.Random(f"{seed}/deck/{number // len(deck)}").shuffle(deck)
    return deck[number % len(deck)]


def _variant(seed: int, number: int, steps: Sequence[Step]) -> Variant:
    rng = random.Random(f"{seed}/{number}/variant")
    return rng.choice([variant for variant in VARIANTS if any(map(variant.fits, steps))])
