"""The general driver: rio-tiler over a rasterio dataset whose bytes come through the guarded store.

It reads every GeoTIFF that GDAL reads, and is the reference for faster drivers.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.dtypes import complex_int16
from rasterio.enums import ColorInterp, Interleaving, Resampling
from rasterio.errors import CRSError, RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window
from rio_tiler.errors import PointOutsideBounds
from rio_tiler.io import Reader as RioReader
from rio_tiler.models import ImageData, PointData
from rio_tiler.utils import non_alpha_indexes

from app.cache.flight import together
from app.errors import LimitExceeded, OutOfBounds, SwathError, UpstreamUnusable
from app.model.grid import Bounds
from app.model.location import FileLocation, hosts_of
from app.model.plan import Plan, PlannedRead, SamplePlan
from app.model.raster import Raster
from app.model.source import Header, Source
from app.net.budget import MIB
from app.net.ranges import HEAD_BYTES
from app.net.source import BlockingSource, ByteSource, stamp
from app.net.store import ByteStore
from app.read.foreseen import Foreseen
from app.read.ifd import overview_sizes, require_modest_directories
from app.read.opacity import to_opacity
from app.read.opener import open_dataset
from app.read.reader import GENERAL, Explained, Look, Piece, naming, ready
from app.read.threads import GdalThreads

T = TypeVar("T")
Step = Callable[[RioReader, BlockingSource], T]
"""What is done with one open dataset, in a thread."""
Threads = Callable[[Callable[[], T]], Awaitable[T]]
"""Runs a call in one of some threads."""
WGS84 = CRS.from_epsg(4326)
COORDINATE_MAX = 1e12
COARSE_STEP = 16
"""Source pixels per output pixel, in the level that is read; overviews keep it below 3 until there are none left."""
BANDS_MAX = 1024
"""To ask rasterio what each band means takes time with the square of their number: for 4096 it was 15 s."""
BLOCK_BYTES_MAX = 64 * MIB
TRIES_MAX = 4
"""How often a file is read again with more of it in memory; a COG tells all of itself at once."""
_CRS_BY_TEXT: LRUCache[str, CRS] = LRUCache(256)
_CRS_LOCK = Lock()


class GdalReader:
    """Reads with GDAL's GTiff driver.

    Args:
        store: Opens locations; GDAL itself opens nothing.
        threads: Where GDAL runs.
        pixels_max: Rasters with more pixels are refused by their header.
    """

    def __init__(self, store: ByteStore, threads: GdalThreads, *, pixels_max: float) -> None:
        self._store = store
        self._threads = threads
        self._pixels_max = pixels_max
        self._summing = asyncio.Lock()
        """Sums take a hundred times the memory of their pixels: one plan after the other, of whatever request."""

    def clear(self) -> None:
        """Nothing is kept here."""

    def kept_headers(self, sources: Sequence[Source]) -> None:
        """Nothing is kept here."""

    async def headers(self, sources: Sequence[Source]) -> list[Header]:
        """Open each source and tell what it is."""
        return await together(self._look(source, partial(header_of, source=source)) for source in sources)

    async def read(self, plan: Plan) -> list[Piece]:
        """Read each planned source onto the plan's grid."""
        async with self._summing if plan.reproject == "sum" else nullcontext():
            return await self._read_all(plan.reads, read_grid, plan)

    async def sample(self, plan: SamplePlan) -> list[Piece]:
        """Read the pixel under a point of each planned source."""
        return await self._read_all(plan.reads, read_point, plan)

    def inside(self, plan: Plan) -> None:
        """See ``Reader``; GDAL does not tell."""

    async def explain(self, plan: Plan) -> list[Explained]:
        """Say that GDAL reads everything."""
        return [Explained(driver=GENERAL) for _ in plan.reads]

    async def info(self, source: Source) -> dict[str, Any]:
        """Describe a source as rio-tiler's ``Info`` does."""
        return await self._look(source, describe)

    async def look(self, source: Source, ask: Look[T]) -> T:
        """Ask a file about itself as it is; it need have no place on a map."""

        def once(opened: BlockingSource) -> T:
            require_modest_directories(opened)
            with open_dataset(opened) as dataset:
                _require_modest(dataset, source.name)
                return ask(dataset, opened)

        return await self._run(source, self._threads.look, once)

    async def _look(self, source: Source, step: Step[T]) -> T:
        """Do a step that reads no pixels."""
        return await self._run(source, self._threads.look, lambda file: self._examine(file, source, step))

    async def _read(self, source: Source, step: Step[T]) -> T:
        """Do a step that reads pixels."""
        return await self._run(source, self._threads.read, lambda file: self._step(file, source, step))

    async def _run(self, source: Source, threads: Threads[T], step: Callable[[BlockingSource], T]) -> T:
        """Do a step in a thread, again each time that more of the file has come; in the end it waits for it there."""
        async with self._open(source) as opened:
            if isinstance(source.location, FileLocation):
                return await threads(lambda: step(opened))
            foreseen = Foreseen(opened)
            for _ in range(TRIES_MAX):
                await foreseen.fetch()
                try:
                    return await threads(lambda: step(foreseen))
                except SwathError:
                    if not foreseen.lacks:
                        raise
                if foreseen.is_full:
                    break
            foreseen.waits = True
            return await self._threads.wait(hosts_of([source.location]), lambda: step(foreseen))

    async def _read_all(self, reads: Sequence[PlannedRead], step: Callable[..., Raster], plan: object) -> list[Piece]:
        steps = ((read.source, partial(step, read=read, plan=plan)) for read in reads)
        return [ready(raster) for raster in await together(self._read(*each) for each in steps)]

    @asynccontextmanager
    async def _open(self, source: Source) -> AsyncIterator[ByteSource]:
        """Open a file while inside; of an item's assets, the error says which one it is about."""
        with naming(source):
            opened = await self._store.open(source.location)
            try:
                yield opened
            finally:
                opened.close()

    def _examine(self, opened: BlockingSource, source: Source, step: Step[T]) -> T:
        """Run the first step on a file; those that read its pixels come later."""
        require_modest_directories(opened)
        return self._step(opened, source, step)

    def _step(self, opened: BlockingSource, source: Source, step: Step[T]) -> T:
        with open_dataset(opened) as dataset:
            _require_modest(dataset, source.name)
            pixels = dataset.width * dataset.height
            if pixels > self._pixels_max:
                raise LimitExceeded(
                    f"{source.name!r} has {pixels:.3g} pixels, {self._pixels_max:.3g} are read at most "
                    "(SWATH_SOURCE_PIXELS_MAX)."
                )
            if dataset.dtypes[0].startswith("complex"):
                raise UpstreamUnusable(f"{opened.name} holds complex numbers, which have no place on a map.")
            with upright(dataset) as north_up, RioReader(None, dataset=north_up) as rio:
                _require_place(rio, opened.name)
                try:
                    return step(rio, opened)
                except ValueError as error:
                    _require_statistics(dataset, opened.name, error)
                    raise


