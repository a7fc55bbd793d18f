"""What GDAL says of one file goes for all that are like it: a series of scenes asks it once for each kind of file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from cachetools import LRUCache

from app.read.cog.header import CogHeader
from app.read.cog.layout import Layout, Level
from app.read.cog.likeness import Blocks, Likeness

KINDS_MAX = 256
"""Kinds of files that are kept, of each the header of one: 64 KB at most, because its tables fit into a head."""
WAIT_MAX_S = 1.0
"""Longest wait for another file of the same kind, which may be on a server that never answers."""


class Kin:
    """Headers by what makes files alike; used from one event loop only."""

    def __init__(self) -> None:
        self._first: LRUCache[bytes, CogHeader] = LRUCache(KINDS_MAX)
        self._asking: dict[bytes, asyncio.Event] = {}

    def clear(self) -> None:
        """Keep nothing of what is here."""
        self._first.clear()

    async def header(self, likeness: Likeness, version: str, ask: Callable[[], Awaitable[CogHeader]]) -> CogHeader:
        """Make the header of a file from that of one like it; of the first one it is asked for, others wait for that.

        Args:
            version: Of the file itself. A header of another version is not kept: the file has changed meanwhile, and a
                server that does so on purpose must not tell what the files of others are.

        Raises:
            SwathError: What ``ask`` raises; who waited asks for himself then.
        """
        key = likeness.digest
        if (others := self._asking.get(key)) is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(WAIT_MAX_S):
                    await others.wait()
        if (first := self._first.get(key)) is not None:
            return _like(first, version, likeness)
        done = self._asking.setdefault(key, asyncio.Event())
        try:
            header = await ask()
        finally:
            done.set()
            self._asking.pop(key, None)
        if header.version == version and _is_told(header, likeness):
            self._first[key] = header
        return header


def _is_told(header: CogHeader, likeness: Likeness) -> bool:
    """Tell whether a header is what would be made of it for its own file: of others it can be made so, too."""
    if header.layout is None:
        return False
    levels = (*header.layout.levels, *header.layout.masks)
    told = _in_order(likeness)
    return len(levels) == len(told) and all(
        (level.offsets, level.counts) == (blocks.offsets, blocks.counts)
        for level, blocks in zip(levels, told, strict=True)
    )


def _like(first: CogHeader, version: str, likeness: Likeness) -> CogHeader:
    assert first.layout is not None
    levels, masks = first.layout.levels, first.layout.masks
    blocks = _in_order(likeness)
    layout = Layout(levels=_moved(levels, blocks[: len(levels)]), masks=_moved(masks, blocks[len(levels) :]))
    return replace(first, version=version, layout=layout)


def _in_order(likeness: Likeness) -> list[Blocks]:
    """In the order of a layout: masks behind the pixels."""
    return sorted(likeness.blocks, key=lambda blocks: blocks.is_mask)


def _moved(levels: Sequence[Level], blocks: Sequence[Blocks]) -> tuple[Level, ...]:
    return tuple(
        replace(level, offsets=each.offsets, counts=each.counts, stored_bytes=sum(each.counts))
        for level, each in zip(levels, blocks, strict=True)
    )
