"""The story of a search: which scenes it finds, and what was left out; found once for all tiles of a map."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.errors import NotFound, OutOfBounds, SearchTruncated, shorten
from app.match.period import Period
from app.model.location import hosts_of
from app.model.request import DatasetRef
from app.model.search import Scene, Search
from app.observe.record import step
from app.runtime import Runtime
from app.stac.search.account import Account
from app.stac.search.found import Found

EVER = Period(None, None)
LARGE_TEXT = 64 * 1024
"""A search from here on is read in a thread: that takes more than a few milliseconds."""


async def list_scenes(rt: Runtime, search: Search, home: str) -> tuple[list[Scene], Account]:
    """Find the scenes of a search, as a list shows them: their assets are not asked for.

    Args:
        home: Base URL of this server as the caller reached it.
    """
    account = Account()
    with step("search"):
        return [scene async for scene in _as_they_come(rt, search, home, account, whole=False)], account


async def kept_search(rt: Runtime, search_id: str) -> Search:
    """Give the search of an id.

    Raises:
        NotFound: It was never sent here, or has been forgotten.
    """
    text = await rt.searches.get(search_id)
    if text is None:
        raise NotFound(f"There is no search {shorten(search_id)!r} here (any more); POST it to /search again.")
    if len(text) < LARGE_TEXT:
        return Search.from_text(text)
    return await rt.patient.run(Search.from_text, text)


async def scenes_of(rt: Runtime, dataset: DatasetRef) -> Found:
    """Find the scenes of a dataset that is a search.

    Raises:
        NotFound: There are none.
        SearchTruncated: There may be more, and the caller wants all or nothing.
    """
    mosaic = dataset.mosaic
    assert mosaic is not None
    search = mosaic.search or await kept_search(rt, mosaic.search_id)
    found = await find_scenes(rt, search, dataset.home)
    if mosaic.whole and found.account.truncated:
        raise truncated(found.account)
    if not found.scenes:
        told = " ".join(found.account.sentences())
        raise NotFound(f"The search finds no scene. {told}".rstrip())
    period = Period(mosaic.since, mosaic.until)
    return found if period == EVER else _within(found, period)


def _within(found: Found, period: Period) -> Found:
    """Leave the scenes of a period.

    Raises:
        OutOfBounds: There are none: a map shows nothing then, and goes on.
    """
    scenes = tuple(scene for scene in found.scenes if period.holds(scene.datetime))
    if not scenes:
        raise OutOfBounds(f"None of the {len(found.scenes)} scenes of the search is of {period.text}.")
    return Found(scenes=scenes, account=found.account)


async def list_days(rt: Runtime, dataset: DatasetRef) -> tuple[str, ...]:
    """The days, in UTC, of which a search has scenes; the newest first."""
    found = await scenes_of(rt, dataset)
    return tuple(sorted({scene.datetime.date().isoformat() for scene in found.scenes}, reverse=True))


def truncated(account: Account) -> SearchTruncated:
    """Say why there may be more."""
    return SearchTruncated(f"There may be more scenes than {account.used}: {account.truncated}.")


async def find_scenes(rt: Runtime, search: Search, home: str) -> Found:
    """Find the scenes of a search, with their documents, or take what was found a moment ago.

    Equal searches at the same moment are one; its time is its own (``SWATH_SEARCH_TIMEOUT_S``), not the caller's.
    """
    with step("search"):
        if kept := rt.found.kept((search.id, home)):
            return kept
        rt.finder.locate(search, home)  # a refusal belongs to whoever asks
        return await rt.found.get_or_load((search.id, home), lambda: _find_all(rt, search, home))


async def _find_all(rt: Runtime, search: Search, home: str) -> Found:
    account = Account()
    scenes = [scene async for scene in _as_they_come(rt, search, home, account)]
    return Found(scenes=tuple(scenes), account=account)


async def stream_scenes(rt: Runtime, search: Search, home: str, account: Account) -> AsyncGenerator[Scene]:
    """Give scene after scene while the search goes on; what was found is kept.

    Args:
        account: Takes over the books of the search at its end.

    Raises:
        SwathError: The source cannot be read at all.
    """
    key = (search.id, home)
    if kept := rt.found.kept(key):
        account.absorb(kept.account)
        for scene in kept.scenes:
            yield scene
        return
    own, scenes = Account(), []
    try:
        async with aclosing(_as_they_come(rt, search, home, own)) as found:
            async for scene in found:
                scenes.append(scene)
                yield scene
        rt.found.keep(key, Found(scenes=tuple(scenes), account=own))
    finally:
        account.absorb(own)


async def _as_they_come(
    rt: Runtime, search: Search, home: str, account: Account, *, whole: bool = True
) -> AsyncGenerator[Scene]:
    location = rt.finder.locate(search, home)
    hosts = hosts_of([location] if location else [])
    async with (
        rt.admission.place(hosts),
        aclosing(rt.finder.find(search, account, home=home, whole=whole)) as found,
    ):
        async for scene in found:
            yield scene
