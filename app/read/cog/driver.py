"""The fast driver: blocks from the shared cache, pixels by one gather; everything else goes to the general driver."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cachetools import LRUCache

from app.cache.flight import together
from app.errors import OutOfBounds, UpstreamFailed
from app.model.grid import Grid
from app.model.location import RemoteLocation
from app.model.plan import Plan, PlannedRead, SamplePlan
from app.model.source import Header, Source
from app.net.ranges import Span
from app.net.source import stamp
from app.net.store import ByteStore
from app.read.cog.blocks import FAR, NEAR, BlockKey, Blocks
from app.read.cog.files import CogHeader, Files
from app.read.cog.geometry import Sampling, Untransformable, sample_grid, sample_point
from app.read.cog.layout import Layout, Level
from app.read.cog.pixels import Cover, blocks_under, decoded_bytes, needs_mask, raster_of
from app.read.reader import Piece, Reader, naming

GEOMETRY_BYTES = 64 * 2**20
"""Memory for samplings: that of a 256-pixel tile takes half a MiB."""

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

    async def headers(self, sources: Sequence[Source]) -> Sequence[Header]:
        """See ``Reader``."""
        return await self._files.headers(sources)

    async def info(self, source: Source) -> dict[str, Any]:
        """See ``Reader``."""
        return await self._general.info(source)

    async def read(self, plan: Plan) -> list[Piece]:
        """See ``Reader``."""
        wishes = [self._wish(read, plan) for read in plan.reads]
        return await self._grant(wishes, lambda number: self._general.read(replace(plan, reads=(plan.reads[number],))))

    async def sample(self, plan: SamplePlan) -> list[Piece]:
        """See ``Reader``."""
        wishes = [self._point_wish(read, xy, plan) for read, xy in zip(plan.reads, plan.places, strict=True)]
        return await self._grant(
            wishes, lambda number: self._general.sample(replace(plan, reads=(plan.reads[number],)))
        )

    async def _grant(
        self, wishes: Sequence[Wish | None], general: Callable[[int], Coroutine[Any, Any, list[Piece]]]
    ) -> list[Piece]:
        """Give a piece per wish: at once where its blocks are here, else all others at the same time."""
        pieces = [self._kept(wish) if wish else None for wish in wishes]
        missing = [number for number, piece in enumerate(pieces) if piece is None]

        async def load(number: int) -> Piece:
            wish = wishes[number]
            return await self._load(wish) if wish else (await general(number))[0]

        loaded = dict(zip(missing, await together(load(number) for number in missing), strict=True))
        return [loaded[number] if piece is None else piece for number, piece in enumerate(pieces)]

    def _wish(self, read: PlannedRead, plan: Plan) -> Wish | None:
        """What to gather for a read; None when the general driver has to do it."""
        header = read.header
        if not isinstance(header, CogHeader) or header.layout is None or not _is_plain(read, plan):
            return None
        try:
            sampling = self._sampling(header, read.overview, plan.grid)
        except Untransformable:
            return None
        level = 0 if read.overview is None else read.overview + 1
        if decoded_bytes(header.layout.levels[level], sampling) > DECODED_MAX:
            return None
        return Wish.of(header.layout, level, sampling, read, plan.grid)

    def _point_wish(self, read: PlannedRead, xy: tuple[float, float], plan: SamplePlan) -> Wish | None:
        header = read.header
        if not isinstance(header, CogHeader) or header.layout is None or read.source.unscale:
            return None
        sampling = sample_point(header, *xy)
        if sampling is None:
            raise OutOfBounds(f"The point {plan.x:g}, {plan.y:g} lies outside {read.source.name!r}.")
        return Wish.of(header.layout, 0, sampling, read, plan.grid)

    def _sampling(self, header: Header, overview: int | None, grid: Grid) -> Sampling:
        """Find the source pixels of the grid; assets that share a source grid share the result."""
        key = (grid, header.lattice, overview)
        sampling = self._samplings.get(key)
        if sampling is None:
            sampling = sample_grid(grid, header, overview)
            if sampling.weight <= self._samplings.maxsize:
                self._samplings[key] = sampling
        return sampling

    def _kept(self, wish: Wish) -> Piece | None:
        covers = [Cover(level, blocks) for level, keys in wish.windows if (blocks := self._blocks.kept(keys))]
        return wish.granted(covers) if len(covers) == len(wish.windows) else None

    async def _load(self, wish: Wish) -> Piece:
        """Load the pixels under a sampling and, where validity comes from it, the file's mask, at the same time."""
        return wish.granted(await together(self._cover(wish.read, level, keys) for level, keys in wish.windows))

    async def _cover(self, read: PlannedRead, level: Level, keys: Sequence[BlockKey]) -> Cover:
        source = read.source

        async def fetch(spans: Sequence[Span]) -> list[bytes]:
            opened = await self._store.open(source.location)
            try:
                if not read.header.version.startswith(stamp(opened, source.location)):
                    self._files.forget(source)
                    raise UpstreamFailed(f"{opened.name} changed while it was read; try again.")
                return await opened.ranges(spans)
            finally:
                opened.close()

        with naming(source):
            reach = FAR if isinstance(source.location, RemoteLocation) else NEAR
            return Cover(level, await self._blocks.get(level, keys, fetch, reach, source.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one read needs.

    Attributes:
        windows: Level and keys of the blocks of the pixels and, where validity comes from it, of the mask.
    """

    read: PlannedRead
    grid: Grid
    sampling: Sampling
    windows: tuple[tuple[Level, list[BlockKey]], ...]

    @classmethod
    def of(cls, layout: Layout, level: int, sampling: Sampling, read: PlannedRead, grid: Grid) -> Wish:
        """Wish for the pixels of a level."""
        numbered = [(level, layout.levels[level])]
        if layout.masks and needs_mask(read):
            numbered.append((len(layout.levels) + level, layout.masks[level]))
        windows = tuple((each, _keys(read.header.version, number, each, sampling)) for number, each in numbered)
        return cls(read=read, grid=grid, sampling=sampling, windows=windows)

    def granted(self, covers: Sequence[Cover]) -> Piece:
        """Make the piece, now that its blocks are here."""
        pixels, mask = covers[0], covers[1] if len(covers) > 1 else None
        return partial(raster_of, pixels, mask, self.sampling, self.read, self.grid)


def _keys(version: str, number: int, level: Level, sampling: Sampling) -> list[BlockKey]:
    rows, columns = blocks_under(level, sampling)
    return [BlockKey(version, number, row * level.across + column) for row in rows for column in columns]


def _is_plain(read: PlannedRead, plan: Plan) -> bool:
    """Whether nearest neighbour and nothing else is asked for."""
    return plan.resampling == plan.reproject == "nearest" and not plan.padding and not read.source.unscale
