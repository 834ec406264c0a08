"""The twelve packets of a `GET /`, as tcpdump -nv prints them, in every form: what a person gets to read."""

import pytest

from tests.unit.packets.render.golden import CASES, GOLDENS


@pytest.mark.parametrize("name", CASES)
def test_it_is_what_was_read_and_found_good(name: str) -> None:
    assert CASES[name]() + "\n" == (GOLDENS / name).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("get.en.txt", ["Connection set up", "Request", "Response", "Connection closed"]),
        ("get.zh.txt", ["建立连接", "请求", "响应", "关闭连接"]),
    ],
)
def test_the_story_has_the_four_parts_of_the_runbook(name: str, parts: list[str]) -> None:
    lines = (GOLDENS / name).read_text(encoding="utf-8").splitlines()
    headings = [
        line.strip()
        for line in lines
        if line.startswith("  ") and line[2:3].strip() and line.strip() in parts
    ]
    assert headings == parts
