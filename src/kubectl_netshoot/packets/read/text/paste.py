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
_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,6}|#[xX][0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});|(?<!\\)\\([<>|_*\[\]#.-])")
# A string of a program: with ends of lines in it, and other characters.
_STRING = re.compile(r"""^.*\\n(?:\\t|\s*\d|\s{4}|['"]|$).*$""", re.MULTILINE)
# The end of the only line in a string.
_ONE_END = re.compile(r"""^((?:(?!\\n).)*?)(?:\\r)?\\n(?=["'][\])}]*,?$)""", re.MULTILINE)
_CHARACTER = re.compile(r"""\\(?:u00(3[ce]|2[67])|([tn"'])|r(?=\\n))""")
_CHARACTERS = {"t": "\t", "n": "\n", '"': '"', "'": "'"}
_OBJECT = re.compile(r"^[ \t]*(?:\{.*\}|\[ ?\{.*\} ?\])[ \t]*,?$", re.MULTILINE)
_LIST = re.compile(r"""^[ \t]*\[(["'])(.*)\1\],?$""", re.MULTILINE)
# What marks code, or ends tcpdump, where it stands in a line of a packet.
_FENCE = re.compile(
    r"\{(?:noformat|code)(?::[^{}\n]{0,99})?\}|^(?:```|\^C)(?=\d\d|IP6? |ARP, )|(?<=[\w\])])(?:```|\^C)$",
    re.MULTILINE,
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
    | {"\u3010": "[", "\u3011": "]", "\ufe65": ">", "\ufe64": "<", "\u066b": ".", "\ufe55": ":"}
    | dict.fromkeys("\u2236\ua789", ":")
    | dict.fromkeys("\u3001\u060c\ufe50", ",")
)
# What Chinese and Arabic put in the place of a comma and a blank, or a colon and a blank.
_COMMA, _COLON = re.compile("[\uff0c\u3001\u060c](?=\\S)"), re.compile(r"\uff1a(?=[A-Z(\[]|\d+[+*%|$-]* )")


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
            text = _COLON.sub(": ", _COMMA.sub(", ", _MISREAD.sub(read_again, text))).translate(_PLAIN)
        if _ODD.search(text):
            text = _ESCAPE.sub("", re.sub(r"\r+\n?|[\x0b\x0c]", "\n", text))
            text = _ENTITY.sub(lambda found: found[2] or html.unescape(f"&{found[1]};"), text)
            text = text.replace("\u00a0", " ")
        if any(mark in text for mark in ("```", "{noformat", "{code", "^C")):
            text = _FENCE.sub("", text)
        if "{" in text and ("\n{" in text or text.lstrip().startswith(("{", "[{", "[ {"))):
            text = _OBJECT.sub(lambda found: self._of_object(found[0]), text)
        if "['" in text or '["' in text:
            text = _LIST.sub(
                lambda found: re.sub(rf"{found[1]}, ?{found[1]}", "\n", unescaped(found[2])), text
            )
        if "\\n" in text:
            text = _STRING.sub(lambda found: unescaped(found[0]), _ONE_END.sub(r"\1", text))
        return text.split("\n")[:-1]

    def _of_object(self, line: str) -> str:
        """The line that an object of JSON holds, and that a program has logged; others as they are."""
        # Most texts have none.
        import json

        texts: dict[tuple[str, ...], list[str]] = {}
        try:
            for path, text in strings(json.loads(line.rstrip(", \t"))):
                texts.setdefault(path, []).append(text.rstrip("\r\n"))
        except (ValueError, RecursionError):
            return line
        if self._key is None:
            # A time alone is that of the log.
            packets = [key for key, some in texts.items() if any(map(likely, some))]
            self._key = max(packets, key=lambda key: len(texts[key][0]), default=None)
        return "\n".join(texts.get(self._key, [line])) if self._key else line

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
    """All strings in an object of JSON, and where; of what is in lists, not the times of Loki."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from strings(one, (*path, key))
    elif isinstance(value, list):
        for one in value:
            if not (isinstance(one, str) and one.isdecimal()):
                yield from strings(one, (*path, "[]"))


def unescaped(text: str) -> str:
    """What a string of a program stands for."""
    return _CHARACTER.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _CHARACTERS.get(found[2], ""), text
    )


# What a packet's line has in it, and with the time that it may have.
_KIND = re.compile(r"\bIP6?,? |\bARP, | > \S+: ")
_PACKET = re.compile(rf"(?:\d\d:\d\d:\d\d|\d{{10}})\.\d|{_KIND.pattern}")


def likely(line: str) -> bool:
    """Whether a packet may begin in this line, whatever stands around it."""
    return bool(_PACKET.search(line))


# What was done to nearly all lines was done by a program.
_MOST = 0.9


def mostly(is_so: Callable[[str], object], lines: list[str]) -> bool:
    """Whether this is so of nearly all of these lines."""
    return bool(lines) and sum(map(bool, map(is_so, lines))) >= _MOST * len(lines)


def begun(lines: list[str]) -> list[str]:
    """The lines in which packets begin."""
    return list(filter(likely, lines))


_ENDED = re.compile(r"\S > \S{1,200}:(?: |$)")


def ended(lines: list[str]) -> list[str]:
    """The lines with the ends of packets."""
    return list(filter(_ENDED.search, lines))


_STRING_IN_LINE = re.compile(
    r"""(?P<key>(?:"[^"\\]{0,60}"|\b[\w.-]{1,60}) ?(?::|=>?) ?)?"""
    r"""(?P<text>"(?:[^"\\]|\\.|"")*"|(?<!\w)'(?:[^'\\]|\\.|'')*'(?!\w))"""
)
_BETWEEN_STRINGS = re.compile(r"[\s\d()\[\]{},;\"]*$")


