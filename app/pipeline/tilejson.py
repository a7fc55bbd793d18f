"""The story of a TileJSON: where, and at which zooms, a map finds something to show."""

from __future__ import annotations

from dataclasses import dataclass

from morecantile import TileMatrixSet

from app.model.grid import Bounds
from app.model.request import ImageRequest
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
    """

    name: str
    bounds_wgs84: Bounds
    minzoom: int
    maxzoom: int
    attribution: str | None


async def describe_coverage(rt: Runtime, req: ImageRequest, tms: TileMatrixSet) -> Coverage:
    """Open every selected source, and tell where and at which zooms there is something to see.

    Raises:
        SwathError: As ``survey`` does.
    """
    seen = await survey(rt, req)
    low, high = zoom_range(seen.headers, tms)
    return Coverage(
        name=seen.name,
        bounds_wgs84=seen.bounds_wgs84,
        minzoom=low,
        maxzoom=high,
        attribution=seen.attribution,
    )
