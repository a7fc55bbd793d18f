"""The tilesets of a dataset, as OGC API Tiles tells of them: one for each tile matrix set that reaches the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from morecantile import TileMatrixSet

from app.api.access import handed_on
from app.api.dataset import query_of, runtime
from app.api.dialect import DOCUMENT, TILESET_LIST, TILESETS, documented
from app.api.layers import without_tiles
from app.api.links import TILESET, TILING_SCHEME, link
from app.api.matrix_sets import find_tms, matrix_sets
from app.api.origin import base_url
from app.api.renders import with_render
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.api.templates import EMPTY_BLANK, Pairs, own_pairs, survey_request, tile_template
from app.api.tiles import read_tile_options, zooms_asked
from app.model.request import DatasetKind, Format
from app.pipeline.allowance import Cost, allowance
from app.pipeline.survey import Survey
from app.pipeline.tilesets import WantedSet, describe_tilesets, find_sets
from app.plan.bounds import unwrapped
from app.plan.tiling import Tileset

router = APIRouter(tags=["Tilesets"], route_class=PlainRoute)

OGC_PLACES = "{tileMatrix}/{tileCol}/{tileRow}"
ITEM_FORMATS = (Format.PNG, Format.JPEG, Format.WEBP, Format.TIFF)
LIMITS = {"empty": "limits"}
"""What OGC API Tiles wants of a tile without data: 404 outside the limits, a blank picture within."""
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@router.get("/{ds:dataset}/tiles", openapi_extra=documented(TILESET_LIST))
async def tilesets(request: Request, ds: DatasetKind) -> Response:
    """Tilesets of the dataset: one for each tile matrix set in which it has a place."""
    rt, query = runtime(request), query_of(request, ds, TILESET_LIST)
    query.choice(DOCUMENT.name, DOCUMENT.values)
    sets = matrix_sets(request)
    known = [sets.find(name) for name in sets.names]
    async with allowance(rt, Cost.TILE):
        query = await with_render(request, ds, query)
        options = read_tile_options(query, rt.settings, None, None)
        seen, found = await find_sets(rt, survey_request(request, ds, query, options.format), known)
    entries = [_entry(request, ds, seen, each) for each in found]
    links = [link("self", _href(request, f"/{ds}/tiles"), "Tilesets of the dataset")]
    return json_response(query, {"tilesets": entries, "links": links})


@router.get("/{ds:dataset}/tiles/{tms}", openapi_extra=documented(TILESETS))
async def tileset(request: Request, ds: DatasetKind, tms: str) -> Response:
    """The tileset of one tile matrix set: bounding box, limits of rows and columns, and a template of its tiles."""
    rt, query = runtime(request), query_of(request, ds, TILESETS)
    query.choice(DOCUMENT.name, DOCUMENT.values)
    async with allowance(rt, Cost.TILE):
        query = await with_render(request, ds, query)
        matrix_set, options = find_tms(request, tms), read_tile_options(query, rt.settings, None, None)
        low, high = zooms_asked(query)
        wanted = WantedSet(tms=matrix_set, minzoom=low, maxzoom=high)
        seen, [found] = await describe_tilesets(rt, survey_request(request, ds, query, options.format), [wanted])
    if found is None:
        raise without_tiles(matrix_set)
    # Limits of zooms that were asked for here are not known to the tiles.
    empty = LIMITS if low is None and high is None else EMPTY_BLANK
    return json_response(query, _tileset(request, ds, seen, found, empty))


def _entry(request: Request, ds: DatasetKind, seen: Survey, tms: TileMatrixSet) -> dict[str, Any]:
    """What a list tells of a tileset."""
    about = f"Tileset {tms.id} of {seen.name}"
    href = _href(request, f"/{ds}/tiles/{tms.id}")
    links = [link("self", href, about), link(TILESET, href, about), _scheme(request, tms)]
    return _described(seen, tms) | {"links": links}


def _tileset(
    request: Request, ds: DatasetKind, seen: Survey, found: Tileset, empty: Mapping[str, str]
) -> dict[str, Any]:
    """All metadata of a tileset (OGC 17-083r4, clause 8)."""
    name = found.tms.id
    links = [link("self", _href(request, f"/{ds}/tiles/{name}"), f"Tileset {name} of {seen.name}")]
    links += [_item(request, ds, str(name), format, empty) for format in ITEM_FORMATS]
    tile = tile_template(request, ds, str(name), "", pairs=_without(request, DOCUMENT.name), more={})
    links += [
        {"rel": "tile", "href": tile, "title": "Tiles, for XYZ programs", "templated": True},
        _scheme(request, found.tms),
        link("alternate", _href(request, f"/{ds}/{name}/tilejson.json"), "The same as TileJSON"),
        link("alternate", _href(request, f"/{ds}/{name}/WMTSCapabilities.xml"), "As WMTS", "application/xml"),
        link("data", _href(request, f"/{ds}/{name}/map.html"), "On a map", "text/html"),
    ]
    limits = [
        {
            "tileMatrix": str(each.zoom),
            "minTileRow": each.min_row,
            "maxTileRow": each.max_row,
            "minTileCol": each.min_column,
            "maxTileCol": each.max_column,
        }
        for each in found.limits
    ]
    return _described(seen, found.tms) | {"links": links, "tileMatrixSetLimits": limits}


def _described(seen: Survey, tms: TileMatrixSet) -> dict[str, Any]:
    """What the list and the tileset have in common; the bounding box does not wrap around the antimeridian."""
    left, bottom, right, top = seen.bounds_wgs84
    west, east = unwrapped(left, right)
    set_body = tms.model_dump(include={"crs", "uri"}, exclude_none=True, mode="json")
    described: dict[str, Any] = {
        "title": f"{seen.name}, {tms.id}",
        "dataType": "map",
        "crs": set_body["crs"],
        "boundingBox": {"lowerLeft": [west, bottom], "upperRight": [east, top], "crs": CRS84},
    }
    uri = {"tileMatrixSetURI": set_body["uri"]} if "uri" in set_body else {}
    return described | uri | ({"attribution": seen.attribution} if seen.attribution else {})


def _item(request: Request, ds: DatasetKind, tms: str, format: Format, empty: Mapping[str, str]) -> dict[str, Any]:
    pairs = _without(request, "format", DOCUMENT.name)
    href = tile_template(request, ds, tms, f".{format}", places=OGC_PLACES, pairs=pairs, more=empty)
    return link("item", href, f"Tiles as {format}", format.media_type)


def _without(request: Request, *names: str) -> Pairs:
    return [(name, value) for name, value in own_pairs(request) if name not in names]


def _scheme(request: Request, tms: TileMatrixSet) -> dict[str, Any]:
    return link(TILING_SCHEME, f"{base_url(request)}/tileMatrixSets/{tms.id}", f"Definition of {tms.id}")


def _href(request: Request, path: str) -> str:
    """Absolute URL of another route of the same dataset, with the caller's query."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != DOCUMENT.name]
    pairs = handed_on(request, path, asked)
    return f"{base_url(request)}{path}" + (f"?{urlencode(pairs)}" if pairs else "")
