"""Zoom levels between which tiles of a raster are worth asking for."""

from __future__ import annotations

from collections.abc import Sequence

from morecantile import TileMatrixSet
from rasterio.rio.overview import get_maximum_overview_level

from app.model.source import Header
from app.plan.resolution import native


def zoom_range(headers: Sequence[Header], tms: TileMatrixSet) -> tuple[int, int]:
    """Lowest and highest useful zoom over all sources, by rio-tiler's rule for each.

    The highest is the zoom nearest to the source's resolution; the lowest the one at which the whole source is about
    one tile of 256 pixels wide.
    """
    ranges = [_zooms(header, tms) for header in headers]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _zooms(header: Header, tms: TileMatrixSet) -> tuple[int, int]:
    whole = native(header, tms.rasterio_crs)
    resolution = max(whole.resolution_xy)
    levels = get_maximum_overview_level(whole.width, whole.height, minsize=tms.tileMatrices[0].tileWidth)
    lowest = max(0, tms.minzoom)  # some sets count zooms from below 0, which TileJSON does not know
    low, high = tms.zoom_for_res(resolution * 2**levels), tms.zoom_for_res(resolution)
    return max(lowest, int(low)), max(lowest, int(high))
