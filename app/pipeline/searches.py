"""The story of a search: which scenes it finds, and what was left out; found once for all tiles of a map."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.model.location import hosts_of
from app.model.search import Scene, Search
from app.observe.record import step
from app.runtime import Runtime
from app.stac.search.account import Account
from app.stac.search.found import Found


async def list_scenes(rt: Runtime, search: Search, home: str) -> tuple[list[Scene], Account]:
    """Find the scenes of a search, as a list shows them: their assets are not asked for.

    Args:
        home: Base URL of this server as the caller reached it.
    """
    location, account = rt.finder.locate(search, home), Account()
    hosts = hosts_of([location] if location else [])
    with step("search"):
        async with rt.admission.place(hosts), aclosing(rt.finder.find(search, account, home=home)) as found:
            return [scene async for scene in found], account


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


async def _as_they_come(rt: Runtime, search: Search, home: str, account: Account) -> AsyncGenerator[Scene]:
    location = rt.finder.locate(search, home)
    hosts = hosts_of([location] if location else [])
    async with (
        rt.admission.place(hosts),
        aclosing(rt.finder.find(search, account, home=home, whole=True)) as found,
    ):
        async for scene in found:
            yield scene
