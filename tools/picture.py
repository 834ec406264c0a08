"""`python -m tools.picture`: docs/session.svg, one session on the pretended cluster as a terminal shows it.

A real kubectl and the built zipapp are typed into on a pty; pyte keeps the screen; it is drawn as text, so that the
picture can be searched, copied and read aloud. Names and times are another run's each time.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pexpect
import pyte

from tests.cluster.handle import ClusterProcess
from tools.demo import MANIFEST, ROOT, Demo, clean_environment

PICTURE = ROOT / "docs" / "session.svg"
COLUMNS, ROWS = 108, 60
PROMPT, REMOTE_PROMPT = "\x1b[32m$ \x1b[0m", "# "
CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.0, 19.0, 16.0
GROUND, INK = "#16191d", "#d7dae0"
INKS = {
    "default": INK,
    "black": "#6b7280",
    "red": "#f28b82",
    "green": "#93c98a",
    "brown": "#e5c07b",
    "blue": "#7fb2f0",
    "magenta": "#c99bea",
    "cyan": "#7fd1d1",
    "white": INK,
}


class Screen:
    """A shell on a pty, and what its terminal shows; `type` returns when the next prompt is there."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._screen: Any = pyte.Screen(COLUMNS, ROWS)
        self._stream: Any = pyte.Stream(self._screen)
        self._child: Any = pexpect.spawn(
            "sh", env=dict(env), cwd=str(folder), dimensions=(ROWS, COLUMNS), encoding="utf-8", timeout=60
        )
        self._until(PROMPT)

    def type(self, line: str, prompt: str = PROMPT) -> None:
        self._child.sendline(line)
        # The terminal repeats what is typed; only what follows it can be a prompt.
        self._until("\r\n")
        self._until(prompt)

    def lines(self) -> list[list[tuple[str, str, bool]]]:
        """Each line as (text, colour, bold) runs, without the blank ones and the prompt at the end."""
        rows = [self._runs(self._screen.buffer[row]) for row in range(ROWS)]
        while rows and "".join(text for text, _, _ in rows[-1]).strip() in ("", "$"):
            rows.pop()
        return rows

    def _until(self, text: str) -> None:
        self._child.expect_exact(text)
        self._stream.feed(self._child.before + text)

    def _runs(self, line: Mapping[int, Any]) -> list[tuple[str, str, bool]]:
        cells = [line[column] for column in range(COLUMNS)]
        runs = groupby(cells, key=lambda cell: (INKS.get(cell.fg, INK), bool(cell.bold)))
        return [("".join(cell.data for cell in group), *style) for style, group in runs]


def svg(lines: Sequence[Sequence[tuple[str, str, bool]]], title: str) -> str:
    """The lines as one self-contained SVG: no script, no style sheet, no font of its own."""
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
            f'<g font-family="{font}" font-size="13">',
            *(text for row, runs in enumerate(lines) for text in _texts(row, runs)),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _texts(row: int, runs: Sequence[tuple[str, str, bool]]) -> Iterator[str]:
    y, column = MARGIN + (row + 0.75) * LINE_HEIGHT, 0
    for text, colour, bold in runs:
        shown = text.rstrip()
        if shown:
            # The stated length keeps columns aligned, whatever monospaced font there is.
            yield (
                f'<text x="{MARGIN + column * CELL_WIDTH:g}" y="{y:g}" fill="{colour}" '
                f'font-weight="{"bold" if bold else "normal"}" xml:space="preserve" '
                f'textLength="{len(shown) * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs">{escape(shown)}</text>'
            )
        column += len(text)


def record(demo: Demo, screen: Screen) -> None:
    """Type the session."""
    pod = demo.kubectl("get", "pods", "-o=name").split()[0].removeprefix("pod/")
    screen.type("kubectl get pods")
    screen.type(f"kubectl netshoot {pod} --join-service --shell sh", REMOTE_PROMPT)
    screen.type("hostname", REMOTE_PROMPT)
    screen.type("curl -s http://$(hostname -i):8080", REMOTE_PROMPT)
    screen.type("exit")
    screen.type("kubectl netshoot list")
    screen.type("kubectl get pods")


def main() -> int:
    """Write the picture; the exit status."""
    with tempfile.TemporaryDirectory(prefix="netshoot-picture-") as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        with ClusterProcess(folder / "cluster") as cluster:
            env = clean_environment(home, cluster.kubeconfig) | {"TERM": "xterm-256color", "PS1": PROMPT}
            demo = Demo(env)
            demo.kubectl("apply", "-f", "-", stdin=MANIFEST)
            demo.kubectl("rollout", "status", "deployment/nginx", "--timeout=60s")
            demo.kubectl("netshoot", "version")
            screen = Screen(env, home)
            record(demo, screen)
    PICTURE.write_text(svg(screen.lines(), "A session: kubectl netshoot POD --join-service"))
    print(f"{PICTURE.relative_to(ROOT)} was written: look at it before you commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
