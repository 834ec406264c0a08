"""Frames of a terminal as one SVG that plays by itself: plain text, a style sheet of its own, nothing from elsewhere.

Each state of a row is drawn once, and a CSS animation shows it in its time. Where nothing moves (a printer, somebody
who asked for less motion, a reader without CSS animations) the last state is what is seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tools.picture.recording import COLUMNS, Frame, Line

CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.0, 19.0, 16.0
# The last state stays so long before it begins again, in seconds.
REST = 8.0
GROUND, INK = "#16191d", "#d7dae0"
INKS = {
    "black": "#6b7280",
    "red": "#f28b82",
    "green": "#93c98a",
    "brown": "#e5c07b",
    "blue": "#7fb2f0",
    "magenta": "#c99bea",
    "cyan": "#7fd1d1",
}
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class State:
    """What a row shows from frame `first` up to, and without, frame `end`."""

    row: int
    line: Line
    first: int
    end: int


def svg(frames: Sequence[Frame], title: str) -> str:
    """The whole picture."""
    states = list(_states(frames))
    times = sorted({(state.first, state.end) for state in states})
    rows = 1 + max(state.row for state in states)
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, rows * LINE_HEIGHT + 2 * MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" role="img">',
            f"<title>{escape(title)}</title>",
            "<style>",
            *_rules(frames, times),
            "</style>",
            f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
            f'<g font-family="{FONT}" font-size="13">',
            *(element for at, span in enumerate(times) for element in _group(at, span, states, len(frames))),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _states(frames: Sequence[Frame]) -> Iterator[State]:
    for row in range(max(len(frame.lines) for frame in frames)):
        begun, shown = 0, _line(frames[0], row)
        for number, frame in enumerate(frames[1:], start=1):
            line = _line(frame, row)
            if line != shown:
                if shown:
                    yield State(row, shown, begun, number)
                begun, shown = number, line
        if shown:
            yield State(row, shown, begun, len(frames))


def _line(frame: Frame, row: int) -> Line:
    line = frame.lines[row] if row < len(frame.lines) else ()
    return line if any(run.text.strip() for run in line) else ()


def _rules(frames: Sequence[Frame], times: Sequence[tuple[int, int]]) -> Iterator[str]:
    length = frames[-1].at + REST
    yield f".t{{animation:{length:.1f}s step-end infinite}}"
    yield ".gone{visibility:hidden}"
    yield "@media (prefers-reduced-motion:reduce){.t{animation:none !important}}"
    for at, (first, end) in enumerate(times):
        begin = 100 * frames[first].at / length
        over = f"{100 * frames[end].at / length:.2f}%{{visibility:hidden}}" if end < len(frames) else ""
        shown = f"{begin:.2f}%{{visibility:visible}}"
        yield f"@keyframes k{at}{{0%{{visibility:hidden}}{shown}{over}}}.k{at}{{animation-name:k{at}}}"


def _group(at: int, span: tuple[int, int], states: Sequence[State], frames: int) -> Iterator[str]:
    gone = "" if span[1] == frames else " gone"
    yield f'<g class="t k{at}{gone}">'
    for state in states:
        if (state.first, state.end) == span:
            yield from _texts(state)
    yield "</g>"


def _texts(state: State) -> Iterator[str]:
    y, column = MARGIN + (state.row + 0.75) * LINE_HEIGHT, 0
    for run in state.line:
        shown = run.text.rstrip()
        if shown:
            bold = ' font-weight="bold"' if run.bold else ""
            x, ink = MARGIN + column * CELL_WIDTH, INKS.get(run.colour, INK)
            # The stated length keeps columns aligned, whatever monospaced font there is.
            length = f'textLength="{len(shown) * CELL_WIDTH:g}" lengthAdjust="spacingAndGlyphs"'
            yield f'<text x="{x:g}" y="{y:g}" fill="{ink}"{bold} xml:space="preserve" {length}>{escape(shown)}</text>'
        column += len(run.text)
