"""What was probably meant by a word that names nothing."""

from collections.abc import Iterable


def near(word: str, names: Iterable[str]) -> str:
    """The one of these names that was probably meant: begun like this, or a letter or two away; empty without one."""
    from difflib import get_close_matches

    known = list(names)
    alike = [name for name in known if abs(len(name) - len(word)) < 2]
    begun = [name for name in known if len(word) > 2 and name.startswith(word)]
    return next(iter(get_close_matches(word, alike, 1, 0.7) or begun), "")
