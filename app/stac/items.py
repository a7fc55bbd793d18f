"""Items that were read: fresh for a while, then asked for by their ETag; failures are remembered for a moment."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Hashable
from copy import copy
from dataclasses import dataclass

from cachetools import LRUCache, TTLCache

from app.cache.flight import SingleFlight
from app.errors import NotFound, Overloaded, SwathError, UpstreamFailed, UpstreamUnusable
from app.model.item import Item
from app.model.location import Location
from app.model.search import Scene
from app.net.budget import MIB
from app.net.store import ByteStore
from app.observe.metrics import cache_count
from app.settings import Settings
from app.stac.document import parse_item

FAILURE_TTL_S = 5.0
"""A map asks for thirty tiles of an item that is not there: its server is asked once."""

FAILURES_MAX = 1024

LASTING = (NotFound, Overloaded, UpstreamUnusable, UpstreamFailed)
"""Failures of the item and its server, not of the caller's time or limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item, its version, and until when (``time.monotonic``) nobody asks whether it has changed."""

    item: Item
    etag: str | None
    fresh_until: float

    @property
    def weight(self) -> int:
        """Bytes in a cache: parsed JSON takes about four times its text."""
        return 4 * self.item.size_bytes


class Items:
    """Items by location; equal wishes at the same moment share one request. Used from one event loop only.

    Args:
        store: Reads documents.
        settings: Memory (0 keeps nothing, failures included), and how long an item is taken as fresh.
        failure_ttl_s: How long a failure is remembered.
    """

    def __init__(self, store: ByteStore, settings: Settings, *, failure_ttl_s: float = FAILURE_TTL_S) -> None:
        self._store = store
        self._ttl_s = settings.cache_items_ttl_s
        self._known: LRUCache[Hashable, KnownItem] = LRUCache(
            settings.cache_items_mb * MIB, getsizeof=lambda known: known.weight
        )
        self._failed: TTLCache[Location, SwathError] = TTLCache(
            FAILURES_MAX if settings.cache_items_mb else 0, failure_ttl_s
        )
        self._flights: SingleFlight[Location, Item] = SingleFlight()
        self._count = cache_count("items", lambda: self._known.currsize)

    def kept(self, location: Location) -> Item | None:
        """Give the item if it is here, and fresh."""
        known = self._known.get(location)
        if known is None or time.monotonic() >= known.fresh_until:
            return None
        self._count.hit()
        return known.item

    async def get(self, location: Location) -> Item:
        """Give the item; the same object as long as it does not change.

        Raises:
            SwathError: It cannot be read, or could not a moment ago.
        """
        if (kept := self.kept(location)) is not None:
            return kept
        self._count.miss()
        known = self._known.get(location)
        if (failure := self._failed.get(location)) is not None:
            raise copy(failure)
        return await self._flights.run(location, lambda: self._load(location, known))

    async def of_scene(self, scene: Scene) -> Item:
        """Give the item of a scene: as the search brought it, else from its own place.

        What a search brought is never taken for what is at the item's link: anybody can name anybody's link.

        Raises:
            SwathError: It cannot be read, or is no item with assets.
        """
        if scene.document is None:
            assert scene.location is not None  # only what was sent along lives nowhere, and that is kept
            return await self.get(scene.location)
        key = hashlib.blake2b(scene.document, digest_size=16).digest(), scene.location
        if (known := self._known.get(key)) is not None:
            self._count.hit()
            return known.item
        self._count.miss()
        item = parse_item(scene.document, scene.location)
        self._keep(key, KnownItem(item=item, etag=None, fresh_until=math.inf))
        return item

    def clear(self) -> None:
        """Forget all items."""
        self._known.clear()

    async def _load(self, location: Location, known: KnownItem | None) -> Item:
        try:
            item, etag = await self._read(location, known)
        except LASTING as failure:
            if self._failed.maxsize:
                self._failed[location] = copy(failure)  # without its traceback, which holds the document
            raise
        found = KnownItem(item=item, etag=etag, fresh_until=time.monotonic() + self._ttl_s)
        self._keep(location, found)
        return item

    def _keep(self, key: Hashable, found: KnownItem) -> None:
        if found.weight <= self._known.maxsize:
            self._known[key] = found

    async def _read(self, location: Location, known: KnownItem | None) -> tuple[Item, str | None]:
        etag = known.etag if known else None
        document = await self._store.document(location, etag=etag)
        if known and document.not_modified:
            return known.item, etag
        return parse_item(document.body, document.location), document.etag