def _require_statistics(dataset: DatasetReader, name: str, cause: ValueError) -> None:
    """Refuse a file whose statistics are no numbers, which rio-tiler takes them for."""
    for index in range(1, dataset.count + 1):
        tags = dataset.tags(index)
        if "STATISTICS_MINIMUM" in tags and _statistics(tags) is None:
            raise UpstreamUnusable(f"{name} is broken: its statistics are not numbers.") from cause


@contextmanager
def upright(dataset: DatasetReader) -> Iterator[DatasetReader | WarpedVRT]:
    """Turn a raster whose rows go from south to north: windows of it cannot be read as they are."""
    if dataset.transform.e <= 0 or dataset.crs is None or dataset.gcps[0]:
        yield dataset
        return
    left, bottom, right, top = dataset.bounds
    transform = from_bounds(left, min(bottom, top), right, max(bottom, top), dataset.width, dataset.height)
    with WarpedVRT(dataset, transform=transform, width=dataset.width, height=dataset.height) as turned:
        yield turned


def _require_modest(dataset: DatasetReader, name: str) -> None:
    """Refuse what would take much memory or time before the first pixel: blocks are decoded whole, bands described."""
    if dataset.count > BANDS_MAX:
        raise UpstreamUnusable(f"{name!r} has {dataset.count} bands, {BANDS_MAX} are read at most.")
    if (block := block_bytes(dataset)) > BLOCK_BYTES_MAX:
        raise UpstreamUnusable(
            f"{name!r} has blocks of {block / MIB:.0f} MiB, {BLOCK_BYTES_MAX / MIB:.0f} MiB are decoded at most; "
            "a COG has blocks of 512 x 512 pixels."
        )


def block_bytes(dataset: DatasetReader) -> int:
    """Size of a decoded block, which holds all bands where they are interleaved by pixel."""
    rows, columns = dataset.block_shapes[0]
    bands = dataset.count if dataset.interleaving is Interleaving.pixel else 1
    dtype = dataset.dtypes[0]
    itemsize = 4 if dtype == complex_int16 else np.dtype(dtype).itemsize  # numpy has no such type
    return int(rows * columns * bands * itemsize)


def _require_place(rio: RioReader, name: str) -> None:
    """Refuse coordinates that no CRS has: GDAL unwinds a huge Web Mercator x by 360 degrees at a time, for ever."""
    if not all(abs(value) <= COORDINATE_MAX for value in rio.bounds):  # NaN is refused too
        raise UpstreamUnusable(f"{name} is broken: its corners lie beyond any coordinate system.")
    left, bottom, right, top = rio.bounds
    if left == right or bottom == top:
        raise UpstreamUnusable(f"{name} is broken: its pixels have no size.")


