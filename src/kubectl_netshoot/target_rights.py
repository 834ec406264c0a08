"""The rights that finding a pod takes, where TARGET is not its name: which reads, for which kind."""

from collections.abc import Iterator, Sequence

from .rights import Right
from .targets import CRONJOB, KINDS, POD, AnyTarget, TargetName, named_pod


def of_target(target: AnyTarget) -> tuple[Right, ...]:
    """What choosing one of its pods reads, all of it needed; nothing for a pod by its name."""
    if named_pod(target):
        return ()
    purpose = f"find the pods {target.of_which}"
    listed = Right("list", "pods", purpose)
    if not isinstance(target, TargetName):
        return (listed,)
    return (*(Right(verb, plural, purpose, group) for verb, plural, group in _reads(target.kind)), listed)


def with_targets(wanted: Sequence[Right]) -> tuple[Right, ...]:
    """These rights, for a Role, and beside them all that lets TARGET be more than a pod's name; not asked for."""
    loss = "TARGET can only be a pod, by its name"
    found = [Right("list", "pods", "find the pods of a workload", without=loss, asked=False)]
    for word in KINDS:
        if word != POD:
            loss = f"TARGET cannot be {word}/NAME"
            found += [
                Right(verb, plural, f"find the pods of {word}/NAME", group, without=loss, asked=False)
                for verb, plural, group in _reads(word)
            ]
    return merged(wanted, merged((), found))


def merged(first: Sequence[Right], more: Sequence[Right]) -> tuple[Right, ...]:
    """All of them, each once: of two that grant the same the needed one stays, else the first."""
    kept: dict[tuple[str, str, str], Right] = {}
    for right in (*first, *more):
        known = kept.get(_granted(right))
        if known is None or (right.needed and not known.needed):
            kept[_granted(right)] = right
    return tuple(kept.values())


def _granted(right: Right) -> tuple[str, str, str]:
    return right.verb, right.group, right.resource


def _reads(word: str) -> Iterator[tuple[str, str, str]]:
    kind = KINDS[word]
    yield "get", kind.plural, kind.group
    if word == CRONJOB:
        yield "list", KINDS["job"].plural, KINDS["job"].group
