"""What happens to our own process and its surroundings: signals, a closed laptop, a full disk, a reader that goes."""

import signal
from functools import partial

from tests.processes import fill_disk
from tests.system.chaos.scene import Scene
from tests.system.chaos.steps import ATTACHED
from tests.system.chaos.trouble import Hurts, Trouble

# A watch of ours is given up 70 seconds after its last word.
FROZEN_SECONDS = 75.0
ENDLESS = ("sh", "-c", "echo attached; while echo line; do sleep 0.1; done")


def _kill_us(scene: Scene) -> None:
    scene.program.send(signal.SIGKILL)


def _kill_kubectl(scene: Scene) -> None:
    if not scene.program.kill_kubectl():
        scene.missed = "no kubectl was running"


def _kill_both(scene: Scene) -> None:
    _kill_us(scene)
    scene.program.kill_kubectl()


def _signal(number: signal.Signals, scene: Scene) -> None:
    # A keyboard and a hangup reach the children too.
    scene.program.send(number, group=number is not signal.SIGTERM)


def _interrupt_twice(scene: Scene) -> None:
    _signal(signal.SIGINT, scene)
    scene.later(0.5, partial(_signal, signal.SIGINT, scene))


def _freeze(scene: Scene) -> None:
    scene.program.send(signal.SIGSTOP, group=True)
    scene.later(FROZEN_SECONDS, partial(_thaw, scene))


def _thaw(scene: Scene) -> None:
    scene.program.send(signal.SIGCONT, group=True)


def _fill_disk(scene: Scene) -> None:
    fill_disk(scene.program.pid)


def _write_nowhere(_: Scene) -> None:
    """Its stdout was full from the beginning."""


def _close(scene: Scene, *, errors: bool) -> None:
    scene.program.stop_reading(errors=errors)


def _is_attached(step: object) -> bool:
    return step is ATTACHED


def _reader_gone(id_: str, *, errors: bool) -> Trouble:
    return Trouble(
        id_,
        partial(_close, errors=errors),
        Hurts.US,
        command=ENDLESS,
        pipes=True,
        mutes=errors,
        steps=_is_attached,
    )


TROUBLES = (
    Trouble("kill-us", _kill_us, Hurts.US, kills=True),
    Trouble("kill-kubectl", _kill_kubectl, Hurts.US, steps=lambda step: step.child),
    Trouble("kill-both", _kill_both, Hurts.US, kills=True),
    Trouble("int", partial(_signal, signal.SIGINT), Hurts.US),
    Trouble("int-twice", _interrupt_twice, Hurts.US),
    Trouble("term", partial(_signal, signal.SIGTERM), Hurts.US),
    Trouble("hup", partial(_signal, signal.SIGHUP), Hurts.US),
    Trouble("laptop-closed", _freeze, Hurts.US, heal=_thaw),
    Trouble("disk-full", _fill_disk, Hurts.US),
    Trouble("stdout-full", _write_nowhere, Hurts.US, stdout="/dev/full", pipes=True, steps=_is_attached),
    _reader_gone("stdout-closed", errors=False),
    _reader_gone("stdout-and-stderr-closed", errors=True),
)
