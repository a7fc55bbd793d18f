"""An export of tiles: which ones, in which order, and what the archive says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from morecantile import Tile
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from app.cache.name import name_of
from app.encode.encode import encode
from app.errors import LimitExceeded, OutOfBounds
from app.export.story import Body, Export
from app.export.work import WorkFile
from app.model.grid import Bounds, Frame
from app.model.raster import Raster
from app.model.request import Format, ImageRequest
from app.pipeline.piece import draw_piece, plan_whole
from app.pipeline.survey import Survey
from app.pipeline.tilesets import WantedSet, describe_tilesets
from app.plan.bounds import center_wgs84, on_the_globe
from app.plan.tiling import WGS84, MatrixLimits, Tileset, within
from app.runtime import Runtime

AT_ONCE = 16
"""Tiles that are drawn at the same time, most of which wait for bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an archive of tiles says of itself.

    Attributes:
        bounds_wgs84: Of what it shows, within -180..180 and -90..90.
        center_wgs84: Longitude and latitude.
    """

    name: str
    bounds_wgs84: Bounds
    center_wgs84: tuple[float, float]
    minzoom: int
    maxzoom: int
    format: Format
    attribution: str | None

    @property
    def role(self) -> str:
        """How a map takes it: what has no transparency covers all that is below."""
        return "baselayer" if self.format is Format.JPEG else "overlay"


Assemble = Callable[[WorkFile, About, Path], None]
FrameOf = Callable[[Tile], Frame]


async def export_of_tiles(
    rt: Runtime,
    req: ImageRequest,
    wanted: WantedSet,
    *,
    bounds_wgs84: Bounds | None,
    frame_of: FrameOf,
    assemble: Assemble,
) -> Export:
    """Find the tiles of a box, or of the whole dataset.

    Args:
        req: Has a format; its frame takes up the whole dataset.
        frame_of: Where a tile lies.
        assemble: Writes an archive of the bodies of tiles, whose numbers are those of PMTiles.

    Raises:
        OutOfBounds: No tile touches the data within the box.
        LimitExceeded: There are too many.
    """
    format = req.format
    assert format is not None
    seen, [found] = await describe_tilesets(rt, req, [wanted])
    tileset = within(found, bounds_wgs84, WGS84) if found and bounds_wgs84 else found
    if tileset is None:
        raise _without_tiles(seen)
    count = _count(rt, tileset)
    about = _about(seen, tileset, bounds_wgs84, format)
    whole = await plan_whole(rt, req)

    def use(raster: Raster) -> Body:
        return encode(raster, format, return_mask=req.style.return_mask)

    async def draw(frame: Frame) -> Body | None:
        return await draw_piece(rt, replace(req, frame=frame), use)

    first = frame_of(next(_tiles(tileset))[1])
    return Export(
        key=name_of("tiles", about, tileset.limits, first, whole.key, req.style.key, req.style.auto),
        count=count,
        pieces=lambda: ((number, frame_of(tile)) for number, tile in _tiles(tileset)),
        draw=draw,
        at_once=AT_ONCE,
        assemble=lambda work, path: assemble(work, about, path),
    )


def _without_tiles(seen: Survey) -> OutOfBounds:
    left, bottom, right, top = seen.bounds_wgs84
    return OutOfBounds(
        f"Nothing to export: no tile of these zooms touches the data there, which cover longitude {left:.6g} to "
        f"{right:.6g}, latitude {bottom:.6g} to {top:.6g}."
    )


def _count(rt: Runtime, tileset: Tileset) -> int:
    count, limit = sum(limits.count for limits in tileset.limits), rt.settings.export_tiles_max
    if count > limit:
        raise LimitExceeded(
            f"Zooms {tileset.zooms[0]} to {tileset.zooms[1]} have {count} tiles here, {limit} are exported at most "
            "(SWATH_EXPORT_TILES_MAX). Give a smaller box, or a lower highest zoom."
        )
    return count


def _about(seen: Survey, tileset: Tileset, asked: Bounds | None, format: Format) -> About:
    bounds = on_the_globe(seen.bounds_wgs84)
    if asked is not None:
        west, south, east, north = on_the_globe(asked)
        bounds = (max(bounds[0], west), max(bounds[1], south), min(bounds[2], east), min(bounds[3], north))
    low, high = tileset.zooms
    return About(
        name=seen.name,
        bounds_wgs84=bounds,
        center_wgs84=center_wgs84(bounds),
        minzoom=low,
        maxzoom=high,
        format=format,
        attribution=seen.attribution,
    )


def _tiles(tileset: Tileset) -> Iterator[tuple[int, Tile]]:
    """Numbers of PMTiles and tiles, along the Hilbert curve of each zoom: neighbours read the same blocks."""
    for limits in tileset.limits:
        for number in sorted(_numbers(limits)):
            z, x, y = tileid_to_zxy(number)
            yield number, Tile(x, y, z)


def _numbers(limits: MatrixLimits) -> Iterator[int]:
    for y in range(limits.min_row, limits.max_row + 1):
        for x in range(limits.min_column, limits.max_column + 1):
            yield zxy_to_tileid(limits.zoom, x, y)
