"""The recording in README: each state of the screen is shown in its time, and nothing else."""

from __future__ import annotations

import re

import pytest

from tools.picture.drawing import REST, svg
from tools.picture.recording import Frame, Line, Run


def line(text: str) -> Line:
    return (Run(text, "default", False),)


FRAMES = [
    Frame(0.0, (line("$ "),)),
    Frame(1.0, (line("$ get <pods>"), line("waiting"))),
    Frame(2.0, (line("$ get <pods>"), line("one"), line("two"))),
    Frame(4.0, (line("$ get <pods>"), line("waiting"), line("two"))),
]


def shown(picture: str, at: float) -> list[tuple[float, str]]:
    """The texts that the animation shows at a moment, from top to bottom."""
    moment = 100 * at / (FRAMES[-1].at + REST)
    seen = []
    for name, texts in re.findall(r'<g class="t (k\d+)[^"]*">(.*?)</g>', picture, re.DOTALL):
        rule = re.search(rf"@keyframes {name}\{{(.*?)\}}\}}", picture)
        assert rule
        steps = re.findall(r"([\d.]+)%\{visibility:(\w+)", rule[1])
        if [state for start, state in steps if float(start) <= moment][-1] == "visible":
            seen += [(float(y), text) for y, text in re.findall(r'y="([\d.]+)".*?>([^<]*)</text>', texts)]
    return sorted(seen)


@pytest.mark.parametrize("frame", FRAMES)
def test_each_state_is_shown_in_its_time(frame: Frame) -> None:
    texts = [text for _, text in shown(svg(FRAMES, "a session"), frame.at + 0.5)]
    assert texts == [
        run.text.rstrip().replace("<", "&lt;").replace(">", "&gt;") for row in frame.lines for run in row
    ]


def test_without_motion_the_last_state_is_seen() -> None:
    """What is not in the last state is hidden by the style sheet; the animation alone shows it."""
    picture = svg(FRAMES, "a session")
    kept = re.findall(r'<g class="t k\d+">(.*?)</g>', picture, re.DOTALL)
    assert sorted(re.findall(r">([^<]+)</text>", "".join(kept))) == ["$ get &lt;pods&gt;", "two", "waiting"]
    assert "prefers-reduced-motion" in picture
