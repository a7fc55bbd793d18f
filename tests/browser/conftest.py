"""A headless Chromium, and pages in it that report what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REMEDY = "no Chromium here. Type: apt-get update && apt-get install --no-install-recommends -y chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a file of tests; without one they are skipped.

    It ends with the file: Playwright keeps an event loop in this thread, in which other tests could not run theirs.
    """
    if CHROMIUM is None:
        pytest.skip(REMEDY)
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here. Type: make setup")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield running
        running.close()


class Visit:
    """A page, and what it asked for and complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def tiles(self, containing: str = "") -> list[str]:
        """Addresses of the tiles on the map, once all of them are drawn and their addresses contain a word."""
        self.page.wait_for_function(
            """word => {
                const images = [...document.querySelectorAll("#map img")];
                const drawn = (image) => image.complete && image.naturalWidth && image.src.includes(word);
                return images.length && images.every(drawn) && !document.querySelector("#progress.on");
            }""",
            arg=containing,
        )
        return self.page.eval_on_selector_all("#map img", "images => images.map(i => i.src)")

    def strangers(self, base: str) -> list[str]:
        """Requests to any other origin; data and blobs are no requests."""
        return [url for url in self.requests if not url.startswith((f"{base}/", "data:", "blob:"))]


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """Open an address in a context of its own: ``visit(url, width=…, height=…, color_scheme=…)``."""
    contexts = []

    def go(
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        prepare: Callable[[Any], None] = lambda page: None,
        **options: Any,
    ) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        opened = Visit(context.new_page())
        prepare(opened.page)
        opened.page.goto(url)
        return opened

    yield go
    for context in contexts:
        context.close()
