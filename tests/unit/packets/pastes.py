"""What people do to the text of a capture, and the ways in which it is printed: every way may meet every damage."""

import functools
import html
import json
import quopri
import re
import subprocess
import textwrap
from collections.abc import Callable

from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.traffic import capture
from tests.unit.packets.tunnels import TUNNELS
from tools.prerequisites.pytest_plugin import program

PROMPT = "web-0:~# tcpdump -i eth0 port 80\n"
LISTENING = (
    "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
    "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
)
COUNTS = "^C\n12 packets captured\n12 packets received by filter\n0 packets dropped by kernel\n"
PAGE = (
    "# Look into the pod\n\nThe client calls the Service from another node:\n\n```shell\n# kubectl get svc\n"
    "NAME   TYPE        CLUSTER-IP      PORT(S)\nshop   ClusterIP   203.0.113.110   80/TCP\n\n"
)
AFTER = (
    "```\n\nIn words:\n\n1. **Flags [S]**: the client opens\n    - port: 52532\n    ```\n"
    "    192.168.27.128.52532 > 192.168.5.145.80: Flags [S], ...\n    ```\n"
)

# The options of tcpdump, and the link type; what is printed in another way stands in WORDINGS.
STYLES = {
    **{
        f"tcpdump {options}": (options, "EN10MB")
        for options in (
            *(
                "-n",
                "-nv",
                "-nvv",
                "-nvvv",
                "-nS",
                "-n#",
                "-nt",
                "-nvt",
                "-ntt",
                "-nttt",
                "-ntttt",
                "-nttttt",
            ),
            *("-ne", "-nev", "-nq", "-neq", "-nA", "-nvA", "-nx", "-nX", "-nXX", "-nvvX", "-neXX"),
        )
    },
    **{
        f"tcpdump {options} on {link}": (options, link)
        for options in ("-ne", "-nev", "-n")
        for link in ("EN10MB with VLANs", "LINUX_SLL", "LINUX_SLL2", "RAW", "NULL", "LOOP")
    },
    **{
        f"tcpdump {options} in {tunnel}": (options, f"EN10MB in {tunnel}")
        for options in ("-n", "-nv", "-nvv", "-ne", "-nev", "-nX")
        for tunnel in ("VXLAN", "flannel", "Geneve", "GRE", "IP", "VXLAN in GRE")
    },
    "tcpdump -nt in VXLAN": ("-nt", "EN10MB in VXLAN"),
    "tcpdump -nvt in Geneve": ("-nvt", "EN10MB in Geneve"),
    "tcpdump -nq in GRE": ("-nq", "EN10MB in GRE"),
    "tcpdump -nX in GTP-U": ("-nX", "EN10MB in GTP-U"),
}
QUIET = {name for name, (options, _) in STYLES.items() if "q" in options}
# Of HTTP only the first line of a message is printed: whether the message was whole cannot be told.
FIRST_LINES = {name for name, (options, _) in STYLES.items() if not {"v", "A", "x", "X", "q"} & set(options)}
# The bytes themselves are printed.
WHOLE = {name for name, (options, _) in STYLES.items() if {"x", "X"} & set(options)}

Damage = Callable[[str], str]


def every_line(change: Callable[[int, str], str]) -> Damage:
    """Each line changed, given its number."""
    return lambda text: "".join(f"{change(place, line)}\n" for place, line in enumerate(text.splitlines(), 1))


def wrapped(columns: int) -> Damage:
    """As a terminal breaks lines."""

    def damage(text: str) -> str:
        lines = []
        for line in text.expandtabs(8).splitlines():
            lines += [line[at : at + columns] for at in range(0, len(line), columns)] or [""]
        return "".join(f"{line}\n" for line in lines)

    return damage


def folded(columns: int) -> Damage:
    """As a mail program breaks lines."""
    fold = textwrap.TextWrapper(
        columns,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )
    return lambda text: "".join(
        f"{part}\n" for line in text.expandtabs(8).splitlines() for part in (fold.wrap(line) or [""])
    )


def double_spaced(text: str) -> str:
    return text.replace("\n", "\n\n")


def blank_between_packets(text: str) -> str:
    return re.sub(r"(?m)^(?=[ \t]{0,4}(?:\d+[ \t]+)?\d\d:\d\d:\d\d\.)", "\n", text)


