"""The story of a TileJSON: it opens what its tiles will read, so that what it promises is there."""

from __future__ import annotations

from dataclasses import dataclass

from morecantile import TileMatrixSet

from app.access.rates import charge
from app.model.grid import Bounds
from app.model.request import ImageRequest
from app.pipeline.image import rehearse
from app.pipeline.lookup import choose, open_headers
from app.plan.bounds import union_wgs84
from app.plan.reads import plan_rehearsal
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
        SwathError: Whatever a tile of ``req`` would raise: unknown asset, band, expression that fits no band, a style
            or a format for other bands, an unreadable file.
    """
    choice = await choose(rt, req.dataset, req.selection)
    charge(len(choice.sources))
    headers = await open_headers(rt, choice.sources)
    rehearse(plan_rehearsal(choice, headers, req), req)
    low, high = zoom_range(headers, tms)
    return Coverage(
        name=choice.name,
        bounds_wgs84=choice.bounds_wgs84 or union_wgs84(headers),
        minzoom=low,
        maxzoom=high,
        attribution=choice.attribution,
    )
