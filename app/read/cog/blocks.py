"""Decoded blocks, shared by all requests: bounded in bytes, fetched and decoded once for equal wishes at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from cachetools import LRUCache

from app.limits.workers import Workers
from app.net.ranges import Span
from app.read.cog.decode import Block, decode_block
from app.read.cog.layout import Level


class BlockKey(NamedTuple):
    """A block of a version of a file; ``level`` counts the masks' levels behind those of the pixels."""

    version: str
    level: int
    block: int


Fetch = Callable[[Sequence[Span]], Awaitable[list[bytes]]]
"""Reads several ranges of the file, at once."""

Loading = asyncio.Task[dict[BlockKey, Block]]


class Blocks:
    """The block cache of a process; used from its event loop only.

    Args:
        max_bytes: Sum of the decoded blocks kept.
        workers: Where blocks are decoded.
    """

    def __init__(self, max_bytes: float, workers: Workers) -> None:
        self._kept: LRUCache[BlockKey, Block] = LRUCache(max_bytes, getsizeof=lambda block: block.nbytes)
        self._loading: dict[BlockKey, Loading] = {}
        self._workers = workers

    async def get(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, name: str) -> list[Block]:
        """Give the blocks of ``keys``, all of one level, in their order.

        Raises:
            SwathError: A block cannot be fetched or decoded; nothing of it is kept.
        """
        found = {key: block for key in keys if (block := self._kept.get(key)) is not None}
        missing = [key for key in keys if key not in found]
        if missing:
            found |= await self._wait(level, missing, fetch, name)
        return [found[key] for key in keys]

    async def _wait(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, name: str) -> dict[BlockKey, Block]:
        """Wait for the loads under way, and start one for the rest; who leaves does not stop it for the others."""
        new = [key for key in keys if key not in self._loading]
        if new:
            task = asyncio.ensure_future(self._load(level, new, fetch, name))
            self._loading |= dict.fromkeys(new, task)
            task.add_done_callback(lambda done: self._land(new, done))
        loaded: dict[BlockKey, Block] = {}
        for load in {self._loading[key] for key in keys}:
            loaded |= await asyncio.shield(load)
        return loaded

    async def _load(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, name: str) -> dict[BlockKey, Block]:
        bodies = await fetch([(level.offsets[key.block], level.counts[key.block]) for key in keys])
        blocks = await self._workers.run(lambda: [decode_block(level, body, name) for body in bodies])
        return dict(zip(keys, blocks, strict=True))

    def _land(self, keys: Sequence[BlockKey], done: Loading) -> None:
        for key in keys:
            del self._loading[key]
        if done.cancelled() or done.exception():
            return
        for key, block in done.result().items():
            if block.nbytes <= self._kept.maxsize:
                self._kept[key] = block