DAMAGES: dict[str, Damage] = {
    "tabs are 8 blanks": lambda text: text.expandtabs(8),
    "tabs are 4 blanks": lambda text: text.replace("\t", "    "),
    "tabs are a blank": lambda text: text.replace("\t", " "),
    "indented": every_line(lambda _, line: f"    {line}"),
    "indented by a tab": every_line(lambda _, line: f"\t{line}"),
    "quoted": every_line(lambda _, line: f"> {line}"),
    "quoted twice": every_line(lambda _, line: f">> {line}"),
    "a comment": every_line(lambda _, line: f"# {line}"),
    "a comment without a blank": every_line(lambda _, line: f"#{line}"),
    "numbered": every_line(lambda place, line: f"{place}: {line}"),
    "numbered in columns": every_line(lambda place, line: f"{place:6d}  {line}"),
    "after a log's time": every_line(
        lambda place, line: f"2026-08-27T14:14:{place % 60:02d}.844769123Z {line}"
    ),
    "after a pod's name": every_line(lambda _, line: f"[pod/web-0/netshoot] {line}"),
    "in a table": every_line(lambda _, line: f"| {line}"),
    "wrapped at 80": wrapped(80),
    "wrapped at 100": wrapped(100),
    "wrapped at 132": wrapped(132),
    "folded at 72": folded(72),
    "folded at 100": folded(100),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "trailing blanks lost": every_line(lambda _, line: line.rstrip()),
    "blank lines lost": lambda text: "".join(f"{line}\n" for line in text.splitlines() if line.strip()),
    "blank lines between packets": blank_between_packets,
    "double-spaced": double_spaced,
    "leading blanks lost": every_line(lambda _, line: line.lstrip()),
    "in a session": lambda text: PROMPT + LISTENING + text + COUNTS,
    "in a page": lambda text: PAGE + PROMPT + LISTENING + text + COUNTS + AFTER,
    "from a page's source": lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "coloured": every_line(lambda _, line: f"\x1b[32m{line}\x1b[0m"),
    "a mark of the byte order": lambda text: "\ufeff" + text,
    "no last line end": lambda text: text.rstrip("\n"),
}


def stamped(text: str) -> list[list[str]]:
    """Each line behind its time in nanoseconds."""
    return [[str(1693145641844769123 + place), line] for place, line in enumerate(text.splitlines())]


# What programs make of a whole text.
PROGRAMS: dict[str, Damage] = {
    "an answer of Loki": lambda text: json.dumps(
        {"data": {"result": [{"stream": {"pod": "web-0"}, "values": stamped(text)}]}}
    ),
    "a container's log file": every_line(
        lambda place, line: json.dumps(
            {"log": f"{line}\n", "stream": "stdout", "time": f"14:14:{place % 60:02d}Z"}
        )
    ),
    "a log file of Go": every_line(
        lambda _, line: json.dumps({"log": f"{line}\r\n"}, separators=(",", ":")).replace(">", "\\u003e")
    ),
    "a string of JSON": json.dumps,
    "bytes of Python": lambda text: repr(text.encode()),
    "only CR": lambda text: text.replace("\n", "\r"),
    "line separators": lambda text: text.replace("\n", "\u2028"),
}
# Nothing but one line of each packet can be told apart.
LINE_ENDS_LOST = {
    "ends of lines lost": lambda text: text.replace("\n", " "),
    "all in one line": lambda text: " ".join(text.split()),
}
CONTAINERS = ("web-0", "frontend-7f9c", "db")
_TIME = re.compile(r"\s?(?:\d+\s+)?(?:\d\d:\d\d:\d\d|\d{4}-|\d{10})\S*\s")
_KIND = re.compile(r"IP6?\s|ARP,")


def each_packet(change: Callable[[str, str], str]) -> Damage:
    """Each line changed, given the container that it is of: another one for each packet of several captures at once."""

    def damage(text: str) -> str:
        begins = _TIME if _TIME.search(text) else _KIND
        lines, packets = [], -1
        for line in text.splitlines():
            packets += bool(begins.match(line))
            lines.append(change(CONTAINERS[max(packets, 0) % 3], line))
        return "".join(f"{line}\n" for line in lines)

    return damage


