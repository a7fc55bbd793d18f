"""The story of a search: open its source, go through its pages, give the scenes that fit, and keep the books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from app.errors import DeadlineExceeded, SwathError
from app.model.location import Location
from app.model.search import Scene, Search
from app.net.location import Locator
from app.net.store import ByteStore
from app.settings import Settings
from app.stac.search.account import Account
from app.stac.search.ask import Asker, OwnApi
from app.stac.search.matching import Matcher, Sortable, ordered, sort_values
from app.stac.search.pages import Page, Pages, Reach
from app.stac.search.scene import Broken, id_of, read_scene
from app.stac.search.sources import Sources, remembered_dialects

TURN_S = 0.01
"""Work on items after which others get their turn on the event loop."""

T = TypeVar("T")
Pair = tuple[Mapping[str, Any], Scene]


class Finder:
    """Finds scenes, from wherever a search says.

    Args:
        locator: Judges every URL and href.
        store: Reads documents.
        own: The STAC API of this server, or None.
    """

    def __init__(self, locator: Locator, store: ByteStore, settings: Settings, own: OwnApi | None = None) -> None:
        self._locator = locator
        self._store = store
        self._settings = settings
        self._own = own
        self._dialects = remembered_dialects()

    def locate(self, search: Search, home: str | None) -> Location | None:
        """Judge where a search looks first; None where that is this server itself, or the caller.

        Raises:
            SourceNotAllowed: It may not be asked.
        """
        href = search.api or search.url
        if href is None or (self._own is not None and self._locator.own_path(href, home=home) is not None):
            return None
        return self._locator.locate(href, home=home)

    def clear(self) -> None:
        """Forget what APIs understand."""
        self._dialects.clear()

    async def find(
        self, search: Search, account: Account, *, home: str | None = None, whole: bool = False
    ) -> AsyncGenerator[Scene]:
        """Give scene after scene as they come, and fill the account meanwhile.

        A source that fails before it has given anything is an error; one that fails later ends the search there, and
        the account says so.

        Args:
            home: Base URL of this server as the caller reached it.
            whole: Scenes will be read, so that their documents are kept.

        Raises:
            SwathError: The source cannot be read at all.
        """
        reach = Reach.from_settings(self._settings, search.max_items)
        asker = Asker(self._locator, self._store, account, self._own, home)
        sources = Sources(asker, self._dialects, reach, account, whole=whole)
        deadline = time.monotonic() + reach.seconds
        pages = await _in_time(sources.open(search), deadline, reach)
        run = _Run(search, pages, asker, reach, account, deadline, whole=whole)
        async with aclosing(run.scenes()) as scenes:
            async for scene in scenes:
                account.used += 1
                yield scene


class _Run:
    """One search of one source."""

    def __init__(
        self, search: Search, pages: Pages, asker: Asker, reach: Reach, account: Account, deadline: float,
        *, whole: bool,
    ) -> None:  # fmt: skip
        self._search = search
        self._source = pages
        self._asker = asker
        self._reach = reach
        self._account = account
        self._deadline = deadline
        self._whole = whole and pages.whole
        self._matcher = Matcher(search, pages)
        self._known: set[tuple[str, str]] = set()
        self._over = False
        self._turn = time.monotonic()

    def scenes(self) -> AsyncGenerator[Scene]:
        """Give the scenes in the order asked for, as many as are wanted."""
        return self._in_order() if self._search.sortby and not self._source.sorts else self._as_they_come()

    async def _as_they_come(self) -> AsyncGenerator[Scene]:
        left = self._reach.items
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                async with aclosing(self._fitting(page)) as fitting:
                    async for _, scene in fitting:
                        if not left:
                            self._account.stop(self._enough())
                            return
                        left -= 1
                        yield scene
                if not left and page.more and self._account.told != self._account.seen:
                    self._account.stop(self._enough())
                    return

    async def _in_order(self) -> AsyncGenerator[Scene]:
        """Go through everything first: the source has no order."""
        keys = self._search.sortby
        found: list[Sortable] = []
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                async with aclosing(self._fitting(page)) as fitting:
                    found += [(sort_values(feature, keys), scene) async for feature, scene in fitting]
        if self._account.truncated:
            self._account.note("The source does not sort; only what it gave was put in order.")
        for scene in ordered(found, keys)[: self._reach.items]:
            yield scene
        if len(found) > self._reach.items:
            self._account.stop(self._enough())

    async def _pages(self) -> AsyncGenerator[Page]:
        """Give pages until there are no more, or time is over, or one fails behind the first."""
        given = False
        async with aclosing(self._source.pages()) as pages:
            while not self._over:
                try:
                    page = await _in_time(anext(pages), self._deadline, self._reach)
                except StopAsyncIteration:
                    return
                except SwathError as failure:
                    if not given:
                        raise
                    self._account.stop(failure.detail.rstrip("."))
                    return
                given = True
                if not (self._source.chooses and self._source.filters):
                    self._account.told = None  # of what it has, not of what fits
                yield page

    async def _fitting(self, page: Page) -> AsyncGenerator[Pair]:
        """Give the items of a page that can be used and fit, each once."""
        count, repeats = len(page.features), 0
        while page.features:
            feature = page.features.popleft()
            if not await self._has_time():
                return
            if self._is_known(feature):
                repeats += 1
                self._account.leave_out("that had come before", id_of(feature))
            elif (scene := self._read(feature, page)) is not None:
                yield feature, scene
        if repeats and repeats == count and page.more:
            self._end("the source gives the same items again")

    def _is_known(self, feature: Any) -> bool:
        """Whether an item has come before; what has no id is always new."""
        if not isinstance(feature, Mapping) or "id" not in feature:
            return False
        key = str(feature["id"]), str(feature.get("collection"))
        is_known = key in self._known
        self._known.add(key)
        return is_known

    def _read(self, feature: Any, page: Page) -> Scene | None:
        try:
            scene = read_scene(feature, self._asker, page, whole=self._whole)
        except Broken as why:
            self._account.seen += 1
            self._account.leave_out(str(why), id_of(feature))
            return None
        if not self._matcher.fits(feature, scene):
            return None
        self._account.seen += 1
        return scene

    async def _has_time(self) -> bool:
        """Let others work now and then; False when the time of the search is over."""
        now = time.monotonic()
        if now > self._deadline:
            self._end(_late(self._reach).detail.rstrip("."))
        elif now - self._turn > TURN_S:
            await asyncio.sleep(0)
            self._turn = time.monotonic()
        return not self._over

    def _end(self, reason: str) -> None:
        """Ask for no more, although there may be some."""
        self._over = True
        if self._account.told is None or self._account.told != self._account.seen:
            self._account.stop(reason)

    def _enough(self) -> str:
        most = self._reach.items
        return (
            f"max_items is {most}" if self._search.max_items else f"{most} are found at most (SWATH_SEARCH_ITEMS_MAX)"
        )


async def _in_time(call: Awaitable[T], deadline: float, reach: Reach) -> T:
    try:
        async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
            return await call
    except TimeoutError as error:
        raise _late(reach) from error


def _late(reach: Reach) -> DeadlineExceeded:
    return DeadlineExceeded(f"The search took longer than {reach.seconds:g} s (SWATH_SEARCH_TIMEOUT_S).")
