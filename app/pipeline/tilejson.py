"""The story of a TileJSON: where, and at which zooms, a map finds something to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from morecantile import TileMatrixSet

from app.model.grid import Bounds
from app.model.request import DatasetKind, ImageRequest
from app.model.source import Header
from app.pipeline.lookup import fetch_item
from app.pipeline.survey import survey
from app.plan.zooms import zoom_range
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a map client needs to know of a dataset before it asks for tiles.

    Attributes:
        bounds_wgs84: Longitude and latitude.
        minzoom: The zoom at which the whole dataset is about one tile.
        maxzoom: The zoom nearest to the finest source's resolution.
        renders: Ways to show an item, by name, as it writes them.
        raster: Of the one raster; None of an item.
    """

    name: str
    bounds_wgs84: Bounds
    minzoom: int
    maxzoom: int
    attribution: str | None
    renders: Mapping[str, Mapping[str, Any]]
    raster: Header | None


async def describe_coverage(rt: Runtime, req: ImageRequest, tms: TileMatrixSet) -> Coverage:
    """Open every selected source, and tell where and at which zooms there is something to see.

    Raises:
        SwathError: As ``survey`` does.
    """
    seen = await survey(rt, req)
    low, high = await rt.workers.run(zoom_range, seen.headers, tms)  # PROJ may take a tenth of a second
    item = await fetch_item(rt, req.dataset) if req.dataset.kind is not DatasetKind.COG else None
    return Coverage(
        name=seen.name,
        bounds_wgs84=seen.bounds_wgs84,
        minzoom=low,
        maxzoom=high,
        attribution=seen.attribution,
        renders=item.renders if item else {},
        raster=None if item else seen.headers[0],
    )
