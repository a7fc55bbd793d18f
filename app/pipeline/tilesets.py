"""The story of tilesets: which tiles of which tile matrix sets have something to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from morecantile import Tile, TileMatrixSet

from app.errors import OutOfBounds, UpstreamUnusable
from app.model.request import ImageRequest
from app.pipeline.lookup import choose, open_headers
from app.pipeline.survey import Survey, survey
from app.plan.tiling import Tileset, fit_tileset, matrix_limits, reaches
from app.plan.zooms import zoom_range
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSet:
    """A tile matrix set, and zooms in place of those found in the data."""

    tms: TileMatrixSet
    minzoom: int | None = None
    maxzoom: int | None = None


async def describe_tilesets(
    rt: Runtime, req: ImageRequest, wanted: Sequence[WantedSet]
) -> tuple[Survey, list[Tileset | None]]:
    """Open every selected source, and cut each tile matrix set to the data; None for one that does not reach them.

    Raises:
        SwathError: As ``survey`` does.
    """
    seen = await survey(rt, req)
    return seen, await rt.patient.run(lambda: [_fit(seen, each) for each in wanted])


async def find_sets(
    rt: Runtime, req: ImageRequest, sets: Sequence[TileMatrixSet]
) -> tuple[Survey, list[TileMatrixSet]]:
    """Open every selected source, and find the tile matrix sets that reach the data.

    Raises:
        SwathError: As ``survey`` does.
    """
    seen = await survey(rt, req)
    return seen, await rt.patient.run(lambda: [each for each in sets if reaches(seen.headers, each)])


def _fit(seen: Survey, wanted: WantedSet) -> Tileset | None:
    """As ``fit_tileset``; a source that PROJ cannot bring into the set has no tile there."""
    try:
        return fit_tileset(seen.headers, wanted.tms, wanted.minzoom, wanted.maxzoom)
    except UpstreamUnusable:
        return None


async def require_within_limits(rt: Runtime, req: ImageRequest, tms: TileMatrixSet, tile: Tile) -> None:
    """See that a tile is one of those that the tileset tells of.

    Raises:
        OutOfBounds: It is not, whether or not there would be something to show.
    """
    choice = await choose(rt, req.dataset, req.selection)
    headers = await open_headers(rt, choice.sources)
    low, high = zoom_range(headers, tms)
    found = matrix_limits(headers, tms, tile.z, tile.z) if low <= tile.z <= high else ()
    if not any(each.holds(tile) for each in found):
        raise OutOfBounds(
            f"Tile {tile.z}/{tile.x}/{tile.y} of {tms.id} is outside the limits of the tileset; "
            f"its zooms are {low} to {high}, and tileMatrixSetLimits tells the rows and columns of each."
        )
