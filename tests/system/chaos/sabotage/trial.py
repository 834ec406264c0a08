"""`make chaos-judge`: every sabotage must be found by the judge, and the program itself must be found clean."""

import argparse
import os
import queue
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.system.artefact.build import ROOT, built_zipapp
from tests.system.chaos.judge import Broken, judge
from tests.system.chaos.performance import Part, perform
from tests.system.chaos.sabotage.cases import PATIENT, SABOTAGES, STARTING_SECONDS, Case, controls
from tests.system.chaos.theatre import Theatre, opened

JOBS = 6
SEEDS = 3


@dataclass(frozen=True)
class Finding:
    """What the judge found. `missed`: why the session could not bring anything out; `words` are its last ones."""

    case: Case
    broken: tuple[Broken, ...]
    missed: str
    words: str

    @property
    def is_wrong(self) -> bool:
        """Whether a sabotage was not found, or something was found where there is nothing."""
        found = {broken.invariant for broken in self.broken}
        return bool(self.missed) or not set(self.case.letters) <= found or bool(found and not self.case.act)

    def __str__(self) -> str:
        head = "WRONG" if self.is_wrong else "found" if self.case.act else "clean"
        lines = [f"{head}: {self.case.id}", *([f"  missed: {self.missed}"] if self.missed else [])]
        lines += [f"  ({broken.invariant}) {broken.how}" for broken in self.broken[:5]]
        return "\n".join([*lines, *(f"  | {line}" for line in self.words.splitlines() if self.is_wrong)])


def trial(cases: Sequence[Case], seed: int, jobs: int = JOBS) -> Iterator[Finding]:
    """Each case, played and judged."""
    with (
        tempfile.TemporaryDirectory(prefix="judge-") as folder,
        opened(
            Path(folder), built_zipapp(), jobs, patient=PATIENT, readiness_delay=STARTING_SECONDS
        ) as theatre,
        ThreadPoolExecutor(jobs) as pool,
    ):
        slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(jobs):
            slots.put(slot)

        def one(numbered: tuple[int, Case]) -> Finding:
            slot = slots.get()
            try:
                return _played(theatre, numbered[1], seed, numbered[0], slot)
            finally:
                slots.put(slot)

        yield from pool.map(one, enumerate(cases))


def _played(theatre: Theatre, case: Case, seed: int, number: int, slot: int) -> Finding:
    programs = _sabotaged(theatre, case.act) if case.act else theatre.programs
    seen = perform(theatre, case.draw(seed, number), slot, Part(programs, case.seconds, case.mix))
    missed = seen.missed or ("" if seen.reached else "it never came to its step")
    return Finding(case, tuple(judge(seen)), missed, seen.session.text[-1500:])


def _sabotaged(theatre: Theatre, act: str) -> Path:
    """A folder for PATH, with the program run from its source."""
    folder = theatre.folder / f"bin-{act}"
    if folder.exists():
        return folder
    made = folder.with_suffix(f".{os.urandom(4).hex()}")
    made.mkdir()
    (made / "kubectl").symlink_to((theatre.programs / "kubectl").resolve())
    program = made / "kubectl-netshoot"
    path, python = shlex.quote(f"{ROOT}:{ROOT / 'src'}"), shlex.quote(sys.executable)
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={path} exec {python} -P -m tests.system.chaos.sabotage {act} "$@"\n'
    )
    program.chmod(0o700)
    return made


def main() -> int:
    """Exit status 1 when the judge was wrong once."""
    parser = argparse.ArgumentParser(prog="chaos-judge", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many")
    parser.add_argument("--jobs", type=int, default=JOBS, help="sessions at a time")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    asked = parser.parse_args()
    cases = [case for case in (*SABOTAGES, *controls()) if asked.only in case.id]
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        for finding in trial(cases, seed, asked.jobs):
            print(f"seed {seed}: {finding}", flush=True)
            wrong += finding.is_wrong
    print(f"{wrong} of {asked.seeds * len(cases)} judgements wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
