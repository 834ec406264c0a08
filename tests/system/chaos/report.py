"""The figures of a run: how many sessions, what happened to them, which invariant broke, and how to see it again."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.system.chaos.evidence import Evidence
from tests.system.chaos.judge import INVARIANTS, Broken, Orphan, exit_to_out_of_service, orphans
from tests.system.chaos.load import Outcome
from tests.system.chaos.schedule import Draw


@dataclass(frozen=True)
class Result:
    """What a session adds to the figures. `failed` is why it could not be played, which counts as broken."""

    draw: Draw
    broken: tuple[Broken, ...] = ()
    failed: str = ""
    reached: bool = False
    missed: str = ""
    copies: int = 0
    status: int | None = None
    requests: int = 0
    retried: int = 0
    failures: int = 0
    out_after: timedelta = timedelta()
    orphans: tuple[Orphan, ...] = ()
    last_words: str = ""

    @classmethod
    def of(cls, seen: Evidence, broken: Sequence[Broken]) -> "Result":
        outcomes = Counter(request.outcome for request in seen.load.requests)
        return cls(
            draw=seen.draw,
            broken=tuple(broken),
            reached=seen.reached,
            missed=seen.missed,
            copies=len(seen.copies()),
            status=seen.session.status,
            requests=len(seen.load.requests),
            retried=outcomes[Outcome.RETRIED],
            failures=len(seen.load.failures()),
            out_after=exit_to_out_of_service(seen, seen.session),
            orphans=tuple(orphans(seen)),
            last_words=seen.session.text[-1500:],
        )

    @property
    def is_broken(self) -> bool:
        return bool(self.broken or self.failed)


def command(draw: Draw) -> str:
    """What plays this one session again."""
    kind = " RUN=1" if draw.run else " SET=1" if draw.variant else ""
    return f"make chaos SEED={draw.seed} ONLY={draw.number}{kind}"


def story(result: Result) -> str:
    """One session: what happened to it, what was wrong with it, its last words, and the way to see it again."""
    draw = result.draw
    varied = f" ({draw.variant.id} set)" if draw.variant else ""
    happened = f"{draw.trouble.id} at {draw.step.id}{varied}, status {result.status}"
    lines = [f"session {draw.id}: {happened}; {command(draw)}"]
    lines += [f"  missed: {result.missed}"] if result.missed else []
    lines += [f"  ({broken.invariant}) {broken.how}" for broken in result.broken]
    lines += [f"  not played: {result.failed}"] if result.failed else []
    lines += [f"  | {line}" for line in result.last_words.splitlines()]
    return "\n".join(lines)


def report(results: Sequence[Result], seconds: float) -> str:
    """The whole report, as Markdown that fits docs/reliability.md."""
    broken = [result for result in results if result.is_broken]
    left = [result for result in results if result.out_after]
    killed = [result.out_after for result in left if result.draw.trouble.kills]
    told = [result.out_after for result in left if not result.draw.trouble.kills]
    seeds = ", ".join(str(seed) for seed in sorted({result.draw.seed for result in results}))
    lines = [
        f"seed {seeds}: {len(results)} sessions in {seconds / 60:.0f} minutes, {len(broken)} with a broken invariant",
        "",
        f"- copies made: {sum(r.copies for r in results)}",
        f"- requests of clients meanwhile: {sum(r.requests for r in results)}",
        f"- failed for a reason that is not ours: {sum(r.failures for r in results)}",
        f"- sent again, on a new connection: {sum(r.retried for r in results)}",
        f"- worst time from exit to out of service, where we could say a last word: {_worst(told)}",
        f"- the same after a kill -9, by cleanup or by the deadline alone: {_worst(killed)}",
        *_orphans(results),
        "",
        "| invariant | broken |",
        "|---|---|",
        *(f"| {letter} | {_count(results, letter)} |" for letter in INVARIANTS),
        "",
        "| trouble | sessions | at its step | broken | exit statuses |",
        "|---|---|---|---|---|",
        *_rows(results, lambda draw: draw.trouble.id),
    ]
    if any(result.draw.variant for result in results):
        lines += ["", "| set | sessions | at its step | broken | exit statuses |", "|---|---|---|---|---|"]
        lines += _rows(results, lambda draw: draw.variant.id if draw.variant else "")
    return "\n".join(lines)


def _worst(spans: Sequence[timedelta]) -> str:
    return f"{max(spans).total_seconds():.1f} s" if spans else "none left in service"


def _count(results: Sequence[Result], letter: str) -> int:
    return sum(any(broken.invariant == letter for broken in result.broken) for result in results)


def _orphans(results: Sequence[Result]) -> Iterator[str]:
    found = Counter(orphan for result in results for orphan in result.orphans)
    for who, by_kubectl in (("kubectl debug", True), ("us", False)):
        bare, whole = (found[Orphan(by_kubectl, has_deadline)] for has_deadline in (False, True))
        if bare or whole:
            yield f"- killed between creation and mark, copies of {who}: {bare + whole}, {bare} without deadline"


def _rows(results: Sequence[Result], name: Callable[[Draw], str]) -> list[str]:
    rows = []
    for one in sorted({name(result.draw) for result in results}):
        those = [result for result in results if name(result.draw) == one]
        struck = sum(result.reached and not result.missed for result in those)
        statuses = Counter(str(result.status) for result in those)
        told = " ".join(f"{status}:{count}" for status, count in sorted(statuses.items()))
        rows.append(f"| {one} | {len(those)} | {struck} | {sum(r.is_broken for r in those)} | {told} |")
    return rows