def out_of_strings(lines: list[str]) -> Undo | None:
    """Each line is a string in a text of a program, maybe one of several in a line, or in each few lines."""
    named = [line for line in lines if _KIND.search(line)]
    held = Counter(
        (place, found["key"])
        for line in named
        for place, found in enumerate(_STRING_IN_LINE.finditer(line))
        if _KIND.search(found["text"])
    )
    (at, key), count = held.most_common(1)[0] if held else ((0, None), 0)
    if count < max(_MOST * len(named), 1):
        return None

    def undo(line: str) -> Iterator[str]:
        found = [*_STRING_IN_LINE.finditer(line)]
        if len(found) > at and found[at]["key"] == key and not found[at]["text"].strip("'\"").isdecimal():
            yield string(found[at]["text"])
        elif _KIND.search(line) if key else not _BETWEEN_STRINGS.match(line):
            # A packet that cannot be read is told; the rest is of other strings.
            yield line

    return lambda lines: [text for line in lines for text in undo(line)]


def string(quoted: str) -> str:
    """What a string stands for, out of its quotes; in tables of values a quote is written twice."""
    mark, text = quoted[0], quoted[1:-1]
    return unescaped(text.replace(mark * 2, mark) if mark not in text.replace(mark * 2, "") else text)


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
        (lambda lines: [pattern.sub("", line) for line in lines])
        if mostly(pattern.search, begun(lines))
        else None
    )


# Colours whose escape character was lost, or is shown as others; `[mss` is no colour.
_COLOUR = re.compile(
    r"(?:\^\[|\\(?:033|e|x1b|u001b)|\u241b|\ufffd)?\[(?:\d{1,3}(?:;\d{1,3}){0,4}m|[mK](?![A-Za-z]))"
)
_TAG = re.compile(
    r"</?(?:br|span|div|pre|code|samp|font|mark|td|tr|li|a (?=href))\b[^<>]*>|\[/?(?:tt|code|b|i)\]"
)

# Between two cells there is something to be seen.
_CELL = re.compile(r"</t[dh]>\s*(?=<t[dh]\b)")


def without_colours(lines: list[str]) -> Undo | None:
    """Without what made them coloured."""
    return removal(_COLOUR, lines)


def without_tags(lines: list[str]) -> Undo | None:
    """Without HTML."""
    if not mostly(_TAG.search, begun(lines)):
        return None
    return lambda lines: [_TAG.sub("", _CELL.sub(" ", line)) for line in lines]


_LINK = re.compile(
    r"<https?://[^\s|<>]*\|(?P<chat>[^\s<>]*)>|\[(?P<page>[^\s\[\]]+)\]\(https?://[^\s()]*\)|(?<=\w)<https?://[^\s<>]*>"
)
_DEFANGED = re.compile(r"(?<=\w)\[(?:\.|dot)\](?=\w)")
_EMPHASIS = re.compile(r"(?<!\S)(`|\*\*|__|\*)(?P<end>[\w.:%-]+)\1(?=[\s:,])")


def without_links(lines: list[str]) -> Undo | None:
    """Addresses alone, where a program has made links of them, or somebody has seen to it that none does."""
    if not any("://" in line or _DEFANGED.search(line) for line in lines):
        return None

    def undo(line: str) -> str:
        return _DEFANGED.sub(".", _LINK.sub(lambda found: found["chat"] or found["page"] or "", line))

    return (
        (lambda lines: list(map(undo, lines)))
        if mostly(lambda line: undo(line) != line, ended(lines))
        else None
    )


# What people write behind a packet, or put around one of them.
_NOTE = re.compile(
    r"\s+(?:<[-=~]+|\u2190|\u21d0)(?: .*)?$|\s{2,}(?:#|//|--) .*$"
    r"|(?P<end>, length \d+|\s\(\d+\))\s+(?:#|//|--|;) ?.*$|(?P<word>, length \d+)\s+\(?[A-Z]?[a-z].*$"
)
# Longer lines are nobody's, and would take long.
_LONGEST_NOTED = 1000
_MARKED = re.compile(r"\s*(?P<mark>\*\*|__|`|~~)(?P<line>.*(?:\S > \S+: |\bIP6? \().*)(?P=mark)\s*$")


