"""Which overview GDAL reads: predicted here, so that a plan knows its cost before a byte is fetched."""

from __future__ import annotations

from app.model.grid import Grid
from app.model.source import Header
from app.plan.resolution import native_resolution_xy

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
    wanted = _wanted_factor(grid, header)
    if wanted <= 1:
        return None
    limit = wanted * (OVERSAMPLING if resampling == "nearest" else 1.0) + EPSILON
    chosen, best = None, 0.0
    for index, (width, height) in enumerate(header.overviews):
        factor = min(header.width / width, header.height / height)
        if best < factor < limit:
            chosen, best = index, factor
    return chosen


def _wanted_factor(grid: Grid, header: Header) -> float:
    """Source pixels per output pixel, the smaller of both axes; rio-tiler rounds the source window to whole pixels."""
    if grid.crs is None or header.crs is None:
        return min(header.width / grid.width, header.height / grid.height)
    left, bottom, right, top = grid.bounds
    x_size, y_size = native_resolution_xy(header, grid.crs)
    columns = max(1, round((right - left) / x_size))
    rows = max(1, round(abs(top - bottom) / y_size))
    return min(columns / grid.width, rows / grid.height)
