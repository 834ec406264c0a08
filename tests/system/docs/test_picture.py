"""The recording in README: an asciinema file, and a picture that plays what is in it."""

import json
import re
from xml.etree import ElementTree

import pyte

from tools.markdown import ROOT

CAST = (ROOT / "docs" / "session.cast").read_text(encoding="utf-8")
PICTURE = (ROOT / "docs" / "session.svg").read_text(encoding="utf-8")
LINK = "{http://www.w3.org/1999/xlink}href"


def left_on_the_screen() -> list[str]:
    """What a terminal shows when the recording has been played."""
    header, *events = map(json.loads, CAST.splitlines())
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for _, _, text in events:
        stream.feed(text)
    return [line.rstrip() for line in screen.display if line.strip()]


def last_drawn() -> list[str]:
    """What the last state of the picture shows."""
    every = {part.get("id", ""): part for part in ElementTree.fromstring(PICTURE).iter()}
    rows = [
        "".join(every[use.get(LINK, "")[1:]].itertext())
        for use in every["screen_view"][-1]
        if LINK in use.attrib
    ]
    return [row.rstrip() for row in rows if row.strip()]


def test_the_picture_plays_the_recording() -> None:
    assert last_drawn() == left_on_the_screen()


def test_the_recording_is_a_whole_session() -> None:
    left = left_on_the_screen()
    lines = [
        next(number for number, line in enumerate(left) if words in line)
        for words in (
            "--join-service",
            "in Service nginx: takes about 1 of 4",
            "# exit",
            "left Service nginx",
            "done: deleted copy",
            "no copies",
        )
    ]
    assert lines == sorted(lines)


def test_the_picture_loads_nothing() -> None:
    """It looks the same wherever README is shown."""
    assert re.findall(r'<(?:script|image|foreignObject)|url\(|@import|href="(?!#)', PICTURE) == []


def test_without_motion_the_last_state_is_seen() -> None:
    rule = PICTURE.partition("prefers-reduced-motion")[2].partition("@")[0]
    assert "animation-play-state: paused" in rule
    assert "animation-delay: calc(-0.999 * var(--animation-duration))" in rule
