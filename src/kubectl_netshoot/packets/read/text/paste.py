"""What became of lines on their way into a paste, undone: other characters, strings of programs, and what stands before
and behind each line.
"""

import html
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from kubectl_netshoot.packets.read.text.line import ANY_TIME, BARS, looks_like_packet
from kubectl_netshoot.packets.read.text.records import beginning, learned, times_in

Undo: TypeAlias = Callable[[list[str]], list[str]]

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>])|[\x07\b]"
)
_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,6}|#[xX][0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});|\\([<>|_*\[\]#-])")
# A string of a program: with ends of lines in it, and other characters.
_STRING = re.compile(r"""^.*\\n(?:\\t|\s*\d|\s{4}|['"]|$).*$""", re.MULTILINE)
_CHARACTER = re.compile(r"""\\(?:u00(3[ce]|2[67])|([tn"'])|r(?=\\n))""")
_CHARACTERS = {"t": "\t", "n": "\n", '"': '"', "'": "'"}
_OBJECT = re.compile(r"^[ \t]*\{.*\}[ \t]*,?$", re.MULTILINE)
_LIST = re.compile(r"""^[ \t]*\[(["'])(.*)\1\],?$""", re.MULTILINE)
# What marks code, or ends tcpdump, where it stands in a line of a packet.
_FENCE = re.compile(
    r"\{(?:noformat|code)(?::[^{}\n]{0,99})?\}|^```(?=\d)|(?<=[\w\])])(?:```|\^C)$", re.MULTILINE
)
_ODD = re.compile(r"[\x1b\x07\b&\\\r\x0b\x0c]")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
# Wide blanks are blanks, full width is usual width, and what has no width at all is nothing.
_PLAIN = str.maketrans(
    {chr(0xFEE0 + code): chr(code) for code in range(33, 127)}
    | dict.fromkeys(["\u00a0", "\u1680", *map(chr, range(0x2000, 0x200B)), "\u202f", "\u205f", "\u3000"], " ")
    | dict.fromkeys(["\u00ad", "\u061c", "\u180e", "\ufeff", *map(chr, range(0x200B, 0x2010))], None)
    | dict.fromkeys(map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10))), None)
    | dict.fromkeys("\u0085\u2028\u2029", "\n")
    | dict.fromkeys(_DASHES, "-")
    | {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
    | {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u2026": "..."}
)


# UTF-8 that was read as if it were Windows' own characters.
_MISREAD = re.compile(
    r"[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{1,3}"
)


def read_again(found: "re.Match[str]") -> str:
    """The characters that were meant; as they are where these were."""
    try:
        return found[0].encode("cp1252").decode("utf-8")
    except UnicodeError:
        return found[0]


class Paste:
    """Cleans the lines of one text; what cannot be told of a line alone is learned from the first ones."""

    def __init__(self) -> None:
        self._key: tuple[str, ...] | None = None
        self._steps: list[Undo] = []

    def lines(self, raw: bytes) -> list[str]:
        """Lines of bytes that end with a line's end."""
        text = raw.decode("utf-8", "replace")
        if not text.isascii():
            text = _MISREAD.sub(read_again, text).translate(_PLAIN)
        if _ODD.search(text):
            text = _ESCAPE.sub("", re.sub(r"\r+\n?|[\x0b\x0c]", "\n", text))
            text = _ENTITY.sub(lambda found: found[2] or html.unescape(f"&{found[1]};"), text)
            text = text.replace("\u00a0", " ")
        if any(mark in text for mark in ("```", "{noformat", "{code", "^C\n")):
            text = _FENCE.sub("", text)
        if "{" in text and ("\n{" in text or text.lstrip().startswith("{")):
            text = _OBJECT.sub(lambda found: self._of_object(found[0]), text)
        if "['" in text or '["' in text:
            text = _LIST.sub(
                lambda found: re.sub(rf"{found[1]}, ?{found[1]}", "\n", unescaped(found[2])), text
            )
        if "\\n" in text:
            text = _STRING.sub(lambda found: unescaped(found[0]), text)
        return text.split("\n")[:-1]

    def _of_object(self, line: str) -> str:
        """The line that an object of JSON holds, and that a program has logged; others as they are."""
        # Most texts have none.
        import json

        try:
            texts = dict(strings(json.loads(line.rstrip(", \t"))))
        except (ValueError, RecursionError):
            return line
        if self._key is None:
            # A time alone is that of the log.
            packets = [key for key, text in texts.items() if likely(text)]
            self._key = max(packets, key=lambda key: len(texts[key]), default=None)
        return texts.get(self._key, line).rstrip("\r\n") if self._key else line

    def learned(self, lines: list[str]) -> list[str]:
        """The same lines, once it is known from them what all were put into."""
        for step in STEPS:
            if undo := step(lines):
                self._steps.append(undo)
                lines = undo(lines)
        return lines

    def undone(self, lines: list[str]) -> list[str]:
        """Later lines, without what the first ones were put into."""
        for undo in self._steps:
            lines = undo(lines)
        return lines


def strings(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """All strings in an object of JSON, and where."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from strings(one, (*path, key))


def unescaped(text: str) -> str:
    """What a string of a program stands for."""
    return _CHARACTER.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _CHARACTERS.get(found[2], ""), text
    )


_PACKET = re.compile(r"(?:\d\d:\d\d:\d\d|\d{10})\.\d|\bIP6?,? |\bARP, | > \S+: ")


def likely(line: str) -> bool:
    """Whether a packet may begin in this line, whatever stands around it."""
    return bool(_PACKET.search(line))


# What was done to nearly all lines was done by a program.
_MOST = 0.9


def mostly(is_so: Callable[[str], object], lines: list[str]) -> bool:
    """Whether this is so of nearly all lines in which packets begin."""
    packets = list(filter(likely, lines))
    return bool(packets) and sum(map(bool, map(is_so, packets))) >= _MOST * len(packets)


_QUOTED = re.compile(r"""\s*(?:[-*] )?(?:"[^"]{0,60}": ?)?(["'])(?P<text>.*)\1[\]},]*\s*$""")


def out_of_strings(lines: list[str]) -> Undo | None:
    """Each line is a string of a list."""
    if not mostly(_QUOTED.match, lines):
        return None

    def undo(line: str) -> str:
        found = _QUOTED.match(line)
        if found is None:
            return line
        # In tables of values a quote is written twice.
        doubled = found["text"].replace(found[1] * 2, "")
        text = found["text"] if found[1] in doubled else found["text"].replace(found[1] * 2, found[1])
        return unescaped(text)

    return lambda lines: list(map(undo, lines))


_ESCAPED = re.compile(r"(?:=[0-9A-F]{2})+")
# Broken lines are nearly as long as they may be (RFC 2045, 6.7).
_NEARLY_FULL, _FULL = 60, 77


def printable(lines: list[str]) -> Undo | None:
    """Out of the characters that mail is sent in ("quoted-printable")."""
    broken = sum(line.rstrip().endswith("=") for line in lines if len(line) > _NEARLY_FULL)
    longest = max(map(len, lines), default=0)
    if not broken or longest > _FULL or (longest < _FULL - 1 and not any(map(_ESCAPED.search, lines))):
        return None

    def undo(lines: list[str]) -> list[str]:
        whole = re.sub(r"=[ \t]*\n", "", "\n".join(lines))
        return _ESCAPED.sub(
            lambda found: bytes.fromhex(found[0].replace("=", "")).decode("utf-8", "replace"), whole
        ).split("\n")

    return undo


def pane(lines: list[str]) -> Undo | None:
    """Of two panes of a terminal beside each other the one with packets."""
    columns = Counter(line.find("\u2502") for line in lines if line.strip())
    column, count = columns.most_common(1)[0] if columns else (-1, 0)
    if column < 0 or count < _MOST * columns.total():
        return None
    left, right = ([line[:column] for line in lines], [line[column + 1 :] for line in lines])
    if sum(map(likely, left)) > sum(map(likely, right)):
        return lambda lines: [line[:column].rstrip() for line in lines]
    return None if not any(map(str.strip, left)) else lambda lines: [line[column + 1 :] for line in lines]


def removal(pattern: "re.Pattern[str]", lines: list[str]) -> Undo | None:
    """Without what is in nearly all lines."""
    return (
        (lambda lines: [pattern.sub("", line) for line in lines]) if mostly(pattern.search, lines) else None
    )


# Colours whose escape character was lost, or is shown as others; `[mss` is no colour.
_COLOUR = re.compile(
    r"(?:\^\[|\\(?:033|e|x1b|u001b)|\u241b|\ufffd)?\[(?:\d{1,3}(?:;\d{1,3}){0,4}m|[mK](?![A-Za-z]))"
)
_TAG = re.compile(r"</?(?:br|span|div|pre|code|samp|font|mark|td|tr|li|a (?=href))\b[^<>]*>")


def without_colours(lines: list[str]) -> Undo | None:
    """Without what made them coloured."""
    return removal(_COLOUR, lines)


def without_tags(lines: list[str]) -> Undo | None:
    """Without HTML."""
    return removal(_TAG, lines)


def without_numbers(lines: list[str]) -> Undo | None:
    """Without numbers that stand in a line of their own before each."""
    numbers = [int(line) for line in lines if line.strip().isdecimal() and len(line) < _WIDEST]
    filled = sum(map(bool, map(str.strip, lines)))
    if (
        len(numbers) < 2
        or len(numbers) < filled // 2
        or any(b != a + 1 for a, b in itertools.pairwise(numbers))
    ):
        return None
    return lambda lines: [line for line in lines if not line.strip().isdecimal()]


_WIDEST = 10
_END = re.compile(rf"(?:<br ?/?>|</\w+>|[{BARS}$]|`|\*\*|[\"'][,;]?|\\|\^M| )+$")
# No end is longer.
_LONGEST_END = 40


def without_ends(lines: list[str]) -> Undo | None:
    """Without marks that stand behind each line; with tabs again where `cat -A` has shown them."""
    packets = list(filter(likely, lines))
    ends = Counter(
        found[0].strip() for line in packets if (found := _END.search(line.rstrip()[-_LONGEST_END:]))
    )
    end, count = ends.most_common(1)[0] if ends else ("", 0)
    if not end or count < _MOST * len(packets):
        return None

    def undo(lines: list[str]) -> list[str]:
        lines = [line.rstrip() for line in lines]
        lines = [line[: -len(end)].rstrip() if line.endswith(end) else line for line in lines]
        return [line.replace("^I", "\t") for line in lines] if end == "$" else lines

    return undo


# What is drawn between rows.
_LINES = frozenset("-=\u2500\u2501\u2550")
_BORDER = _LINES | frozenset(f"{BARS}+: ") | frozenset(map(chr, range(0x2500, 0x2580)))
_BETWEEN = re.compile(rf"\s[{BARS}]\s")


def cells(line: str) -> str | None:
    """What stands between a bar at a line's beginning and one at its end; None for other lines."""
    bare = line.strip()
    if len(bare) < 2 or bare[0] not in BARS or bare[-1] not in BARS:
        return None
    return bare[1:-1].removeprefix(" ").rstrip()


def is_border(line: str) -> bool:
    """Whether nothing is in it but what is drawn between rows."""
    return not _LINES.isdisjoint(line) and _BORDER.issuperset(line)


def without_cells(lines: list[str]) -> Undo | None:
    """Without the bars of a table: what stands between two is a column of a packet list, or all of a line."""
    if not mostly(lambda line: cells(line) is not None, lines):
        return None
    return lambda lines: [
        line if (row := cells(line)) is None else _BETWEEN.sub("   ", row)
        for line in lines
        if not is_border(line)
    ]


def without_indent(lines: list[str]) -> Undo | None:
    """Without the blanks that all lines begin with; a single one may be tcpdump's."""
    common = beginning([line for line in lines if line.strip()])
    indent = common[: len(common) - len(common.lstrip())]
    blanks = len(indent) - len(indent.rstrip(" "))
    indent = indent[: len(indent) - blanks % 2]
    return (lambda lines: [line.removeprefix(indent) for line in lines]) if indent else None


_ARROW = re.compile(r"(?<=\S) (?:[-=]{1,3}>|[\u2192\u21d2\u27f6\u2794\u279c\u00bb\u203a]) (?=\S)")
_ENDS = re.compile(r"\S > \S+: ")


_LOGGED = re.compile(r"\d\d:\d\d:\d\d|\d{10}")


def without_log(lines: list[str]) -> Undo | None:
    """Without what a log puts before all lines, a time with it, where packets have their own."""
    fronts = [line[: times[-1].start()] for line in lines if (times := [*times_in(line)])]
    # Other blanks are tcpdump's.
    fronts = [front[: len(front.rstrip()) + 1] for front in fronts if _LOGGED.search(front)]
    front = learned(fronts) if fronts else None
    if front is None or any(map(looks_like_packet, fronts)):
        return None
    if not all(map(front.match, filter(str.strip, lines))):
        return None
    return lambda lines: [line[at.end() :] if (at := front.match(line)) else line for line in lines]


def arrowed(lines: list[str]) -> Undo | None:
    """With the sign between the ends that tcpdump prints."""
    pointed = [_ARROW.sub(" > ", line) for line in lines]
    if any(map(_ENDS.search, lines)) or not any(map(_ENDS.search, pointed)):
        return None
    return lambda lines: [_ARROW.sub(" > ", line) for line in lines]


def found(lines: list[str]) -> Undo | None:
    """Without what diff and grep put before lines."""
    front = put_before(lines)
    if front is None:
        return None
    return lambda lines: [line[at.end() :] if (at := front.match(line)) else line for line in lines]


# A time of the day that is no time of tcpdump's, right before a packet: without fractions, with a comma, a zone, or a
# half of the day. What a log says (`T`, a month) is when the line was written, and tcpdump writes late.
_OTHER_TIME = re.compile(
    r"(?<![\w:.,T-])(?P<clock>\d{1,2}:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?\s+"
    r"(?=(?:[\w.@?-]+\s+(?:In|Out|B|M|P)\s+)?(?:IP6? \S.{0,200}? > |IP6? \(|ARP, )|(?:[0-9a-f]{2}:){5}[0-9a-f]{2} > )"
)
_MONTH = re.compile(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* +\d+ *$")


_FRONT = 600


def timed(lines: list[str]) -> Undo | None:
    """With times as tcpdump prints them, where all are written in another way."""
    if not any(map(_other_time, lines)) or any(_begins(line) for line in lines) or _is_before_all(lines):
        return None

    def undo(line: str) -> str:
        at = _other_time(line)
        if at is None:
            return line
        hour, _, rest = at["clock"].partition(":")
        if at["half"]:
            hour = str(int(hour) % 12 + 12 * (at["half"] in "Pp"))
        return f"{line[: at.start()]}{hour:0>2}:{rest}.{at['fraction'] or 0} {line[at.end() :]}"

    return lambda lines: list(map(undo, lines))


# A line that begins with a time of the day, and one behind which what is in the tunnel has its own.
_CLOCK, _TUNNEL = re.compile(r"\s*\d{1,2}:\d\d:\d\d\s"), re.compile(r", vni \w+:?$")


def _is_before_all(lines: list[str]) -> bool:
    """Whether the times stand before the lines in which a packet goes on, too: then a program has put them there."""
    clocked = [_CLOCK.match(line) for line in lines]
    return any(
        is_clocked and (_other_time(line) is None or (before and _TUNNEL.search(before)))
        for is_clocked, line, before in zip(clocked, lines, ["", *lines], strict=False)
    )


def _other_time(line: str) -> "re.Match[str] | None":
    at = _OTHER_TIME.search(line[:_FRONT])
    return None if at is None or _MONTH.search(line, 0, at.start()) else at


# Where a packet begins within a line: what is in a tunnel has no time.
_RUN_ON = re.compile(
    r"(?<=\S)(?<!-\d\d)\s+(?=(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{1,9} "
    r"(?:[\w.@?-]+ +(?:In|Out|B|M|P) +)?(?:IP6?|ARP,) )"
)


def runs_on(lines: list[str]) -> bool:
    """Whether packets stand behind each other in one line: the ends of lines are lost."""
    return any(len(begins) > 1 for line in lines if (begins := _RUN_ON.split(line, 2)) and _begins(begins[0]))


def _begins(text: str) -> bool:
    """Whether a packet is in it."""
    found = ANY_TIME.search(text)
    return found is not None and looks_like_packet(text[found.end() :])


def apart(lines: list[str]) -> list[str]:
    """Each packet of such a text in a line of its own."""
    return [packet for line in lines for packet in _RUN_ON.split(line)]


# What diff puts before lines, and what stands around them.
_CHANGED, _DIFF = re.compile(r"[+ -]"), re.compile(r"[+ -]|@@ |diff |index |\\ No newline")
# The name of a file, which no time, MAC or IPv6 address is.
_FILE = re.compile(r"(?![0-9A-Fa-f]{1,4}:)([^\s:]{0,200}[A-Za-z][^\s:]{0,200}):(?!\d\d:\d\d\.\d)")
# A number of a line, and no hour, year or beginning of a MAC address.
_LINE_NUMBER = r"(?P<number>\d{1,7})[:-](?!\d\d:\d\d\.\d|\d\d-\d\d[ T]|(?:[0-9a-f]{2}:){4}[0-9a-f]{2} )"
_FILES = 50


def put_before(lines: list[str]) -> "re.Pattern[str] | None":
    """What diff, or grep with names, numbers or lines around, has put before each of these lines; None: nothing."""
    filled = [line for line in lines if line.strip() and line != "--"]
    if any(line[0] in "+-" for line in filled) and all(map(_DIFF.match, filled)):
        return _CHANGED
    if len(filled) > 1 and _numbered(number := re.compile(_LINE_NUMBER), filled):
        return number
    files: list[str] = []
    for file in sorted({match[1] for line in filled if (match := _FILE.match(line))}):
        # Lines around have no colon behind the name.
        if not file.startswith(tuple(f"{known}-" for known in files)):
            files.append(file)
    if not files or len(files) > _FILES:
        return None
    name = rf"(?:{'|'.join(map(re.escape, files))})[:-]"
    both, alone = re.compile(name + _LINE_NUMBER), re.compile(name)
    return both if _numbered(both, filled) else alone if all(map(alone.match, filled)) else None


def _numbered(pattern: "re.Pattern[str]", lines: list[str]) -> bool:
    """Whether all begin so, with numbers that rise."""
    numbers = [int(match["number"]) for line in lines if (match := pattern.match(line))]
    return len(numbers) == len(lines) and all(b > a for a, b in itertools.pairwise(numbers))


STEPS = (
    printable,
    out_of_strings,
    without_colours,
    without_tags,
    without_numbers,
    without_cells,
    pane,
    without_ends,
    without_indent,
    without_log,
    arrowed,
    found,
    timed,
)