def without_notes(lines: list[str]) -> Undo | None:
    """Without what somebody has written behind packets, and without the marks around some."""

    def undo(line: str) -> str:
        if len(line) > _LONGEST_NOTED:
            return line
        marked = _MARKED.match(line)
        line = marked["line"] if marked else line
        return _NOTE.sub(lambda found: found["end"] or found["word"] or "", line) if " > " in line else line

    return (lambda lines: list(map(undo, lines))) if any(undo(line) != line for line in lines) else None


def without_emphasis(lines: list[str]) -> Undo | None:
    """Without what makes the ends of packets stand out."""
    if not mostly(_EMPHASIS.search, ended(lines)):
        return None
    return lambda lines: [_EMPHASIS.sub(r"\g<end>", line) for line in lines]


# What editors put where they break a line, and before the rest of it.
_DUMPED = re.compile(r"\b0x[0-9a-f]{4,5}:\s")
_BROKEN = re.compile(r"(?:\\|[\u21b5\u23ce\u21a9])$")
_GOES_ON = re.compile(r"[ \t]*[\u21aa\u21b3] ?")


def is_broken(line: str) -> bool:
    """Whether a line ends with such a mark, which is none of the characters that a dump shows."""
    return bool(_BROKEN.search(line)) and not _DUMPED.search(line)


def continued(lines: list[str]) -> Undo | None:
    """Whole lines, where an editor has broken them and has marked it: all in the same column."""
    ends = Counter(len(line) for line in lines if is_broken(line))
    width, count = ends.most_common(1)[0] if ends else (0, 0)
    # One of these characters may be of a payload that is printed.
    sure = count > 1 or not any(line.endswith("\\") for line in lines)
    marked = sure and ends.total() // 2 < count < sum(map(bool, map(str.strip, lines)))
    if not marked and not any(map(_GOES_ON.match, lines)):
        return None

    def undo(lines: list[str]) -> list[str]:
        whole: list[str] = []
        is_open = False
        for line in lines:
            mark = _GOES_ON.match(line)
            if whole and (mark or (is_open and not ANY_TIME.match(line.lstrip()))):
                whole[-1] += line[mark.end() :] if mark else line
            else:
                whole.append(line)
            is_open = marked and len(line) == width and is_broken(line)
            if is_open:
                whole[-1] = whole[-1][:-1]
        return whole

    return undo


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
    packets = begun(lines)
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
    if not mostly(lambda line: cells(line) is not None, begun(lines)):
        return None
    whole = Counter(
        place
        for line in begun(lines)
        for place, cell in enumerate(_BETWEEN.split(cells(line) or ""))
        if likely(cell) and looks_like_packet(cell)
    )
    at = next((place for place, count in whole.items() if count >= _MOST * len(begun(lines))), None)

    def text(row: str) -> str:
        columns = _BETWEEN.split(row)
        return columns[at] if at is not None and at < len(columns) else "   ".join(columns)

    return lambda lines: [
        line if (row := cells(line)) is None else text(row) for line in lines if not is_border(line)
    ]


def without_indent(lines: list[str]) -> Undo | None:
    """Without the blanks that all lines begin with; a single one may be tcpdump's."""
    common = beginning([line for line in lines if line.strip()])
    indent = common[: len(common) - len(common.lstrip())]
    blanks = len(indent) - len(indent.rstrip(" "))
    indent = indent[: len(indent) - blanks % 2]
    return (lambda lines: [line.removeprefix(indent) for line in lines]) if indent else None


# Signs between the ends of a packet, and a blank before the colon behind them, as they are put in French.
_ARROW = re.compile(
    r"(?<=[\w.)}\]*?]) ?(?:[-=]{1,3}>|>>?|[\u2192\u21d2\u27f6\u2794\u279c\u276f\u27e9\u232a\u3009\u00bb\u203a]) ?"
    r"(?=[^\s>]{1,200}: )"
)
_COLONED = re.compile(r"(?<= > )(\S{1,200}) :(?= )")
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
    """With the sign between the ends that tcpdump prints, and the colon right behind them."""

    pattern, told = (_COLONED, r"\1:") if any(" > " in line for line in lines) else (_ARROW, " > ")

    def undo(lines: list[str]) -> list[str]:
        return [pattern.sub(told, line) for line in lines]

    return undo if not any(map(_ENDS.search, lines)) and any(map(_ENDS.search, undo(lines))) else None


_BLANKS = re.compile(r"(?<=\S)[ \t]+(?=\S)")


def squeezed(lines: list[str]) -> Undo | None:
    """With single blanks, where a table has put others between the words of packets."""

    def undo(line: str) -> str:
        single = _BLANKS.sub(" ", line)
        return single if _ENDS.search(single) else line

    return (
        None
        if any(map(_ENDS.search, lines)) or not any(map(_ENDS.search, map(undo, lines)))
        else lambda lines: list(map(undo, lines))
    )


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
    without_links,
    continued,
    without_numbers,
    without_cells,
    pane,
    without_ends,
    without_indent,
    without_log,
    without_emphasis,
    squeezed,
    arrowed,
    without_notes,
    found,
    timed,
)
