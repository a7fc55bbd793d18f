"""The fast driver: blocks from the shared cache, pixels by one gather; everything else goes to the general driver."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cachetools import LRUCache

from app.errors import OutOfBounds
from app.model.grid import Grid
from app.model.location import RemoteLocation
from app.model.plan import Plan, PlannedRead, SamplePlan
from app.model.raster import Raster
from app.model.source import Header, Source
from app.net.ranges import Span
from app.net.store import ByteStore
from app.read.cog.blocks import BlockKey, Blocks
from app.read.cog.files import Files, KnownFile
from app.read.cog.geometry import Sampling, Untransformable, sample_grid, sample_point
from app.read.cog.layout import Level
from app.read.cog.pixels import Window, assemble, blocks_under, decoded_bytes, needs_mask, raster_of
from app.read.reader import Reader, naming

GEOMETRY_BYTES = 64 * 2**20
"""Memory for samplings: that of a 256-pixel tile takes half a MiB."""

REMOTE_GAP = 2 * 2**20
"""Blocks of a remote file this close are one request: that costs less than another round trip, and a map that is moved
wants what lies between them next."""

DECODED_MAX = 128 * 2**20
"""Pixels of more than so many bytes are not assembled in memory: GDAL reads them piece by piece."""


class CogReader:
    """Reads true COGs; for what it declines it asks ``general``.

    Args:
        store: Opens locations.
        general: The reference, for everything that is not nearest neighbour on a plain COG.
        files: Headers and layouts.
        blocks: Decoded blocks.
    """

    def __init__(self, store: ByteStore, general: Reader, files: Files, blocks: Blocks) -> None:
        self._store = store
        self._general = general
        self._files = files
        self._blocks = blocks
        self._samplings: LRUCache[Any, Sampling] = LRUCache(GEOMETRY_BYTES, getsizeof=lambda each: each.weight)

    async def headers(self, sources: Sequence[Source]) -> list[Header]:
        """See ``Reader``."""
        return [known.header for known in await asyncio.gather(*map(self._files.get, sources))]

    async def info(self, source: Source) -> dict[str, Any]:
        """See ``Reader``."""
        return await self._general.info(source)

    async def read(self, plan: Plan) -> list[Raster]:
        """See ``Reader``."""
        return list(await asyncio.gather(*(self._read(read, plan) for read in plan.reads)))

    async def sample(self, plan: SamplePlan) -> list[Raster]:
        """See ``Reader``."""
        return list(await asyncio.gather(*(self._sample(read, plan) for read in plan.reads)))

    async def _read(self, read: PlannedRead, plan: Plan) -> Raster:
        known = await self._files.get(read.source)
        if known.layout is not None and _is_plain(read, plan):
            try:
                sampling = self._sampling(known, read.overview, plan.grid)
            except Untransformable:
                pass
            else:
                level = 0 if read.overview is None else read.overview + 1
                if decoded_bytes(known.layout.levels[level], sampling) <= DECODED_MAX:
                    return raster_of(*await self._windows(known, read, level, sampling), sampling, read, plan.grid)
        [raster] = await self._general.read(replace(plan, reads=(read,)))
        return raster

    async def _sample(self, read: PlannedRead, plan: SamplePlan) -> Raster:
        known = await self._files.get(read.source)
        if known.layout is None or read.source.unscale:
            [values] = await self._general.sample(replace(plan, reads=(read,)))
            return values
        sampling = sample_point(known.header, plan.x, plan.y, plan.crs)
        if sampling is None:
            raise OutOfBounds(f"The point {plan.x:g}, {plan.y:g} lies outside {read.source.name!r}.")
        return raster_of(*await self._windows(known, read, 0, sampling), sampling, read, plan.grid)

    def _sampling(self, known: KnownFile, overview: int | None, grid: Grid) -> Sampling:
        """Find the source pixels of the grid; assets that share a source grid share the result."""
        header = known.header
        key = (grid, known.crs_wkt, header.transform, header.width, header.height, overview)
        sampling = self._samplings.get(key)
        if sampling is None:
            sampling = sample_grid(grid, header, overview)
            if sampling.weight <= self._samplings.maxsize:
                self._samplings[key] = sampling
        return sampling

    async def _windows(
        self, known: KnownFile, read: PlannedRead, level: int, sampling: Sampling
    ) -> tuple[Window, Window | None]:
        """Read the pixels under a sampling and, where validity comes from it, the file's mask, at the same time."""
        assert known.layout is not None
        wishes = [self._window(known, read.source, known.layout.levels, level, 0, sampling)]
        if known.layout.masks and needs_mask(read):
            wishes.append(
                self._window(known, read.source, known.layout.masks, level, len(known.layout.levels), sampling)
            )
        window, *mask = await asyncio.gather(*wishes)
        return window, mask[0] if mask else None

    async def _window(
        self, known: KnownFile, source: Source, levels: Sequence[Level], number: int, first: int, sampling: Sampling
    ) -> Window:
        level = levels[number]
        rows, columns = blocks_under(level, sampling)
        keys = [
            BlockKey(known.version, first + number, row * level.across + column) for row in rows for column in columns
        ]

        async def fetch(spans: Sequence[Span]) -> list[bytes]:
            opened = await self._store.open(source.location)
            try:
                return await opened.ranges(spans)
            finally:
                opened.close()

        with naming(source):
            gap = REMOTE_GAP if isinstance(source.location, RemoteLocation) else 0
            blocks = await self._blocks.get(level, keys, fetch, gap, source.name)
        return assemble(blocks, level, sampling)


def _is_plain(read: PlannedRead, plan: Plan) -> bool:
    """Whether nearest neighbour and nothing else is asked for."""
    return plan.resampling == plan.reproject == "nearest" and not plan.padding and not read.source.unscale
