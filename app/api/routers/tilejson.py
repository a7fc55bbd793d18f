"""TileJSON: how a map client finds the tiles of a dataset."""

from __future__ import annotations

import html
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import query_of, runtime
from app.api.dialect import (
    TILEJSON,
    TILEJSON_OF_SET,
    documented,
)
from app.api.matrix_sets import WEB_MERCATOR, find_tms
from app.api.params import FORMATS
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.api.templates import EMPTY_BLANK, survey_request, tile_template
from app.api.tiles import read_tile_options, zooms_asked
from app.model.request import DatasetKind
from app.model.source import Header
from app.pipeline.allowance import Cost, allowance
from app.pipeline.tilejson import Coverage, describe_coverage
from app.plan.bounds import on_the_globe

router = APIRouter(tags=["TileJSON"], route_class=PlainRoute)

TODAYS_TILESIZE = 512
"""What TiTiler 2.x writes into the tile URL when no size is asked for; its old path had 256-pixel tiles."""


@router.get("/{ds:dataset}/tilejson.json", openapi_extra=documented(TILEJSON))
async def tilejson(request: Request, ds: DatasetKind) -> Response:
    """TileJSON 3.0.0 with tiles of 256 pixels; it opens what the tiles will read."""
    query = query_of(request, ds, TILEJSON)
    return await answer_tilejson(request, ds, query, query.text("tms") or WEB_MERCATOR, tilesize=None)


@router.get("/{ds:dataset}/{tms}/tilejson.json", openapi_extra=documented(TILEJSON_OF_SET))
async def tilejson_of_matrix_set(request: Request, ds: DatasetKind, tms: str) -> Response:
    """The same in the tile matrix set `tms`, with tiles of 512 pixels unless `tilesize` is given."""
    query = query_of(request, ds, TILEJSON_OF_SET)
    return await answer_tilejson(request, ds, query, tms, tilesize=TODAYS_TILESIZE)


async def answer_tilejson(
    request: Request, ds: DatasetKind, query: Query, tms: str, *, tilesize: int | None
) -> Response:
    """Describe the dataset, and write the URL of its tiles; what a tile would refuse is refused here."""
    rt = runtime(request)
    async with allowance(rt, Cost.TILE):
        query = await with_render(request, ds, query)
        matrix_set = find_tms(request, tms)
        extension = query.choice("tile_format", tuple(FORMATS))
        options = read_tile_options(query, rt.settings, None, extension, scale_parameter=_scale_parameter(query))
        req = survey_request(request, ds, query, options.format)
        low, high = zooms_asked(query)
        coverage = await describe_coverage(rt, req, matrix_set)
    size = _tilesize(query, tilesize)
    more = {"tilesize": str(size), **EMPTY_BLANK} if size else EMPTY_BLANK
    ending = f"@{options.scale}x{f'.{extension}' if extension else ''}"
    tiles = tile_template(request, ds, tms, ending, more=more)
    return json_response(query, tilejson_body(coverage, tiles, low, high))


def _scale_parameter(query: Query) -> str:
    """``tile_scale``, else ``scale``, which tiles call it."""
    return "tile_scale" if query.text("tile_scale") else "scale"


def _tilesize(query: Query, default: int | None) -> int | None:
    """The size to add to the tile URL: today's default, unless the caller chose a size or a scale."""
    chosen = any(query.text(name) for name in ("tilesize", "tile_scale", "scale"))
    return None if chosen else default


def tilejson_body(coverage: Coverage, tiles: str, minzoom: int | None, maxzoom: int | None) -> dict[str, Any]:
    """TileJSON 3.0.0; zooms of the query take the place of those found in the data.

    Its bounds must not wrap around the antimeridian, so data across it get all longitudes, and the true center.
    """
    left, _, right, _ = coverage.bounds_wgs84
    west, south, east, north = on_the_globe(coverage.bounds_wgs84)
    low = coverage.minzoom if minzoom is None else minzoom
    high = coverage.maxzoom if maxzoom is None else maxzoom
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": coverage.name,
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [tiles],
        "vector_layers": [],  # the text of TileJSON asks for them of vector tiles only, its schema of all
        "minzoom": low,
        "maxzoom": max(low, high),
        "bounds": [west, south, east, north],
        "center": [_middle(left, right), (south + north) / 2, low],
        "raster_layers": coverage.renders,
    }
    if coverage.raster:
        body |= _bands(coverage.raster)
    # Map clients show the attribution as HTML, and the item that it comes from may be anybody's.
    return body | ({"attribution": html.escape(coverage.attribution)} if coverage.attribution else {})


def _bands(raster: Header) -> dict[str, Any]:
    """What TiTiler adds to TileJSON of a raster, for pages that offer its bands."""
    names = [f"b{index}" for index in range(1, raster.band_count + 1)]
    described = [[name, raster.describe(index)] for index, name in enumerate(names, 1)]
    ranges = [each for each in raster.statistics if each]
    body: dict[str, Any] = {"band_descriptions": described, "data_type": raster.dtype}
    return body | ({"minmax": ranges} if ranges else {})


def _middle(left: float, right: float) -> float:
    """Longitude halfway; 178..-178 gives 180."""
    middle = (left + right) / 2 if left <= right else (left + right + 360) / 2
    return middle - 360 if middle > 180 else middle
