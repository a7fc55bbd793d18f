"""An export of one raster: a grid of any size, drawn in squares that one answer may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.cache.name import name_of
from app.encode.channels import with_colors
from app.errors import LimitExceeded
from app.export.geotiff import Mosaic, pack, write_cog
from app.export.story import Body, Export
from app.model.grid import Frame, Grid
from app.model.plan import Plan, PlannedRead
from app.model.raster import Raster
from app.model.request import Format, ImageRequest
from app.net.budget import MIB
from app.pipeline.image import rehearsed, stylize
from app.pipeline.mosaic import rehearsed_of_scenes
from app.pipeline.piece import draw_piece, plan_whole
from app.plan.crs import without_crs
from app.runtime import Runtime

SIDES = (2048, 1024, 512)
"""Pixels a side of a square, whole blocks of the file; the largest that limits let through is taken."""
AT_ONCE = 2
"""Squares that are drawn at the same time: one is read while another is computed."""


async def export_of_raster(rt: Runtime, req: ImageRequest, compression: str) -> Export:
    """Cut the grid of a request into squares.

    Args:
        compression: ``deflate`` or ``zstd``.

    Raises:
        LimitExceeded: All pixels together are too many.
        UpstreamUnusable: The raster has no place on earth, of which a part could be asked for.
        SwathError: As ``plan_whole``.
    """
    req = replace(req, format=Format.TIFF)
    whole = await plan_whole(rt, req)
    plan = whole.plan
    if plan.shown.crs is None:
        raise without_crs()
    sample = await rt.workers.run(_sample, plan, req)
    mask = req.style.return_mask
    mosaic = Mosaic(grid=plan.shown, side=_side(rt, plan), sample=sample, return_mask=mask, compression=compression)
    _check(rt, mosaic)

    def use(raster: Raster) -> Body:
        return pack(with_colors(raster))

    async def draw(frame: Frame) -> Body | None:
        return await draw_piece(rt, replace(req, frame=frame), use)

    return Export(
        key=name_of("raster", whole.key, req.style.key, req.style.auto, mosaic.side, compression),
        count=mosaic.rows * mosaic.columns,
        pieces=lambda: _frames(mosaic),
        draw=draw,
        at_once=AT_ONCE,
        assemble=lambda work, path: write_cog(work, mosaic, path),
    )


def _sample(plan: Plan, req: ImageRequest) -> Raster:
    """Make one pixel of the bands that all squares have."""
    pixel = replace(plan, grid=_cut(plan.shown, 0, 0, 1, 1), inner=None)
    style = replace(req.style, rescale=((0.0, 1.0),), auto=None) if req.style.auto else req.style
    raster = rehearsed(pixel)
    if req.dataset.mosaic is not None:
        raster = rehearsed_of_scenes(raster, pixel, req)
    return with_colors(stylize(raster, pixel, replace(req, style=style)))


def _side(rt: Runtime, plan: Plan) -> int:
    """The largest square of which an answer may be made.

    Raises:
        LimitExceeded: Not even the smallest is allowed.
    """
    for side in SIDES[:-1]:
        try:
            rt.limits.check(_square(plan, side), Format.TIFF)
        except LimitExceeded:
            continue
        return side
    rt.limits.check(_square(plan, SIDES[-1]), Format.TIFF)
    return SIDES[-1]


def _square(plan: Plan, side: int) -> Plan:
    """The plan of a square, with its share of the pixels that are read."""
    whole = plan.shown
    width, height = min(side, whole.width), min(side, whole.height)
    share = width * height / (whole.width * whole.height)
    reads = tuple(_part(read, share) for read in plan.reads)
    masks = tuple(replace(mask, read=_part(mask.read, share)) for mask in plan.masks)
    return replace(plan, grid=_cut(whole, 0, 0, width, height), inner=None, reads=reads, masks=masks)


def _part(read: PlannedRead, share: float) -> PlannedRead:
    return replace(read, pixels=read.pixels * share)


def _check(rt: Runtime, mosaic: Mosaic) -> None:
    grid, data = mosaic.grid, mosaic.sample.data
    bands = len(data) + mosaic.return_mask
    megabytes, limit = grid.width * grid.height * bands * data.dtype.itemsize / MIB, rt.settings.export_max_mb
    if megabytes > limit:
        raise LimitExceeded(
            f"The raster would have {grid.width} x {grid.height} pixels of {bands} bands, {megabytes:.0f} MiB; "
            f"{limit:g} are exported at most (SWATH_EXPORT_MAX_MB). Give a smaller box, or max_size."
        )


def _frames(mosaic: Mosaic) -> Iterator[tuple[int, Frame]]:
    for number in range(mosaic.rows * mosaic.columns):
        window = mosaic.window(number)
        part = _cut(mosaic.grid, window.col_off, window.row_off, window.width, window.height)
        crs = part.crs
        yield number, Frame(bounds=part.bounds, bounds_crs=crs, crs=crs, width=part.width, height=part.height)


def _cut(grid: Grid, column: int, row: int, width: int, height: int) -> Grid:
    """Pixels of a grid, as a grid; edges of neighbours are the same numbers."""
    left, _, _, top = grid.bounds
    x_size, y_size = grid.resolution_xy
    right, bottom = left + (column + width) * x_size, top - (row + height) * y_size
    return Grid(
        crs=grid.crs,
        bounds=(left + column * x_size, bottom, right, top - row * y_size),
        width=width,
        height=height,
    )
