"""The story of tilesets: which tiles of which tile matrix sets have something to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from morecantile import Tile, TileMatrixSet

from app.errors import OutOfBounds, UpstreamUnusable
from app.model.request import ImageRequest
from app.model.source import Header
from app.pipeline.lookup import choose, of_all_scenes, open_headers
from app.pipeline.survey import Survey, survey
from app.plan.tiling import Tileset, fit_tileset, reaches
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
    headers = await of_all_scenes(rt, req.dataset, await open_headers(rt, choice.sources))
    tileset = await _remembered(rt, headers, tms)
    if tileset is None:
        raise OutOfBounds(f"No tile of {tms.id} touches the data; /tiles tells the sets that do.")
    if not tileset.holds(tile):
        low, high = tileset.zooms
        raise OutOfBounds(
            f"Tile {tile.z}/{tile.x}/{tile.y} of {tms.id} is outside the limits of the tileset; "
            f"its zooms are {low} to {high}, and tileMatrixSetLimits tells the rows and columns of each."
        )


async def _remembered(rt: Runtime, headers: Sequence[Header], tms: TileMatrixSet) -> Tileset | None:
    """As ``fit_tileset``, found once for all tiles of the same sources.

    PROJ may take a tenth of a second. rasterio holds Python's lock in each call of it, so that the event loop has its
    turn between two calls only: it stands still for half of that time.
    """
    key = (str(tms.id), tuple(headers))
    if key not in rt.tilesets:
        rt.tilesets[key] = await rt.workers.run(fit_tileset, headers, tms)
    return rt.tilesets[key]
