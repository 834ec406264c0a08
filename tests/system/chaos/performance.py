"""One session on its stage, from the start to what is left when everything is over; judges nothing."""

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fakecluster.handle import ControlError
from tests.processes import processes
from tests.system.chaos.evidence import Change, Ending, Evidence, Write
from tests.system.chaos.load import Mix
from tests.system.chaos.load.records import now
from tests.system.chaos.person import GREETING, READY, Person
from tests.system.chaos.program import Program, Streams
from tests.system.chaos.scene import Scene
from tests.system.chaos.schedule import After, Draw
from tests.system.chaos.steps import ATTACHED
from tests.system.chaos.theatre import Stage, Theatre, staged
from tests.system.e2e.api import Refused
from tests.system.e2e.witness import has_mark
from tests.waiting import LOOK_SECONDS, until

# A session that is slower than this hangs: all its own bounds together are shorter.
LONGEST_SECONDS = 240.0
DEADLINE_LOOK_SECONDS = 0.5
BESIDE = ("--join-service", "--yes", "--", "echo", "beside")
SLICE_SECONDS = 5.0


@dataclass(frozen=True)
class Part:
    """Whose `kubectl netshoot` the session is, by a folder for its PATH, and when it counts as one that hangs.

    `clients` are who calls the Service meanwhile; without, they are those of the load.
    """

    programs: Path
    seconds: float = LONGEST_SECONDS
    clients: Mix | None = None


def perform(theatre: Theatre, draw: Draw, slot: int, part: Part | None = None) -> Evidence:
    """Play it and tell what was seen; `part` is who plays the session, by default the program itself."""
    part = part or Part(theatre.programs)
    failing = draw.variant.source if draw.variant else None
    with staged(theatre, f"chaos-{draw.id}", slot, part.clients, failing) as stage, ExitStack() as stack:
        return _Performance(theatre, draw, stage, stack, part).play()


class _Performance:
    def __init__(self, theatre: Theatre, draw: Draw, stage: Stage, stack: ExitStack, part: Part) -> None:
        self._theatre, self._draw, self._stage, self._stack = theatre, draw, stage, stack
        self._part = part
        self._folders = 0

    def play(self) -> Evidence:
        draw, trouble = self._draw, self._draw.trouble
        fault = self._hold()
        words = (*draw.words(self._stage.source, self._stage.nodes), "--", *trouble.command)
        streams = Streams(draw.terminal and not trouble.pipes, trouble.stdout)
        program = self._start(words, streams, self._part.programs)
        scene = self._scene(program)
        self._stack.callback(scene.clear)
        greeting = READY if trouble.stdout else GREETING
        person = Person(program, draw.linger, draw.reconnect, greeting)
        reached = self._reaches_step(program, person, fault)
        struck = now()
        if reached:
            self._strike(scene)
        if fault is not None:
            self._theatre.cluster.no_fault(fault)
        endings = [self._see_off(program, person, words, self._part.seconds)]
        endings += [self._see_off(other, Person(other, 0, False), BESIDE) for other in scene.others]
        trouble.heal(scene)
        scene.clear()
        cleaned = self._afterwards()
        return self._evidence(scene, reached, struck, tuple(endings), cleaned)

    def _hold(self) -> int | None:
        step = self._draw.step
        return None if step is ATTACHED else self._theatre.cluster.fault(**step.hold(self._stage.user))

    def _start(self, words: tuple[str, ...], streams: Streams, programs: Path | None = None) -> Program:
        self._folders += 1
        folder = self._stage.folder / str(self._folders)
        folder.mkdir()
        programs = programs or self._theatre.programs
        env = self._theatre.environment(folder, self._stage.kubeconfig, programs)
        program = Program([str(programs / "kubectl"), "netshoot", *words], env, folder, streams)
        self._stack.callback(program.close)
        return program

    def _scene(self, program: Program) -> Scene:
        stage = self._stage

        def again() -> Program:
            other = self._start((stage.source, *self._draw.flags, *BESIDE), Streams())
            other.end_input()
            return other

        return Scene(
            self._theatre.cluster,
            stage.api,
            stage.user,
            stage.source,
            again,
            program,
            stage.clients,
            self._theatre.policies,
        )

    def _reaches_step(self, program: Program, person: Person, fault: int | None) -> bool:
        if fault is None:
            return program.says(person.greeting, LONGEST_SECONDS)
        while not program.ended:
            person.attend()
            if self._theatre.cluster.has_struck(fault):
                return True
        return False

    def _strike(self, scene: Scene) -> None:
        try:
            self._draw.trouble.strike(scene)
        except (ControlError, Refused) as error:
            scene.missed = str(error)

    def _see_off(
        self, program: Program, person: Person, words: tuple[str, ...], seconds: float = LONGEST_SECONDS
    ) -> Ending:
        """Let it come to its end; what does not is killed."""
        end = time.monotonic() + seconds
        while not program.ended and time.monotonic() < end:
            person.attend()
            time.sleep(LOOK_SECONDS)
        ending = Ending(words, program.wait(0), program.text, now())
        if ending.status is None:
            program.send(signal.SIGKILL, group=True)
        program.end_input()
        return self._looked_over(program, ending)

    def _looked_over(self, program: Program, ending: Ending) -> Ending:
        try:
            until(lambda: not program.descendants(), "the end of its children")
            left: tuple[str, ...] = ()
        except AssertionError:
            left = tuple(processes(program.run))
        crashes = tuple(path.name for path in program.folder.glob("tmp/kubectl-netshoot-crash-*"))
        return replace(
            ending,
            restored_terminal=program.restored_terminal(),
            left_processes=left,
            crash_files=crashes,
        )

    def _afterwards(self) -> Ending | None:
        """What is done, by somebody or by nobody, about copies that are still there."""
        if not self._copies():
            return None
        if self._draw.after is After.NOTHING:
            self._await_deadline()
            return None
        words = ("cleanup", "--mine", "--yes", "--timeout=30s")
        program = self._start(words, Streams())
        program.end_input()
        cleaned = self._see_off(program, Person(program, 0, False), words)
        if self._copies():
            self._await_deadline()
        return cleaned

    def _await_deadline(self) -> None:
        """Deadline of every copy that is in service, or comes into it: a join may land after its session is dead."""
        deadline = now().timestamp() + self._draw.ttl + 2 * SLICE_SECONDS
        uids = [str(pod["metadata"]["uid"]) for pod in self._copies()]
        held = now().timestamp()
        while now().timestamp() < min(held + SLICE_SECONDS, deadline):
            if any(self._stage.api.holders(uid) for uid in uids):
                held = now().timestamp()
            time.sleep(DEADLINE_LOOK_SECONDS)

    def _copies(self) -> list[dict[str, Any]]:
        return [pod for pod in self._stage.api.objects("Pod") if has_mark(pod)]

    def _evidence(
        self,
        scene: Scene,
        reached: bool,
        struck: datetime,
        endings: tuple[Ending, ...],
        cleaned: Ending | None,
    ) -> Evidence:
        stage, cluster = self._stage, self._theatre.cluster
        load = stage.clients.stop()
        history = cluster.history(namespace=stage.api.namespace)
        changes = tuple(Change.of(e) for e in history if e["resource"] in ("pods", "endpointslices"))
        asked = (Write.of(record) for record in cluster.requests(user=stage.user))
        writes = tuple(write for write in asked if write is not None)
        return Evidence(
            self._draw, stage.user, reached, struck, scene.missed, endings, cleaned, changes, load, writes
        )
