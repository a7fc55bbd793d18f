"""The story of a search that is listed: which scenes it finds, and what was left out."""

from __future__ import annotations

from contextlib import aclosing

from app.model.location import hosts_of
from app.model.search import Scene, Search
from app.observe.record import step
from app.runtime import Runtime
from app.stac.search.account import Account


async def list_scenes(rt: Runtime, search: Search, home: str, *, whole: bool = False) -> tuple[list[Scene], Account]:
    """Find the scenes of a search, as a list shows them.

    Args:
        home: Base URL of this server as the caller reached it.
        whole: They will be read: their documents are kept. Else their assets are not even asked for.
    """
    location, account = rt.finder.locate(search, home), Account()
    hosts = hosts_of([location] if location else [])
    with step("search"):
        async with (
            rt.admission.place(hosts),
            aclosing(rt.finder.find(search, account, home=home, whole=whole)) as found,
        ):
            return [scene async for scene in found], account
