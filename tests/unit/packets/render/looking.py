"""Hides how a page is looked at: opened from a file in a window of some size, with all that it complains of kept."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page

# No test says how long; what never comes fails after this.
LIMIT_MS = 30_000


@dataclass
class Viewer:
    """Opens pages; `requests` are the addresses that they asked for, `complaints` what stood on the console."""

    browser: Browser
    folder: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _windows: list[BrowserContext] = field(default_factory=list)

    def open(self, markup: str, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        """Show this page in a window of so many CSS pixels."""
        path = self.folder / "page.html"
        path.write_text(markup, encoding="utf-8")
        size = {"width": width, "height": 900}
        window = self.browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        self._windows.append(window)
        page = window.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    def close(self) -> None:
        for window in self._windows:
            window.close()
