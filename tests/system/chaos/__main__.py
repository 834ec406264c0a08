"""`make chaos`: sessions that go wrong, by seed; the report, and exit status 1 when an invariant broke."""

import argparse
import itertools
import signal
import sys

from tests.system.artefact.build import built_zipapp
from tests.system.chaos.load import Kind, Mix
from tests.system.chaos.report import Result, report, story
from tests.system.chaos.run import play
from tests.system.chaos.schedule import draw
from tests.system.chaos.steps import STEPS
from tests.system.chaos.theatre import MIX
from tests.system.chaos.troubles import SET_TROUBLES

SESSIONS = 1000
JOBS = 10


def main() -> int:
    """Play, say what goes wrong while it does, and print the report."""
    asked = _arguments()
    # In the background of a shell, or under nohup, they are ignored, and sessions would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    numbers = [asked.only] if asked.only is not None else itertools.count()
    drawn = (draw(asked.seed, number, asked.run, asked.set) for number in numbers)
    wanted = (
        one for one in drawn if asked.trouble in ("", one.trouble.id) and asked.step in ("", one.step.id)
    )
    draws = list(itertools.islice(wanted, asked.sessions))

    def tell(result: Result) -> None:
        if result.is_broken or asked.verbose:
            print(story(result), file=sys.stderr, flush=True)

    results, seconds = play(draws, built_zipapp(), asked.jobs, tell, asked.clients)
    print(report(results, seconds))
    return any(result.is_broken for result in results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--jobs", type=int, default=JOBS, help="sessions at a time")
    parser.add_argument("--only", type=int, help="the session of this number alone")
    parser.add_argument(
        "--trouble",
        default="",
        choices=["", *(t.id for t in SET_TROUBLES)],
        help="only sessions with this trouble",
    )
    parser.add_argument(
        "--step",
        default="",
        choices=["", *(s.id for s in STEPS)],
        help="only sessions that it comes to at this step",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--run", action="store_true", help="throwaway pods with a Service's labels, not copies")
    kind.add_argument(
        "--set", action="store_true", help="copies with something set that their source has not"
    )
    parser.add_argument(
        "--clients",
        type=_mix,
        default=MIX,
        metavar="KIND=COUNT,...",
        help=f"how many of each kind a session has: {', '.join(kind.value for kind in Kind)}",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell of every session")
    return parser.parse_args()


def _mix(text: str) -> Mix:
    pairs = (pair.partition("=") for pair in text.split(","))
    return {Kind(kind): int(count) for kind, _, count in pairs}


if __name__ == "__main__":
    sys.exit(main())