# What stands before each line, and is not always the same.
PREFIXES: dict[str, Damage] = {
    "compose": each_packet(lambda name, line: f"{name:<13} | {line}"),
    "compose, not in columns": each_packet(lambda name, line: f"{name} | {line}"),
    "kubectl logs --prefix": each_packet(lambda name, line: f"[pod/{name}/netshoot] {line}"),
    "stern": each_packet(lambda name, line: f"{name} netshoot {line}"),
    "a chat": each_packet(lambda name, line: f"[14:14] <{name}> {line}"),
    "a time that ends early": every_line(
        lambda place, line: (
            f"2026-08-27T14:14:{place % 60:02d}.{str(844769120 + place * 1000).rstrip('0')}Z {line}"
        )
    ),
    "a container's log": every_line(
        lambda place, line: f"2026-08-27T14:14:{place % 60:02d}.{844769123 + place}Z stdout F {line}"
    ),
    "syslog": every_line(
        lambda place, line: (
            f"Aug 27 14:14:{place % 60:02d} node-{place % 3} tcpdump[{900 + place % 3}]: {line}"
        )
    ),
    "a clock": every_line(lambda place, line: f"14:14:{place % 60:02d} {line}"),
    "a clock like a packet's": every_line(
        lambda place, line: f"14:14:{place % 60:02d}.{place % 1000:03d} {line}"
    ),
    "seconds": every_line(lambda place, line: f"[{place * 0.12345:12.6f}] {line}"),
    "klog": every_line(
        lambda place, line: (
            f"I0827 14:14:{place % 60:02d}.{844769 + place}       1 main.go:{10 + place}] {line}"
        )
    ),
    "a logger": every_line(
        lambda place, line: f"2026-08-27 14:14:{place % 60:02d},{place:03d} INFO     [main] {line}"
    ),
    "grep -n": every_line(lambda place, line: f"{place}:{line}"),
    "grep -Hn": every_line(lambda place, line: f"dump.txt:{place}:{line}"),
    "cat -n": every_line(lambda place, line: f"{place:6d}\t{line}"),
    "numbers and a bar": every_line(lambda place, line: f"{place} | {line}"),
}


# What stands before every line, also before those that were broken.
SEARCHED: dict[str, Damage] = {
    "grep -H": every_line(lambda _, line: f"dump.txt:{line}"),
    "grep in files": every_line(lambda place, line: f"log/{CONTAINERS[place // 9 % 3]}.txt:{line}"),
    "grep -C": every_line(lambda place, line: f"{place}{':-'[place % 3 > 1]}{line}"),
    "grep -HC": every_line(
        lambda place, line: f"a-1.txt{':-'[place % 3 > 1]}{place}{':-'[place % 3 > 1]}{line}"
    ),
    "diff": every_line(lambda place, line: f"{'+- '[place % 3]}{line}"),
    "diff, all new": lambda text: (
        "--- a/x\n+++ b/x\n@@ -0,0 +1,9 @@\n" + every_line(lambda _, line: f"+{line}")(text)
    ),
    "diff, all gone": every_line(lambda _, line: f"-{line}"),
}


PREFIXES |= {
    "RFC 5424": every_line(
        lambda place, line: f"<14>1 2026-08-27T14:14:{place % 60:02d}.844769Z node-1 tcpdump 900 - - {line}"
    ),
    "a journal's microseconds": every_line(
        lambda place, line: (
            f"Aug 27 14:14:{place % 60:02d}.{844769 + place} node-{place % 3} tcpdump[{900 + place % 3}]: {line}"
        )
    ),
    "numbers with a full stop": every_line(lambda place, line: f"{place}. {line}"),
    "numbers behind a mark": every_line(lambda place, line: f"#{place} {line}"),
}


def flowed(columns: int) -> Damage:
    """As mail programs break lines that may be joined again ("format=flowed"): the blank before a word is left."""

    def damage(text: str) -> str:
        lines: list[str] = []
        for line in text.expandtabs(8).splitlines():
            part = " " if line[:1] in {" ", ">"} else ""
            for word in re.split(r"(?<= )(?=\S)", line):
                if part.strip() and len(part) + len(word.rstrip()) > columns:
                    lines.append(part)
                    part = ""
                part += word
            lines.append(part)
        return "".join(f"{line}\n" for line in lines)

    return damage


