"""TileJSON: how a map client finds the tiles of a dataset."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.access import handed_on
from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import (
    MAXZOOM,
    MINZOOM,
    SCALE,
    TILE_FORMAT,
    TILE_SCALE,
    TILEJSON,
    TILEJSON_OF_SET,
    TMS,
    documented,
)
from app.api.origin import base_url
from app.api.params import FORMATS, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.api.tiles import WEB_MERCATOR, ZOOM_MAX, find_tms, read_tile_options
from app.model.grid import Frame
from app.model.request import DatasetKind, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.tilejson import Coverage, describe_coverage

router = APIRouter(tags=["TileJSON"], route_class=PlainRoute)

TODAYS_TILESIZE = 512
"""What TiTiler 2.x writes into the tile URL when no size is asked for; its old path had 256-pixel tiles."""

OWN = frozenset(name for p in (MINZOOM, MAXZOOM, TILE_FORMAT, TILE_SCALE, SCALE, TMS) for name in (p.name, *p.aliases))
"""Parameters of the TileJSON itself, not passed on to the tiles."""


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
    query = await with_render(request, ds, query)
    matrix_set = find_tms(tms)
    extension = query.choice("tile_format", tuple(FORMATS))
    options = read_tile_options(query, rt.settings, None, extension, scale_parameter=_scale_parameter(query))
    req = ImageRequest(
        dataset=dataset_ref(request, ds, query),
        selection=parse_selection(query),
        frame=Frame(width=1, height=1),
        style=parse_style(query),
        format=options.format,
    )
    low, high = zooms_asked(query)
    async with allowance(rt, Cost.TILE):
        coverage = await describe_coverage(rt, req, matrix_set)
    tiles = base_url(request) + _template(request, ds, tms, options.scale, extension, _tilesize(query, tilesize))
    return json_response(query, tilejson_body(coverage, tiles, low, high))


def _scale_parameter(query: Query) -> str:
    """``tile_scale``, else ``scale``, which tiles call it."""
    return "tile_scale" if query.text("tile_scale") else "scale"


def zooms_asked(query: Query) -> tuple[int | None, int | None]:
    """Read ``minzoom`` and ``maxzoom``, which take the place of those found in the data."""
    low, high = (query.integer(name, low=0, high=ZOOM_MAX) for name in ("minzoom", "maxzoom"))
    if low is not None and high is not None and low > high:
        raise query.fault("minzoom", low, f"is above maxzoom={high}")
    return low, high


def _tilesize(query: Query, default: int | None) -> int | None:
    """The size to add to the tile URL: today's default, unless the caller chose a size or a scale."""
    chosen = any(query.text(name) for name in ("tilesize", "tile_scale", "scale"))
    return None if chosen else default


def tilejson_body(coverage: Coverage, tiles: str, minzoom: int | None, maxzoom: int | None) -> dict[str, Any]:
    """TileJSON 3.0.0; zooms of the query take the place of those found in the data.

    Its bounds must not wrap around the antimeridian, so data across it get all longitudes, and the true center.
    """
    left, bottom, right, top = coverage.bounds_wgs84
    west, east = _unwrapped(left, right)
    low = coverage.minzoom if minzoom is None else minzoom
    high = coverage.maxzoom if maxzoom is None else maxzoom
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": coverage.name,
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [tiles],
        "minzoom": low,
        "maxzoom": max(low, high),
        "bounds": [west, bottom, east, top],
        "center": [_middle(left, right), (bottom + top) / 2, low],
    }
    # Map clients show the attribution as HTML, and the item that it comes from may be anybody's.
    return body | ({"attribution": html.escape(coverage.attribution)} if coverage.attribution else {})


def _unwrapped(left: float, right: float) -> tuple[float, float]:
    """Longitudes within -180..180: as they are but for half a pixel beyond, or all of them."""
    if left > right or left < -181 or right > 181:
        return -180.0, 180.0
    return max(left, -180.0), min(right, 180.0)


def _middle(left: float, right: float) -> float:
    """Longitude halfway; 178..-178 gives 180."""
    middle = (left + right) / 2 if left <= right else (left + right + 360) / 2
    return middle - 360 if middle > 180 else middle


def _template(
    request: Request, ds: DatasetKind, tms: str, scale: int, extension: str | None, tilesize: int | None
) -> str:
    """Path and query of the tiles, ``{z}``, ``{x}``, ``{y}`` left to fill; the caller's query goes along as written."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in OWN]
    pairs += [("tilesize", str(tilesize))] if tilesize else []
    pairs += [] if "empty" in request.query_params else [("empty", "blank")]
    path = f"/{ds}/tiles/{tms}/{{z}}/{{x}}/{{y}}@{scale}x{f'.{extension}' if extension else ''}"
    return f"{path}?{urlencode(handed_on(request, path, pairs))}"
