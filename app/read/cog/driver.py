"""The fast driver: blocks from the shared cache, pixels by one gather; what it declines goes to the general driver."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from async_tiff.enums import Compression
from cachetools import LRUCache

from app.cache.flight import together
from app.errors import OutOfBounds, UpstreamFailed
from app.limits.workers import Workers
from app.model.grid import Grid
from app.model.location import RemoteLocation
from app.model.plan import Plan, PlannedRead, SamplePlan
from app.model.source import Header, Source
from app.net.ranges import Span
from app.net.source import stamp
from app.net.store import ByteStore
from app.observe.metrics import READS
from app.read.cog.blocks import FAR, NEAR, ONCE, Blocks, Reach
from app.read.cog.declined import Declined, Reason
from app.read.cog.files import Files
from app.read.cog.geometry import STRIP_PIXELS, Sampling, Untransformable, sample_grid, sample_point
from app.read.cog.header import CogHeader
from app.read.cog.layout import Layout
from app.read.cog.pixels import Cover
from app.read.cog.wish import Part, Wish
from app.read.reader import FAST, GENERAL, Explained, Inside, Look, Piece, Reader, naming

T = TypeVar("T")

GEOMETRY_BYTES = 64 * 2**20
"""Memory for samplings: that of a 256-pixel tile takes half a MiB."""

GEOMETRY_LARGEST = GEOMETRY_BYTES // 8
"""The sampling of a large crop would drive those of all tiles out."""

BLOCKS_MAX = 4096
"""Most blocks of one request."""

DECODED_MAX = 128 * 2**20
"""More decoded bytes than this are not held in memory for one request: GDAL reads them piece by piece."""


class CogReader:
    """Reads tiled GeoTIFFs, of which COGs are the best; for what it declines it asks ``general``.

    Args:
        store: Opens locations.
        general: The reference, for everything that is not a north-up tiled GeoTIFF.
        files: Headers and layouts.
        blocks: Decoded blocks.
        workers: Where the geometry of large grids is computed.
    """

    def __init__(self, store: ByteStore, general: Reader, files: Files, blocks: Blocks, workers: Workers) -> None:
        self._store = store
        self._general = general
        self._files = files
        self._blocks = blocks
        self._workers = workers
        self._samplings: LRUCache[Any, Sampling] = LRUCache(GEOMETRY_BYTES, getsizeof=lambda each: each.weight)

    def clear(self) -> None:
        """See ``Reader``."""
        self._files.clear()
        self._blocks.clear()
        self._samplings.clear()
        self._general.clear()

    def kept_headers(self, sources: Sequence[Source]) -> Sequence[Header] | None:
        """See ``Reader``."""
        return self._files.kept(sources)

    async def headers(self, sources: Sequence[Source]) -> Sequence[Header]:
        """See ``Reader``."""
        return await self._files.headers(sources)

    async def info(self, source: Source) -> dict[str, Any]:
        """See ``Reader``."""
        return await self._general.info(source)

    async def look(self, source: Source, ask: Look[T]) -> T:
        """See ``Reader``."""
        return await self._general.look(source, ask)

    async def read(self, plan: Plan) -> list[Piece]:
        """See ``Reader``."""
        wishes = await self._wishes(plan)
        return await self._grant(wishes, lambda number: self._general.read(replace(plan, reads=(plan.reads[number],))))

    async def sample(self, plan: SamplePlan) -> list[Piece]:
        """See ``Reader``."""
        wishes = modest([self._point_wish(read, xy, plan) for read, xy in zip(plan.reads, plan.places, strict=True)])

        def alone(number: int) -> SamplePlan:
            return replace(plan, reads=(plan.reads[number],), places=(plan.places[number],))

        return await self._grant(wishes, lambda number: self._general.sample(alone(number)))

    def inside(self, plan: Plan) -> Inside | None:
        """See ``Reader``."""
        if not plan.is_nearest:
            return None
        shape_yx = (plan.grid.height, plan.grid.width)
        found = np.zeros(shape_yx, np.bool_)
        for read in plan.reads:
            sampling = self._samplings.get((plan.grid, read.header.lattice, read.level_wh))
            if sampling is None:
                return None
            found |= np.ones(shape_yx, np.bool_) if sampling.inside is None else sampling.inside
        return found

    async def explain(self, plan: Plan) -> list[Explained]:
        """See ``Reader``."""
        return [
            Explained(driver=GENERAL, why=str(wish)) if isinstance(wish, Declined) else self._explain(wish)
            for wish in await self._wishes(plan)
        ]

    def _explain(self, wish: Wish) -> Explained:
        numbers = [(part, block) for part in wish.parts for block in part.pixels.numbers]
        return Explained(
            driver=FAST,
            blocks=len(numbers),
            stored_bytes=sum(part.level.counts[block] for part, block in numbers),
            decoded_bytes=wish.decoded_bytes,
            kept=self._kept(wish) is not None,
        )

    async def _grant(
        self, wishes: Sequence[Wish | Declined], general: Callable[[int], Coroutine[Any, Any, list[Piece]]]
    ) -> list[Piece]:
        """Give a piece per wish: at once where its blocks are here, else all others at the same time."""
        for wish in wishes:
            READS.labels(*((GENERAL, wish.reason) if isinstance(wish, Declined) else (FAST, ""))).inc()
        pieces = [None if isinstance(wish, Declined) else self._kept(wish) for wish in wishes]
        missing = [number for number, piece in enumerate(pieces) if piece is None]

        async def load(number: int) -> Piece:
            wish = wishes[number]
            return (await general(number))[0] if isinstance(wish, Declined) else await self._load(wish)

        loaded = dict(zip(missing, await together(load(number) for number in missing), strict=True))
        return [loaded[number] if piece is None else piece for number, piece in enumerate(pieces)]

    async def _wishes(self, plan: Plan) -> list[Wish | Declined]:
        samplings: dict[object, Sampling] = {}
        return modest([await self._wish(read, plan, samplings) for read in plan.reads])

    async def _wish(self, read: PlannedRead, plan: Plan, samplings: dict[object, Sampling]) -> Wish | Declined:
        """What to gather for a read, or why the general driver has to do it."""
        try:
            layout = layout_of(read)
            require_stored_overviews(layout, read, plan.grid)
            require_no_sums(plan)
            sampling = await self._sampling(read, plan.grid, samplings)
            return Wish.of(layout, 0 if read.overview is None else read.overview + 1, sampling, read, plan)
        except Declined as declined:
            return declined

    def _point_wish(self, read: PlannedRead, xy: tuple[float, float], plan: SamplePlan) -> Wish | Declined:
        try:
            layout = layout_of(read)
        except Declined as declined:
            return declined
        sampling = sample_point(read.header, *xy)
        if sampling is None:
            raise OutOfBounds(f"The point {plan.x:g}, {plan.y:g} lies outside {read.source.name!r}.")
        return Wish.of(layout, 0, sampling, read, plan)

    async def _sampling(self, read: PlannedRead, grid: Grid, samplings: dict[object, Sampling]) -> Sampling:
        """Find the source pixels of the grid; assets of one lattice share the result, however large it is."""
        key = (grid, read.header.lattice, read.level_wh)  # files of one lattice may have other overviews
        sampling = samplings.get(key) or self._samplings.get(key)
        if sampling is None:
            sampling = await self._sample(read, grid)
            if sampling.weight <= GEOMETRY_LARGEST:
                self._samplings[key] = sampling
        samplings[key] = sampling
        return sampling

    async def _sample(self, read: PlannedRead, grid: Grid) -> Sampling:
        try:
            if grid.width * grid.height <= STRIP_PIXELS:  # two or three ms
                return sample_grid(grid, read.header, read.overview)
            return await self._workers.run(sample_grid, grid, read.header, read.overview)
        except Untransformable as err:
            raise Declined("its projection bends too much under this grid", Reason.PROJECTION) from err

    def _kept(self, wish: Wish) -> Piece | None:
        covers = [Cover(part.pixels, blocks) for part in wish.parts if (blocks := self._blocks.kept(part.keys))]
        return wish.granted(covers) if len(covers) == len(wish.parts) else None

    async def _load(self, wish: Wish) -> Piece:
        """Load the pixels under a sampling and, where validity comes from it, the file's mask, at the same time."""
        return wish.granted(await together(self._cover(wish, part) for part in wish.parts))

    async def _cover(self, wish: Wish, part: Part) -> Cover:
        source = wish.read.source
        with naming(source):
            fetch = partial(self._fetch, wish.read)
            blocks = await self._blocks.get(part.level, part.keys, fetch, reach_of(wish), source.name)
            return Cover(part.pixels, blocks)

    async def _fetch(self, read: PlannedRead, spans: Sequence[Span]) -> list[bytes]:
        """Read ranges of the very version of the file that its header tells of."""
        opened = await self._store.open(read.source.location)
        try:
            if not read.header.version.startswith(stamp(opened, read.source.location)):
                self._files.forget(read.source)
                raise UpstreamFailed(f"{opened.name} changed while it was read; try again.")
            return await opened.ranges(spans)
        finally:
            opened.close()


