"""Usage: python -m tests.unit.packets.render.golden

Writes the golden files anew, from what the program says now: read the difference before you commit it.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path

from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.points.point import Point
from kubectl_netshoot.packets.points.together import told_together
from kubectl_netshoot.packets.render.json_report import document
from kubectl_netshoot.packets.render.page import page
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from kubectl_netshoot.packets.render.text import text
from tests.unit.packets.points.wire import Wire

HERE = Path(__file__).parent
CAPTURES, GOLDENS = HERE / "captures", HERE / "goldens"
COLUMNS = 100
NAMES = {"10.244.0.7": "pod/web-1", "10.244.0.1": "node/worker"}


def _told(capture: str, language: str) -> Teller:
    report = analyse(io.BytesIO((CAPTURES / capture).read_bytes()), max_flows=100)
    return Teller(report, Voice(Language(language), NAMES if language == "en" else {}))


def _both(language: str) -> Teller:
    """A request through a Service: lost once on its way there; and the end of the answer on its way back."""
    wire = Wire()
    made = wire.connection().handshake().out("PA", 80, arrives=False).out("PA", 80, again=True).back("A")
    made.back("A", 1400).out("A").back("PA", 600, arrives=False).back("PA", 600, again=True, arrives=False)
    wire.now += 1
    wire.connection(port=40002).handshake().out("FA").back("FA").out("A")
    points = [Point("front", [bytes([10, 244, 1, 5])]), Point("api-x7k")]
    for point, recording in zip(points, (wire.client, made.servers), strict=True):
        point.feed(recording.pcap())
    names = {"10.96.4.7": "svc/api", "10.244.2.7": "pod/api-x7k", "10.244.1.5": "pod/front"}
    return Teller(told_together(points), Voice(Language(language), names))


def _readable(markup: str) -> str:
    """The page without its style and script, an element a line."""
    body = markup.partition("<body>")[2].partition("<script>")[0]
    return body.replace("><", ">\n<")


CASES: dict[str, Callable[[], str]] = {
    "get.en.txt": lambda: text(_told("get.txt", "en"), COLUMNS, None, False),
    "get.zh.txt": lambda: text(_told("get.txt", "zh"), COLUMNS, None, False),
    "get.ladder.en.txt": lambda: text(_told("get.txt", "en"), 80, None, True),
    "get.ladder.zh.txt": lambda: text(_told("get.txt", "zh"), 80, None, True),
    "get.json": lambda: json.dumps(document(_told("get.txt", "en"), None), indent=2),
    "both.en.txt": lambda: text(_both("en"), COLUMNS, None, False),
    "both.zh.txt": lambda: text(_both("zh"), COLUMNS, None, False),
    "both.json": lambda: json.dumps(document(_both("en"), None), indent=2),
    "both.html": lambda: _readable(page(_both("en"), None)),
    "get.html": lambda: _readable(page(_told("get.txt", "en"), None)),
}

if __name__ == "__main__":
    GOLDENS.mkdir(exist_ok=True)
    for name, told in CASES.items():
        (GOLDENS / name).write_text(told() + "\n", encoding="utf-8")
