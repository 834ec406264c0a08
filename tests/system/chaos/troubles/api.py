"""What happens between us and the API server: each strikes the requests of one session, its kubectl's among them."""

from collections.abc import Callable
from functools import partial

from tests.system.chaos.scene import Scene
from tests.system.chaos.steps import ATTACHING
from tests.system.chaos.trouble import Hurts, Trouble

OUTAGE_SECONDS = 3.0
# Longer than the 15 seconds for which we wait for an answer: it is carried out when nobody waits any more.
SLOW_SECONDS = 30.0


def _faulty(kind: str, **fields: object) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        scene.fault(kind, **fields)

    return strike


def _out(kind: str, **fields: object) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        fault = scene.fault(kind, **fields)
        scene.later(OUTAGE_SECONDS, partial(scene.no_fault, fault))

    return strike


def _is_attaching(step: object) -> bool:
    return step is ATTACHING


_STRIKES = {
    "api-refused": _out("refused"),
    "api-reset": _faulty("reset", count=2),
    "api-answer-lost": _faulty("reset", count=1, handled=True),
    "api-half-open": _faulty("half-open", count=1),
    "api-slow": _faulty("latency", seconds=SLOW_SECONDS, count=2),
    "api-401-once": _faulty("status", code=401, count=1),
    "api-401-for-a-while": _out("status", code=401),
    "api-403-for-a-while": _out("status", code=403),
    "api-403-from-now-on": _faulty("status", code=403),
    "api-409": _faulty("status", code=409, count=1),
    "api-410": _faulty("status", code=410, count=1),
    "api-429": _faulty("status", code=429, retry_after=1, count=3),
    "api-500": _faulty("status", code=500, count=2, handled=True),
    "api-503": _faulty("status", code=503, count=4),
    "watch-silent": _faulty("silent-watch"),
}
TROUBLES = (
    *(Trouble(id_, strike, Hurts.API) for id_, strike in _STRIKES.items()),
    Trouble("stream-cut", _faulty("cut-stream", path="/exec", count=1), Hurts.API, steps=_is_attaching),
)
