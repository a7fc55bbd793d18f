"""What GDAL says of one file goes for all that are like it: a series of scenes asks it for few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cachetools import TTLCache

from app.net.budget import MIB
from app.read.cog.header import CogHeader
from app.read.cog.layout import Layout, Level
from app.read.cog.likeness import Blocks, Likeness

KINDS_BYTES = 4 * MIB
"""Of headers that others are made from, one for each kind of file."""


class Kin:
    """Headers by what makes files alike; used from one event loop only.

    Args:
        ttl_s: How long others are made from one.
    """

    def __init__(self, ttl_s: float) -> None:
        self._known: TTLCache[bytes, CogHeader] = TTLCache(KINDS_BYTES, ttl_s, getsizeof=lambda header: header.weight)

    def clear(self) -> None:
        """Keep nothing of what is here."""
        self._known.clear()

    def header(self, likeness: Likeness, version: str) -> CogHeader | None:
        """Make the header of a file from that of one like it; None where none is known.

        Args:
            version: Of the file itself.
        """
        known = self._known.get(likeness.digest)
        return None if known is None else _like(known, version, likeness)

    def keep(self, likeness: Likeness, version: str, header: CogHeader) -> None:
        """Make others from this header from now on, if it is as it would be made.

        A header of another version is not kept: the file has changed meanwhile, and a server that does so on purpose
        must not tell what the files of others are.
        """
        if header.version == version and _is_told(header, likeness) and header.weight <= KINDS_BYTES:
            self._known[likeness.digest] = header


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


def _like(known: CogHeader, version: str, likeness: Likeness) -> CogHeader:
    assert known.layout is not None
    levels, masks = known.layout.levels, known.layout.masks
    blocks = _in_order(likeness)
    layout = Layout(levels=_moved(levels, blocks[: len(levels)]), masks=_moved(masks, blocks[len(levels) :]))
    return replace(known, version=version, layout=layout)


def _in_order(likeness: Likeness) -> list[Blocks]:
    """In the order of a layout: masks behind the pixels."""
    return sorted(likeness.blocks, key=lambda blocks: blocks.is_mask)


def _moved(levels: Sequence[Level], blocks: Sequence[Blocks]) -> tuple[Level, ...]:
    return tuple(
        replace(level, offsets=each.offsets, counts=each.counts, stored_bytes=sum(each.counts))
        for level, each in zip(levels, blocks, strict=True)
    )
