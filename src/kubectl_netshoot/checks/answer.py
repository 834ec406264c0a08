"""The answer that is said first: one to three lines, made of the checks that are bad."""

from collections.abc import Iterator, Sequence

from .scene import Scene
from .verdict import Check, State, count

MOST_LINES = 3


def answer(scene: Scene, checks: Sequence[Check]) -> tuple[str, ...]:
    """What is ill, the endpoints of a Service in one line; or that all is well, with what was not checked."""
    bad = list(_ill(checks))
    if not bad:
        return (_well(scene, checks),)
    if len(bad) <= MOST_LINES:
        return tuple(bad)
    left = len(bad) - MOST_LINES + 1
    return (*bad[: MOST_LINES - 1], f"and {left} things more are not well: see below")


def _ill(checks: Sequence[Check]) -> Iterator[str]:
    told: set[str] = set()
    for check in checks:
        if check.state is not State.BAD:
            continue
        if not check.endpoint:
            yield check.sentence
        elif check.about not in told:
            told.add(check.about)
            yield _of_endpoints(check.about, checks)


def _of_endpoints(service: str, checks: Sequence[Check]) -> str:
    """`web: 1 of 3 endpoints is ill: pod/web-1 on node-2 (10.0.0.3:8080) answers 502 Bad Gateway`."""
    of = [check for check in checks if check.endpoint and check.about == service]
    bad = [check for check in of if check.state is State.BAD]
    subjects = list(dict.fromkeys(check.subject for check in bad))
    everything = len({check.subject for check in of})
    told = f"{len(subjects)} of {everything} endpoint{'s' if everything > 1 else ''}"
    are = "are" if len(subjects) > 1 else "is"
    more = f", and {len(bad) - 2} more" if len(bad) > 2 else ""
    return f"{service}: {told} {are} ill: {'; '.join(check.sentence for check in bad[:2])}{more}"


def _well(scene: Scene, checks: Sequence[Check]) -> str:
    left, notes, well = (count(checks, state) for state in (State.UNKNOWN, State.NOTE, State.OK))
    if not well + notes:
        return "nothing could be checked: see below why"
    names = ", ".join(service.name for service in scene.services)
    what = f"Service{'s' if len(scene.services) > 1 else ''} {names}" if names else "no Service"
    checked = f"{well} check{'s' if well > 1 else ''}"
    parts = [f"all is well with {what}: {checked}" if well else f"nothing is wrong with {what}"]
    if notes:
        parts.append(f"{notes} thing{'s' if notes > 1 else ''} to know")
    if left:
        parts.append(f"{left} not checked")
    return ", ".join(parts)