def paged(text: str) -> str:
    """As it is copied out of a PDF: ligatures, and between pages their feet and heads."""
    for letters, ligature in (("ffi", "\ufb03"), ("ff", "\ufb00"), ("fi", "\ufb01"), ("fl", "\ufb02")):
        text = text.replace(letters, ligature)
    lines = []
    for place, line in enumerate(text.splitlines()):
        feet = place % 17 == 16 and not line[:1].isspace()
        lines += ["Guide   Page 3 of 12", "\fChapter 3. Networking", line] if feet else [line]
    return "".join(f"{line}\n" for line in lines)


def in_pane(*, left: bool) -> Damage:
    """In one of two panes of a terminal."""
    beside = ["$ curl -v http://web/", "* Connected to web (10.244.2.7)", "> Host: web", ""]

    def damage(text: str) -> str:
        lines: list[str] = []
        for line in wrapped(100)(text).splitlines():
            other = beside[len(lines) % len(beside)]
            both = f"{line:<100}\u2502{other}" if left else f"{other:<40}\u2502{line}"
            lines.append(both.rstrip())
        return "".join(f"{line}\n" for line in lines)

    return damage


def bordered(text: str) -> str:
    """In a table with borders, as mysql and others draw them."""
    border = f"+-----+-{'-' * 170}-+\n"
    rows = every_line(lambda place, line: f"| {place:3d} | {line.expandtabs(8):<170} |")(text)
    return f"{border}| no  | {'line':<170} |\n{border}{rows}{border}"


def escaped(text: str) -> str:
    return html.escape(text, quote=False)


def in_text(line: str) -> str:
    """A line in a string of a program."""
    return json.dumps(line, ensure_ascii=False)


QUOTE = '"'


def noted(note: str) -> Damage:
    """With somebody's notes behind the lines with the ends of packets."""
    return every_line(
        lambda place, line: f"{line}{note.format(place)}" if re.search(r"\S > \S+: ", line) else line
    )


def marked(text: str, between: str) -> str:
    """As editors break lines that are too long, with a mark."""
    return "".join(
        between.join(line[at : at + 99] for at in range(0, max(len(line), 1), 99)) + "\n"
        for line in text.expandtabs(8).splitlines()
    )


def before_4(text: str) -> str:
    """What `tcpdump -n` prints as tcpdump 3.9 did."""

    def segment(found: "re.Match[str]") -> str:
        letters = found["flags"].replace(".", "") or "."
        seq, length, options = found["seq"], found["length"], found["options"]
        numbers = f" {seq if ':' in seq else f'{seq}:{seq}'}({length})" if seq else ""
        ack, win = (f" {word} {found[word]}" if found[word] else "" for word in ("ack", "win"))
        times = re.sub(r"TS val (\d+) ecr (\d+)", r"timestamp \1 \2", options or "")
        return f"{letters}{numbers}{ack}{win}" + (f" <{times}>" if options else "")

    text = re.sub(
        r"Flags \[(?P<flags>[^\]]*)\](?:, seq (?P<seq>[\d:]+))?(?:, ack (?P<ack>\d+))?(?:, win (?P<win>\d+))?"
        r"(?:, options \[(?P<options>[^\]]*)\])?, length (?P<length>\d+)(?:: HTTP.*)?",
        segment,
        text,
    )
    text = re.sub(r"ARP, Request (.*), length \d+", r"arp \1", text)
    return re.sub(r"ARP, Reply (.*), length \d+", r"arp reply \1", text)


