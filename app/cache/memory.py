"""One cache in this process's memory."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TLRUCache

from app.cache.flight import SingleFlight
from app.observe.metrics import CacheName, cache_count

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class MemoryCache(Generic[K, V]):
    """Keeps values up to ``max_bytes`` together and ``ttl_s`` each; used from one event loop only.

    Args:
        max_bytes: Sum of the sizes kept; 0 keeps nothing (equal requests at the same moment still share one load).
        size_of: Size of a value in bytes.
        ttl_s: Lifetime of a value in seconds.
        largest_share: Of ``max_bytes`` that one value may take: a large one would drive all others out.
        name: In metrics and in the log.
    """

    def __init__(
        self,
        *,
        max_bytes: float,
        size_of: Callable[[V], int],
        ttl_s: float,
        largest_share: float = 1,
        name: CacheName = "answers",
    ) -> None:
        self._largest = max_bytes * largest_share
        self._values: TLRUCache[K, V] = TLRUCache(
            maxsize=max_bytes, ttu=lambda _key, _value, now: now + ttl_s, timer=time.monotonic, getsizeof=size_of
        )
        self._size_of = size_of
        self._flights: SingleFlight[K, V] = SingleFlight()
        self._count = cache_count(name, lambda: self._values.currsize)

    def kept(self, key: K) -> V | None:
        """Return the kept value, or None."""
        value = self._values.get(key)
        if value is None:
            self._count.miss()
        else:
            self._count.hit()
        return value

    def keep(self, key: K, value: V) -> None:
        """Keep a value, unless it is too large."""
        if self._size_of(value) <= self._largest:
            self._values[key] = value

    def forget(self, key: K) -> None:
        """Drop a value that is no longer true."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()

    async def get_or_load(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """Return the kept value, or wait for the load under way, or load it; a failure is kept by nobody."""
        kept = self._values.get(key)
        if kept is not None:
            return kept
        return await self._flights.run(key, lambda: self._load(key, load))

    async def _load(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        value = await load()
        self.keep(key, value)
        return value