def header_of(rio: RioReader, opened: BlockingSource, *, source: Source) -> Header:
    """Collect what the open dataset tells about itself."""
    dataset: DatasetReader = rio.dataset
    indexes = tuple(non_alpha_indexes(dataset))
    return Header(
        version=version_of(opened.read(0, HEAD_BYTES), opened, source),
        lattice=f"{rio.crs.to_wkt() if rio.crs else ''} {tuple(dataset.transform)} {dataset.width} {dataset.height}",
        crs=interned(rio.crs),
        transform=dataset.transform,
        width=dataset.width,
        height=dataset.height,
        bounds=tuple(dataset.bounds),
        bounds_wgs84=bounds_wgs84(rio),
        overviews=tuple(overview_sizes(opened, dataset)),
        block_bytes=block_bytes(dataset),
        band_count=dataset.count,
        indexes=indexes,
        descriptions=tuple(dataset.descriptions[index - 1] or f"b{index}" for index in indexes),
        dtype=dataset.dtypes[0],
        colormap=rio.colormap or None,
        nodata=dataset.nodata,
        scales=tuple(dataset.scales),
        offsets=tuple(dataset.offsets),
        warped=isinstance(dataset, WarpedVRT),
        statistics=tuple(_statistics(dataset.tags(index)) for index in range(1, dataset.count + 1)),
    )


def version_of(head: bytes, opened: BlockingSource, source: Source) -> str:
    """Name the file and its version; by its first bytes too, because some servers tell no ETag.

    Args:
        head: The first ``HEAD_BYTES`` of the file.
    """
    digest = hashlib.blake2b(head, digest_size=12).hexdigest()
    return f"{stamp(opened, source.location)} {digest}"


def interned(crs: CRS | None) -> CRS | None:
    """One object for equal CRS: to find by PROJ that two of them are equal takes longer than to gather a tile."""
    if crs is None:
        return None
    with _CRS_LOCK:
        return _CRS_BY_TEXT.setdefault(crs.to_wkt(), crs)