def reach_of(wish: Wish) -> Reach:
    """How much more than the pixels wished for may be fetched along with them."""
    if not isinstance(wish.read.source.location, RemoteLocation):
        return NEAR
    return ONCE if isinstance(wish.plan, Plan) and wish.plan.shape is not None else FAR


def layout_of(read: PlannedRead) -> Layout:
    """Where the blocks of a read's file are; raises ``Declined`` where this driver does not read the file."""
    header = read.header
    if not isinstance(header, CogHeader) or header.layout is None:
        raise Declined(header.declined if isinstance(header, CogHeader) else "it was opened by the general driver")
    return header.layout


def require_stored_overviews(layout: Layout, read: PlannedRead, grid: Grid) -> None:
    """Raise ``Declined`` where GDAL makes overviews of JPEG blocks itself, as it does in the file's own CRS."""
    [full, *overviews] = layout.levels
    if full.compression is Compression.ModernJPEG and not overviews and grid.crs == read.header.crs:
        raise Declined("its JPEG blocks have overviews of their own", Reason.OVERVIEWS)


def require_no_sums(plan: Plan) -> None:
    """Raise ``Declined`` where parts of pixels are summed up: GDAL's shares of them hang on the whole file's size."""
    if plan.reproject == "sum":
        raise Declined("sums are of GDAL's shares of pixels", Reason.RESAMPLING)


def modest(wishes: Sequence[Wish | Declined]) -> list[Wish | Declined]:
    """Decline the wishes from the one on whose blocks, with those of all before it, are more than memory may hold."""
    granted: list[Wish | Declined] = []
    decoded_bytes = blocks = 0
    for wish in wishes:
        if not isinstance(wish, Declined):
            decoded_bytes += wish.decoded_bytes
            blocks += wish.blocks
        too_large = decoded_bytes > DECODED_MAX or blocks > BLOCKS_MAX
        granted.append(Declined("so many pixels are read piece by piece", Reason.SIZE) if too_large else wish)
    return granted
