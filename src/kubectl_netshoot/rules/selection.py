"""Why labels select nothing: in which of them the pods differ that nearly match."""

from collections.abc import Mapping, Sequence

MOST_LINES = 3
# Of two values: wbe and web are alike, web and db are not.
LETTERS = 0.6


def differences(wanted: Mapping[str, str], pods: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each way in which `pods`, labels by name, nearly have the labels that are wanted: the nearest first.

    A pod is near that has one of them, or the value of one with a letter or two wrong.
    """
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, labels in sorted(pods.items()):
        wrong = tuple(key for key in sorted(wanted) if labels.get(key) != wanted[key])
        if wrong and _is_near(wrong, wanted, labels):
            alike.setdefault(tuple(_told(key, wanted, labels) for key in wrong), []).append(name)
    nearest = sorted(alike.items(), key=lambda found: (len(found[0]), -len(found[1])))
    return [f"{_named(names)} {' and '.join(told)}" for told, names in nearest[:MOST_LINES]]


def _is_near(wrong: Sequence[str], wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return len(wrong) < len(wanted) or any(_is_alike(labels.get(key, ""), wanted[key]) for key in wrong)


def _is_alike(value: str, wanted: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, value, wanted).ratio() > LETTERS


def _told(key: str, wanted: Mapping[str, str], labels: Mapping[str, str]) -> str:
    return f"{key}={labels[key]}, not {wanted[key]}" if key in labels else f"no label {key}"


def _named(names: Sequence[str]) -> str:
    return f"pod {names[0]} has" if len(names) == 1 else f"pod {names[0]} and {len(names) - 1} more have"
