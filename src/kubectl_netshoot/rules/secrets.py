"""What looks like a secret, by its name or by itself, and the mask in its place: rather one too many than one shown."""

import re
from collections.abc import Iterator, Sequence

MASK = "***"
_NAMES = "pass|pwd|secret|token|key|cred|auth|cookie|salt|private|signature|session|dsn|webhook"
_NAME = re.compile(_NAMES, re.I)
# A switch tells nothing, and neither does the place where a secret lies.
_HARMLESS = re.compile(r"|true|false|yes|no|on|off|none|null|enabled|disabled|0|1", re.I)
_PLACE = re.compile(r"(?:file|path|dir|mount)$", re.I)
_PATH = re.compile(r"/[\w./-]*")
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
# What is looked for begins where a word does and is of some length at most: a value of a megabyte is read in one go.
_CALLED = rf"[\w.-]{{0,100}}(?:{_NAMES})[\w.-]{{0,100}}"
_VALUE = r"(?:\"[^\"]*\"?|'[^']*'?|(?:(?:basic|bearer|digest|token)\s+)?[^\s\"';,&]+)"
_SCHEME = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://"
# What is masked, and what stands before and after the mask.
_PARTS = (
    (re.compile(r"-----BEGIN [^-]*-----.*?(?:-----END [^-]*-----|\Z)", re.S), MASK),
    # Name and password in a URL, and in what the drivers of databases take; not the digest of an image.
    (
        re.compile(rf"({_SCHEME})(?:[^\s/?#@]{{1,500}}|[^\s/?#:@]{{0,500}}:(?!\d+/)\S{{0,500}})@", re.I),
        rf"\1{MASK}@",
    ),
    (re.compile(r"(?<![\w/.%+-])[\w.%+-]+:[^\s@/]{1,500}@(?!sha\d)(?=[\w(\[])"), f"{MASK}@"),
    (re.compile(rf"((?<![\w.-]){_CALLED}[\"']?\s*[=:]\s*){_VALUE}", re.I), rf"\1{MASK}"),
    (re.compile(rf"((?<!\S)--?{_CALLED}\s+)(?!-){_VALUE}", re.I), rf"\1{MASK}"),
    (re.compile(r"(\b(?:basic|bearer)\s+)[\w+/=.~-]{8,}", re.I), rf"\1{MASK}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?"), MASK),
    # Services that have told how their tokens begin.
    (
        re.compile(
            r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|AIza|sk[-_]|hf_|npm_|hvs\.)[\w-]{10,}"
        ),
        MASK,
    ),
    # Drawn at random: long, of both cases and with digits.
    (
        re.compile(
            r"(?<![\w+/.-])(?!/)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[0-9])[\w+/-]{32,}={0,2}(?![\w./-])"
        ),
        MASK,
    ),
)


def masked_value(name: str, value: str) -> str:
    """The value of what is called so, as it may be shown."""
    is_place = _PLACE.search(name) and _PATH.fullmatch(value)
    return MASK if _NAME.search(name) and not _HARMLESS.fullmatch(value) and not is_place else masked(value)


def masked(text: str) -> str:
    """The text with a mask over each part that looks like a secret."""
    for part, instead in _PARTS:
        text = part.sub(instead, text)
    return text


def masked_words(words: Sequence[str]) -> Iterator[str]:
    """The words of a command line, also the one after a flag whose name says that it is secret."""
    before = ""
    for word in words:
        is_value = _FLAG.fullmatch(before) and not word.startswith("-")
        yield masked_value(before, word) if is_value else masked(word)
        before = word
