"""Which overview GDAL reads: predicted here, so that a plan knows its cost before a byte is fetched."""

from __future__ import annotations

from app.model.grid import Grid
from app.model.source import Header
from app.plan.resolution import native

OVERSAMPLING = 1.2
"""For nearest, GDAL takes an overview up to 1.2 times coarser than asked (``GDALBandGetBestOverviewLevel2``)."""

EPSILON = 0.1
"""Slack of the same rule, against rounding of overview sizes."""


def pick_overview(grid: Grid, header: Header, resampling: str) -> int | None:
    """Predict which overview GDAL reads for ``grid``.

    The coarsest overview whose factor is below ``1.2 x wanted + 0.1`` for nearest (``wanted + 0.1`` for the others),
    where *wanted* is how many source pixels one output pixel covers, in the output's CRS. 40 m wanted of a 10 m source
    with overviews of 20, 40 and 80 m reads the 40 m one; 15 m wanted reads the full resolution: 2 > 1.2 x 1.5 + 0.1.

    Returns:
        Index into ``header.overviews``, or None for the full resolution.
    """
    columns, rows = _native_size(grid, header)
    wanted = min(columns / grid.width, rows / grid.height)
    if wanted <= 1:
        return None
    # A source that is not warped has its overviews as stored; a warped one has them in its own size, rounded.
    full = (header.width, header.height) if grid.crs == header.crs else (columns, rows)
    limit = wanted * (OVERSAMPLING if resampling == "nearest" else 1.0) + EPSILON
    chosen, best = None, 0.0
    for index, (width, height) in enumerate(header.overviews):
        factor = min(_factor(full[0], header.width, width), _factor(full[1], header.height, height))
        if best < factor < limit:
            chosen, best = index, factor
    return chosen


def _factor(native: int, full: int, reduced: int) -> float:
    """How much smaller an overview of the warped source is: GDAL rounds its size to whole pixels."""
    return native / max(1, int(0.5 + native * reduced / full))


def _native_size(grid: Grid, header: Header) -> tuple[int, int]:
    """Columns and rows of the grid at the source's own resolution, in whole pixels as rio-tiler warps it."""
    if grid.crs is None:
        return header.width, header.height
    left, bottom, right, top = grid.bounds
    x_size, y_size = native(header, grid.crs).resolution_xy
    return max(1, round((right - left) / x_size)), max(1, round(abs(top - bottom) / y_size))


def count_pixels(grid: Grid, header: Header, overview: int | None) -> float:
    """Pixels of the level that lie under the grid: what is decoded for it, at least."""
    width, height = header.level_wh(overview)
    columns, rows = _native_size(grid, header)
    return min(columns * width / header.width, width) * min(rows * height / header.height, height)


def pixel_step(grid: Grid, header: Header, overview: int | None) -> float:
    """Pixels of the level per output pixel, along the way where there are more of them."""
    width, height = header.level_wh(overview)
    columns, rows = _native_size(grid, header)
    return max(columns * width / header.width / grid.width, rows * height / header.height / grid.height)
