"""A real browser for the page: Chromium as the system has it, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.unit.explanation.looking import Viewer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def chromium() -> str:
    """Where Chromium is; empty where there is none."""
    found = (shutil.which(name) for name in (os.environ.get("CHROMIUM", ""), *NAMES) if name)
    return next(filter(None, found), ON_MACOS if Path(ON_MACOS).exists() else "")


# No longer than its module: an event loop runs in this thread as long as it lives, and other tests have their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    if not program:
        pytest.skip("no Chromium here: `apt-get install chromium`, or CHROMIUM names one")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program)
        yield opened
        opened.close()


@pytest.fixture
def viewer(browser: Browser, tmp_path: Path) -> Iterator[Viewer]:
    seen = Viewer(browser, tmp_path)
    yield seen
    seen.close()