# What chat, word and mail programs make of characters.
CHARACTERS: dict[str, Damage] = {
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "a PDF": paged,
    "read in another encoding": lambda text: text.replace(" ", "\u00c2\u00a0"),
    "entities by number": lambda text: text.replace("&", "&#38;").replace("<", "&#60;").replace(">", "&#62;"),
    "entities by hexadecimal number": lambda text: text.replace("<", "&#x3C;").replace(">", "&#x3e;"),
    "escaped twice": lambda text: escaped(escaped(text)),
    "blanks of a page": lambda text: escaped(text).replace(" ", "&nbsp;"),
    "quotes and dashes": lambda text: re.sub('"(.*?)"', "\u201c\\1\u201d", text).replace("-", "\u2013"),
    "dashes that do not break": lambda text: text.replace("-", "\u2011"),
    "full width": lambda text: text.translate({ord(mark): 0xFEE0 + ord(mark) for mark in ":,()[]>"}),
    "nothing inside of addresses": lambda text: text.replace(".", ".\u200b"),
    "directions": every_line(lambda _, line: f"\u2066\u202a{line}\u202c\u2069"),
    "lines within a paragraph": lambda text: text.replace("\n", "\x0b"),
    "backspaces": every_line(lambda _, line: f"{line}\b\x1b[K"),
    "titles of windows": every_line(lambda _, line: f"\x1b]0;root@web\x07{line}"),
    "colours without their escape": every_line(lambda _, line: f"[01;32m[K{line}[0m"),
    "colours in words": every_line(lambda _, line: f"^[[32m{line}^[[0m"),
    **{
        f"ends with {arrow}": functools.partial(lambda arrow, text: text.replace(" > ", f" {arrow} "), arrow)
        for arrow in ("\u2192", "\u00bb", "\u203a", "\u276f", "->", "=>", ">>")
    },
    "ends without blanks": lambda text: text.replace(" > ", ">"),
    "a blank before a colon": lambda text: re.sub(r"( > \S+):(?= )", r"\1 :", text),
    "colons of mathematics": lambda text: text.replace(":", "\u2236"),
    "commas of China": lambda text: text.replace(", ", "\uff0c"),
    "brackets of China": lambda text: text.replace("[", "\u3010").replace("]", "\u3011"),
    "marks of Markdown escaped": lambda text: re.sub(r"([\[\]<>_*|#.-])", r"\\\1", text),
}
ADDRESS = re.compile(r"(?<![\d.])(\d+\.\d+\.\d+\.\d+)(?![\d])")
# What stands around each line, or only behind it.
AROUND: dict[str, Damage] = {
    "line breaks of a page": every_line(lambda _, line: f"{escaped(line)}<br>"),
    "paragraphs": every_line(lambda _, line: f"<p>{escaped(line)}</p>"),
    "lines of a listing": every_line(
        lambda place, line: f'<span class="line" id="L{place}">{escaped(line)}</span>'
    ),
    "a box": every_line(lambda _, line: f"\u2502 {line:<150} \u2502"),
    "noformat": lambda text: f"{{noformat}}{text.rstrip()}{{noformat}}\n",
    "fences in lines": lambda text: f"```{text.rstrip()}```\n",
    "a table of Markdown": lambda text: (
        "| # | Packet |\n|--:|:-------|\n" + every_line(lambda place, line: f"| {place} | {line} |")(text)
    ),
    "a table with borders": bordered,
    "a table with a border after each line": every_line(
        lambda _, line: f"| {line.expandtabs(8):<170} |\n+{'-' * 172}+"
    ),
    "the left pane": in_pane(left=True),
    "the right pane": in_pane(left=False),
    "flowed": flowed(72),
    "values with doubled quotes": every_line(lambda _, line: '"' + line.replace('"', '""') + '"'),
    "a cell": every_line(lambda place, line: f"| {place} | {line} |"),
    "code in a cell": every_line(lambda _, line: f"| `{line}` |"),
    "code": every_line(lambda _, line: f"- `{line}`"),
    "bold": every_line(lambda _, line: f"**{line}**"),
    "cat -A": every_line(lambda _, line: line.replace("\t", "^I") + "$"),
    "a list of strings": lambda text: (
        'ok: [web-1] => {\n    "out.stdout_lines": [\n'
        + ",\n".join(f"        {in_text(line)}" for line in text.splitlines())
        + "\n    ]\n}\n"
    ),
    "a list in a line": lambda text: f"{text.splitlines()!r}\n",
    "values of a table": every_line(lambda place, line: f'"14:14:{place % 60:02d}Z","web-1",{in_text(line)}'),
    "an object with a time": every_line(
        lambda place, line: (
            f'{{"@timestamp": "2026-08-27T14:14:{place % 60:02d}.844Z", "message": {in_text(line)}}}'
        )
    ),
    "an object in an object": every_line(
        lambda place, line: f'{{"line":{{"text":{in_text(line)}}},"at":"1693145641.8{place:05d}"}}'
    ),
    "numbers in lines of their own": every_line(lambda place, line: f"{place}\n{line}"),
    "a cell before others": every_line(lambda place, line: f"| {place} | `{line}` | see below |"),
    "cells of a page": every_line(
        lambda place, line: f'<tr><td class="no">{place}</td><td>{escaped(line)}</td></tr>'
    ),
    "values before others": every_line(
        lambda place, line: f'"{line.replace(QUOTE, QUOTE * 2)}","web-{place % 3}","{place}"'
    ),
    "an object behind a time": every_line(
        lambda place, line: (
            f'2026-08-27 14:14:{place % 60:02d}.844769000 +0000 kube.var: {{"log":{in_text(line)},"stream":"stdout"}}'
        )
    ),
    "an object of Ruby": every_line(
        lambda place, line: (
            f'[{place}] kube.var: [[{1693145641 + place}.844769, {{}}], {{"log"=>{in_text(line)}, "stream"=>"stdout"}}]'
        )
    ),
    "an object in lines": every_line(
        lambda place, line: json.dumps({"time": f"14:14:{place % 60:02d}.8Z", "message": line}, indent=2)
    ),
    "logfmt": every_line(lambda place, line: f"level=info ts=14:14:{place % 60:02d}.8Z msg={in_text(line)}"),
    "an object in lines, with the line's end": every_line(
        lambda _, line: json.dumps({"textPayload": f"{line}\n", "severity": "INFO"}, indent=2)
    ),
    "notes behind packets": noted("  <-- see {}"),
    "comments behind packets": noted("   # packet {}"),
    "words behind packets": lambda text: re.sub(r"(?m)(?<=, length 0)$", " (nothing in it)", text),
    "bold, some": lambda text: re.sub(r"(?m)^(\d\S+ IP6? .*)\n(?=.*\n\d)", r"**\1**\n", text),
    "marks of a forum": every_line(lambda _, line: f"[tt]{line}[/tt]"),
    "tabs between words": every_line(
        lambda _, line: re.sub(r"(?<=\S) ", "\t", line) if " > " in line else line
    ),
    "links of a chat": lambda text: ADDRESS.sub(r"<http://\1|\1>", text),
    "links of Markdown": lambda text: ADDRESS.sub(r"[\1](http://\1)", text),
    "links of mail": lambda text: ADDRESS.sub(r"\1<http://\1>", text),
    "addresses that are no links": lambda text: ADDRESS.sub(lambda found: found[1].replace(".", "[.]"), text),
    "ends in code": lambda text: re.sub(r"(\S+) > ([^\s,]+):(?= |$)", r"`\1` > `\2`:", text),
    **{
        f"broken, with {mark} at the end": functools.partial(
            lambda mark, text: marked(text, f"{mark}\n"), mark
        )
        for mark in "\\\u21b5"
    },
    "broken, with an arrow before the rest": lambda text: marked(text, "\n\u21aa "),
}


