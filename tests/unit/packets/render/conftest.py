"""A real browser for the page: Chromium as the system has it, driven by Playwright."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.unit.packets.render.looking import Viewer
from tools.prerequisites.pytest_plugin import program


# No longer than its module: an event loop runs in this thread as long as it lives, and other tests have their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = program("chromium")
    if sys.platform == "linux":
        program("libatomic")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture
def viewer(browser: Browser, tmp_path: Path) -> Iterator[Viewer]:
    seen = Viewer(browser, tmp_path)
    yield seen
    seen.close()
