"""Decoded blocks, shared by all requests: bounded in bytes, fetched and decoded once for equal wishes at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from cachetools import LRUCache

from app.errors import DeadlineExceeded, LimitExceeded, UpstreamUnusable
from app.limits.workers import Workers
from app.net.budget import current_budget
from app.net.ranges import Fetched, Span, coalesce
from app.observe.metrics import cache_count
from app.read.cog.decode import decode_block
from app.read.cog.layout import Block, Level


class BlockKey(NamedTuple):
    """A block of a version of a file; ``level`` counts the masks' levels behind those of the pixels."""

    version: str
    level: int
    block: int


Fetch = Callable[[Sequence[Span]], Awaitable[list[bytes]]]
"""Reads several ranges of the file, at once."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much more than what is wanted one range may fetch: the next view wants what lies beside this one.

    Attributes:
        gap: Bytes between two blocks up to which they are one range.
        level_bytes: A level of no more bytes is fetched whole.
        row_bytes: A row of blocks is asked for with those that follow on its right, up to so many bytes.
    """

    gap: int
    level_bytes: int
    row_bytes: int

    def asked(self, level: Level, wanted: Sequence[int]) -> Sequence[int]:
        """Numbers of the blocks to ask for, those that are wanted among them."""
        if level.stored_bytes <= self.level_bytes:
            return range(len(level.offsets))
        rows = groupby(sorted(wanted), key=lambda block: block // level.across)
        return [block for row, blocks in rows for block in self._row(level, row, list(blocks))]

    def _row(self, level: Level, row: int, wanted: list[int]) -> list[int]:
        """Blocks to ask for in one row, given those that are wanted."""
        length = sum(level.counts[block] for block in wanted)
        for block in range(wanted[-1] + 1, (row + 1) * level.across):
            length += level.counts[block]
            if length > self.row_bytes:
                break
            wanted.append(block)
        return wanted


NEAR = Reach(64, 0, 0)
"""Of a local file exactly the blocks that are wanted; GDAL writes 8 bytes between those that follow one another."""
FAR = Reach(2 * 2**20, 640 * 2**10, 512 * 2**10)
"""Of a remote one as much as costs less than another round trip; maps are moved and drawn from left to right."""

ONCE = Reach(512 * 2**10, 0, 0)
"""Of a remote one what lies between wanted blocks, and nothing behind them, where nobody moves on from: in a shape."""

SPARE_BYTES = 32 * 2**20
"""Memory for compressed blocks that came along with wanted ones."""

SLICE = 16
"""Blocks that are decoded in one go."""

Loaded = dict[BlockKey, Block]


@dataclass(slots=True, eq=False)
class Load:
    """Blocks on their way; given up when nobody waits for them any more."""

    task: asyncio.Task[Loaded]
    keys: Sequence[BlockKey]
    waiting: int = 0


class Blocks:
    """The block cache of a process; used from its event loop only.

    Args:
        max_bytes: Sum of the decoded blocks kept.
        workers: Where blocks are decoded.
    """

    def __init__(self, max_bytes: float, workers: Workers) -> None:
        self._kept: LRUCache[BlockKey, Block] = LRUCache(max_bytes, getsizeof=lambda block: block.nbytes)
        self._spare: LRUCache[BlockKey, bytes] = LRUCache(min(SPARE_BYTES, max_bytes), getsizeof=len)
        self._loading: dict[BlockKey, Load] = {}
        self._workers = workers
        self._count = cache_count("blocks", lambda: self._kept.currsize)

    def clear(self) -> None:
        """Keep nothing of what is here."""
        self._kept.clear()
        self._spare.clear()

    def kept(self, keys: Sequence[BlockKey]) -> list[Block] | None:
        """Give the blocks of ``keys`` if all of them are here."""
        blocks = []
        for key in keys:
            if (block := self._kept.get(key)) is None:
                return None
            blocks.append(block)
        self._count.hit(len(blocks))
        return blocks

    async def get(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, reach: Reach, name: str) -> list[Block]:
        """Give the blocks of ``keys``, all of one level, in their order.

        Args:
            reach: What is fetched along with them; it is kept for later.

        Raises:
            SwathError: A block cannot be fetched or decoded; nothing of it is kept.
        """
        found = {key: block for key in keys if (block := self._kept.get(key)) is not None}
        missing = [key for key in keys if key not in found]
        self._count.miss(len(missing))
        if found:
            self._count.hit(len(found))
        if missing:
            found |= await self._wait(level, missing, fetch, reach, name)
        return [found[key] for key in keys]

    async def _wait(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, reach: Reach, name: str) -> Loaded:
        """Wait for the loads under way, and start one for the rest; who leaves does not stop it for the others."""
        new = [key for key in keys if (load := self._loading.get(key)) is None or load.task.done()]
        own = self._start(level, new, fetch, reach, name)
        loads = {self._loading[key] for key in keys}
        for load in loads:
            load.waiting += 1
        loaded: Loaded = {}
        try:
            for load in loads:
                loaded |= await asyncio.shield(load.task)
        except (DeadlineExceeded, LimitExceeded):
            if load is own:
                raise
            # The time or the bytes of the one who asked first were used up, or he has left; ours are not.
            rest = [key for key in keys if key not in loaded]
            return loaded | await self._wait(level, rest, fetch, reach, name)
        finally:
            for load in loads:
                self._leave(load)
        return loaded

    def _start(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, reach: Reach, name: str) -> Load | None:
        """Start to load blocks that nobody loads yet."""
        if not keys:
            return None
        load = Load(asyncio.ensure_future(self._load(level, keys, fetch, reach, name)), keys)
        self._loading |= dict.fromkeys(keys, load)
        load.task.add_done_callback(lambda _: self._land(load))
        return load

    def _leave(self, load: Load) -> None:
        load.waiting -= 1
        if not load.waiting and not load.task.done():
            self._forget(load)  # at once: nobody else may begin to wait for what is being given up
            load.task.cancel()

    async def _load(self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, reach: Reach, name: str) -> Loaded:
        bodies = {key: body for key in keys if (body := self._spare.pop(key, None)) is not None}
        wanted = [key for key in keys if key not in bodies]
        if wanted:
            bodies |= await self._fetch(level, wanted, fetch, reach, name)
        decoded: Loaded = {}
        for start in range(0, len(keys), SLICE):  # between slices others have their turn, and time may be up
            if (budget := current_budget()) is not None:
                budget.check()
            some = keys[start : start + SLICE]
            blocks = await self._workers.run(_decode_all, level, [bodies[key] for key in some], name)
            decoded |= zip(some, blocks, strict=True)
        return decoded

    async def _fetch(
        self, level: Level, keys: Sequence[BlockKey], fetch: Fetch, reach: Reach, name: str
    ) -> dict[BlockKey, bytes]:
        """Fetch compressed blocks; others that came along become spare ones."""
        asked = reach.asked(level, [key.block for key in keys])
        merged = coalesce([_span(level, block) for block in asked], reach.gap)
        fetched = Fetched(merged, await fetch(merged))
        bodies = {key: fetched.pick(_span(level, key.block)) for key in keys}
        if any(len(body) < level.counts[key.block] for key, body in bodies.items()):
            raise UpstreamUnusable(f"{name} is cut off: it names blocks behind its end.")
        for block in range(min(asked), max(asked) + 1):
            key, body = keys[0]._replace(block=block), fetched.get(_span(level, block))
            if not body or len(body) < level.counts[block] or key in bodies or key in self._kept:
                continue
            if len(body) <= self._spare.maxsize:
                self._spare[key] = body
        return bodies

    def _land(self, load: Load) -> None:
        self._forget(load)
        if load.task.cancelled() or load.task.exception():
            return
        for key, block in load.task.result().items():
            if block.nbytes <= self._kept.maxsize:
                self._kept[key] = block

    def _forget(self, load: Load) -> None:
        for key in load.keys:
            if self._loading.get(key) is load:
                del self._loading[key]


def _span(level: Level, block: int) -> Span:
    return level.offsets[block], level.counts[block]


def _decode_all(level: Level, bodies: Sequence[bytes], name: str) -> list[Block]:
    return [decode_block(level, body, name) for body in bodies]