# What takes something away.
CUT: dict[str, Damage] = {
    **{
        f"cut at {columns}": functools.partial(
            lambda columns, text: every_line(lambda _, line: line[:columns])(text), columns
        )
        for columns in (60, 80, 100, 120)
    },
    "an ellipsis at 80": every_line(lambda _, line: line if len(line) <= 80 else line[:79] + "\u2026"),
    "three dots at 100": every_line(lambda _, line: line if len(line) <= 100 else line[:97] + "..."),
    "less -S": every_line(lambda _, line: line if len(line) <= 80 else line[:79] + ">"),
    "dots within": every_line(lambda _, line: line if len(line) <= 90 else f"{line[:50]}...{line[-37:]}"),
}
OMISSIONS = (
    "[...snip...]",
    "<snip>",
    "[\u2026]",
    "...",
    "--- output omitted ---",
    "(snipped)",
    "[truncated]",
)


@functools.cache
def source(play: str, family: str, link: str = "EN10MB") -> tuple[bytes, int]:
    """A scene as a capture, and how many packets it has."""
    scene = SCENES[play](FAMILIES[family])
    link, _, tunnel = link.partition(" in ")
    packets = [TUNNELS[tunnel][2](packet) for packet in scene.packets] if tunnel else scene.packets
    return capture(packets, times=scene.times, link=link), len(packets)


@functools.cache
def printed(play: str, family: str, style: str) -> str:
    """A scene as tcpdump prints it."""
    options, link = STYLES[style]
    done = subprocess.run(
        [program("tcpdump"), options, "-r", "-"],
        input=source(play, family, link)[0],
        capture_output=True,
        check=True,
    )
    return done.stdout.decode("utf-8", "replace")
