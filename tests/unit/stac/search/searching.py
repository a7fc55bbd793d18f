"""Run one search of a real server on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from app.model.search import Scene, Search
from app.settings import Settings
from app.stac.search.account import Account
from app.stac.search.find import Finder
from tests.reading import reading
from tests.upstream import Upstream


@dataclass
class Searched:
    """What came of it."""

    scenes: list[Scene] = field(default_factory=list)
    account: Account = field(default_factory=Account)

    @property
    def ids(self) -> list[str]:
        return [scene.id for scene in self.scenes]


def search(
    server: Upstream | None, wanted: Search, *, times: int = 1, whole: bool = False, **settings: Any
) -> Searched:
    """Search, several times with the same finder; gives the last result."""
    hosts = (server.host,) if server else ()

    async def run() -> Searched:
        given = Settings(**{"allow_hosts": hosts} | settings)
        async with reading(given) as net:
            finder = Finder(net.locator, net.store, given)
            for _ in range(times):
                found = Searched()
                found.scenes = [scene async for scene in finder.find(wanted, found.account, whole=whole)]
            return found

    return asyncio.run(run())
