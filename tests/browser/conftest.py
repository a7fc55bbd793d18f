"""A headless Chromium, and pages in it that report what goes wrong."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REMEDY = "no Chromium here. Type: apt-get update && apt-get install --no-install-recommends -y chromium"
ARGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_WEBGL = ["--disable-gpu", "--disable-3d-apis"]  # as in a remote desktop
SOFTWARE_WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[[list[str]], Any]]:
    """Start Chromium with more arguments; without one, tests are skipped.

    It ends with the file: Playwright keeps an event loop in this thread, in which other tests could not run theirs.
    """
    if CHROMIUM is None:
        pytest.skip(REMEDY)
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here. Type: make setup")
    with playwright.sync_playwright() as driver:
        running = []

        def start(more: list[str]) -> Any:
            running.append(driver.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *more]))
            return running[-1]

        yield start
        for browser in running:
            browser.close()


@pytest.fixture(scope="module")
def browser(launch: Callable[[list[str]], Any]) -> Any:
    """One browser for a file of tests, in which WebGL is off: the page does not need it."""
    return launch(NO_WEBGL)


@pytest.fixture(scope="module")
def browser_with_webgl(launch: Callable[[list[str]], Any]) -> Any:
    """A browser that draws WebGL, without a graphics card, too."""
    return launch(SOFTWARE_WEBGL)


QUIET = """() => !document.querySelector("#progress.on")
    && [...document.images].every((image) => image.loading === "lazy" || image.complete)"""
"""Nothing is on its way to the map."""


class Visit:
    """A page, and what it asked for and complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.refused: list[str] = []
        """What Chromium's console says by itself, once for each answer of 400 and more."""
        self._seen = 0
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note(self, answer: Any) -> None:
        if answer.status >= 400:
            said = f"a status of {answer.status} ({answer.status_text})"
            self.refused.append(f"Failed to load resource: the server responded with {said}")

    @property
    def own_complaints(self) -> list[str]:
        """Complaints of the page's own making: less the browser's line about each answer that refused something."""
        return list((Counter(self.complaints) - Counter(self.refused)).elements())

    def tiles(self, word: str = "") -> list[str]:
        """Addresses of the tiles asked for since the last call, once one has the word and the map is quiet."""
        asked: list[str] = []
        for _ in range(150):
            self.page.wait_for_timeout(100)
            new, self._seen = self.requests[self._seen :], len(self.requests)
            asked += [url for url in new if "/tiles/" in url]
            if not new and any(word in url for url in asked) and self.page.evaluate(QUIET):
                return asked
        raise AssertionError(f"no tiles with {word!r} came: {asked[-3:]}")

    def quiet(self) -> None:
        """Wait until the map is drawn; what the browser has kept is not asked for again."""
        self.page.wait_for_timeout(700)
        self.page.wait_for_function(QUIET)

    def picture(self, left: int = 420, top: int = 60, width: int = 480, height: int = 420) -> np.ndarray:
        """What the map shows where nothing lies over it, as (y, x, rgb)."""
        clip = {"x": left, "y": top, "width": width, "height": height}
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")).astype(int)

    def state(self) -> dict[str, list[str]]:
        """What the address says; it is written a quarter of a second after a change."""
        self.page.wait_for_timeout(350)
        return parse_qs(self.page.evaluate("location.hash.slice(1)"))

    def zoom(self) -> float:
        """The zoom of the map, by its address."""
        return float(self.state()["at"][0].split("/")[0])

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