def _statistics(tags: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        return float(tags["STATISTICS_MINIMUM"]), float(tags["STATISTICS_MAXIMUM"])
    except (KeyError, ValueError):
        return None


def bounds_wgs84(rio: RioReader) -> Bounds | None:
    """Bounds in longitude and latitude; the whole world where PROJ finds no end, None where there is no way."""
    if rio.crs is None or rio.crs == WGS84:
        return rio.get_geographic_bounds(WGS84) if rio.crs else None
    try:
        left, bottom, right, top = transform_bounds(rio.crs, WGS84, *rio.bounds, densify_pts=21)
    except (RasterioError, CRSError, CPLE_BaseError):
        return None
    finite = all(map(math.isfinite, (left, bottom, right, top)))
    return (left, bottom, right, top) if finite else (-180, -90, 180, 90)


def read_grid(rio: RioReader, opened: BlockingSource, *, read: PlannedRead, plan: Plan) -> Raster:
    """Read the planned bands of one source onto the grid."""
    if plan.whole or read.step <= COARSE_STEP or read.overview is None:
        return warp(rio, read, plan)
    with (
        open_dataset(opened, read.overview) as level,
        upright(level) as north_up,
        RioReader(None, dataset=north_up) as reduced,
    ):
        return warp(reduced, read, plan)


def warp(rio: RioReader, read: PlannedRead, plan: Plan) -> Raster:
    """Bring bands of an open dataset onto the grid, as rio-tiler does."""
    if plan.whole or read.step <= COARSE_STEP:
        return _warp(rio, read, plan)
    with on_grid(rio.dataset, read, plan) as warped, RioReader(None, dataset=warped) as coarse:
        return _warp(coarse, read, replace(plan, padding=0))


def on_grid(dataset: DatasetReader | WarpedVRT, read: PlannedRead, plan: Plan) -> WarpedVRT:
    """Warp straight to the pixels of the grid.

    rio-tiler warps to the source's own resolution and reads every n-th pixel of that. Where the source is a speck on
    the grid that is a raster of a million pixels a side, nearly all of it empty, whose blocks GDAL makes one by one: a
    tile of the whole world took 7 s for a file of 512 x 512 pixels, and more in projections that bend much.
    """
    grid = plan.grid
    nodata = dataset.nodata if read.source.nodata is None else read.source.nodata
    validity = {"add_alpha": ColorInterp.alpha not in dataset.colorinterp} if nodata is None else {"nodata": nodata}
    return WarpedVRT(
        dataset,
        src_nodata=nodata,
        crs=grid.crs,
        transform=from_bounds(*grid.bounds, grid.width, grid.height),
        width=grid.width,
        height=grid.height,
        resampling=Resampling[plan.reproject],
        **validity,
    )


def _warp(rio: RioReader, read: PlannedRead, plan: Plan) -> Raster:
    grid, source = plan.grid, read.source
    options: dict[str, Any] = {
        "indexes": read.indexes,
        "width": grid.width,
        "height": grid.height,
        "nodata": source.nodata,
        "resampling_method": plan.resampling,
        "reproject_method": plan.reproject,
    }
    if plan.whole:
        image = rio.read(**options)
    else:
        image = rio.part(grid.bounds, dst_crs=grid.crs, bounds_crs=grid.crs, padding=plan.padding, **options)
    if source.unscale:
        unscale(image, read)
    return to_raster(image, read, plan)


def unscale(image: ImageData | PointData, read: PlannedRead) -> None:
    """Apply scales and offsets to what was read; rio-tiler itself fails where there is an alpha band."""
    scales, offsets = map(np.array, read.scaling)
    values, shape = image.array.data.astype(np.float32), (-1, *[1] * (image.array.ndim - 1))
    np.multiply(values, scales.reshape(shape), out=values, casting="unsafe")
    np.add(values, offsets.reshape(shape), out=values, casting="unsafe")
    image.array = np.ma.MaskedArray(values, np.ma.getmaskarray(image.array))
    if isinstance(image, ImageData) and image.dataset_statistics:
        pairs = zip(image.dataset_statistics, scales, offsets, strict=True)
        image.dataset_statistics = [
            (low * scale + offset, high * scale + offset) for (low, high), scale, offset in pairs
        ]


def to_raster(image: ImageData, read: PlannedRead, plan: Plan) -> Raster:
    """Split rio-tiler's masked array into values (0 where invalid), a mask per band and the alpha of the source."""
    data = image.array.data
    mask = ~np.ma.getmaskarray(image.array) & _defined(data)
    alpha = None
    if image.alpha_mask is not None:
        alpha = to_opacity(image.alpha_mask)
        mask = np.broadcast_to(alpha > 0, data.shape) & _defined(data)
    return Raster(
        data=np.where(mask, data, np.zeros((), data.dtype)),
        mask=mask,
        grid=plan.grid,
        names=tuple(image.band_names),
        descriptions=read.descriptions,
        alpha=alpha,
        ranges=tuple(image.dataset_statistics) if image.dataset_statistics else None,
    )


def read_point(rio: RioReader, _opened: BlockingSource, *, read: PlannedRead, plan: SamplePlan) -> Raster:
    """Read the pixel under a point.

    Raises:
        OutOfBounds: The point lies outside the raster.
    """
    source = read.source
    options: dict[str, Any] = {"indexes": read.indexes, "nodata": source.nodata}
    try:
        point = rio.point(plan.x, plan.y, coord_crs=plan.crs, **options)
    except PointOutsideBounds as err:
        raise OutOfBounds(f"The point {plan.x:g}, {plan.y:g} lies outside {source.name!r}.") from err
    if source.unscale:
        unscale(point, read)
    data = point.array.data
    valid = _alpha_at(rio, point.pixel_location) if source.nodata is None else None
    if valid is None:
        valid = ~np.ma.getmaskarray(point.array)
    mask = np.broadcast_to(valid.ravel(), data.shape) & _defined(data)
    return Raster(
        data=np.where(mask, data, np.zeros((), data.dtype))[:, None, None],
        mask=mask[:, None, None],
        grid=plan.grid,
        names=tuple(point.band_names),
        descriptions=read.descriptions,
    )


def _alpha_at(rio: RioReader, column_row: tuple[float, float] | None) -> NDArray[np.bool_] | None:
    """Whether a pixel is not wholly transparent (rio-tiler's points count half as invalid); None without alpha."""
    dataset: DatasetReader = rio.dataset
    bands = [i for i, kind in enumerate(dataset.colorinterp, 1) if kind is ColorInterp.alpha]
    if not bands or column_row is None or dataset.nodata is not None:
        return None
    column, row = map(int, column_row)
    opaque: NDArray[np.bool_] = dataset.read(bands[-1], window=Window(column, row, 1, 1))[0] > 0
    return opaque


def describe(rio: RioReader, _opened: BlockingSource) -> dict[str, Any]:
    """Return rio-tiler's ``Info`` as JSON types, NaN written as text (JSON has none); ``crs`` is None without one."""
    rio.crs = rio.crs or CRS()  # rio-tiler asks it for its name
    info: dict[str, Any] = rio.info().model_dump(mode="json", exclude_none=True)
    return info | {"crs": info["crs"] or None}


def _defined(data: NDArray[Any]) -> NDArray[np.bool_]:
    """False where a float is NaN or infinite: real files have those without declaring them nodata."""
    return np.isfinite(data) if data.dtype.kind == "f" else np.ones(data.shape, dtype=bool)
