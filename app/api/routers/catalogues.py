"""What requests can name: tile matrix sets, colormaps and algorithms."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.algorithms import algorithm_body, find_algorithm
from app.api.dataset import own_query
from app.api.dialect import FORMAT, HEIGHT, ORIENTATION, STRICT, WIDTH, documented
from app.api.links import TILING_SCHEME
from app.api.matrix_sets import find_tms, matrix_sets
from app.api.missing import of_path
from app.api.origin import base_url
from app.api.params import parse_format
from app.api.query import Query
from app.api.responses import ignored, json_response
from app.compute.algorithms import ALGORITHMS
from app.model.request import ColormapTable, Format
from app.pipeline.ramp import draw_ramp
from app.style.colormap import named_colormap, names

router = APIRouter(tags=["Server"])

RAMP = (STRICT, FORMAT, ORIENTATION, WIDTH, HEIGHT)
LENGTH, THICKNESS, SIDE_MAX = 256, 20, 2048
"""Pixels of the picture of a colormap, as TiTiler draws it, and at most."""


@router.get("/tileMatrixSets")
async def tile_matrix_sets(request: Request) -> Response:
    """All tile matrix sets that `tms` may name."""
    base = base_url(request)
    listed = [_listed(base, "tileMatrixSets", name, TILING_SCHEME) for name in matrix_sets(request).names]
    return _json({"tileMatrixSets": listed, "links": [_link("self", f"{base}/tileMatrixSets")]})


@router.get("/tileMatrixSets/{tms}")
async def tile_matrix_set(request: Request, tms: str) -> Response:
    """One tile matrix set, as OGC 17-083r4 writes it."""
    return _json(of_path(partial(find_tms, request), tms).model_dump(exclude_none=True, mode="json"))


@router.get("/colorMaps")
async def colormaps(request: Request) -> Response:
    """All colormaps that `colormap_name` may name."""
    base = base_url(request)
    listed = [_listed(base, "colorMaps", name, "item") for name in names()]
    return _json({"colormaps": listed, "links": [_link("self", f"{base}/colorMaps")]})


@router.get("/colorMaps/{color_map}", openapi_extra=documented(RAMP))
async def colormap(request: Request, color_map: str) -> Response:
    """One colormap: value to red, green, blue, alpha; with `format=png` a picture of it."""
    query = own_query(request, RAMP)
    table = of_path(named_colormap, color_map)
    # "json" is what is answered without a format, and no format of pictures.
    format = None if query.text("format") == "json" else parse_format(query, None)
    return json_response(query, _written(table)) if format is None else _ramp(query, table, format)


@router.get("/algorithms")
async def algorithms(request: Request) -> Response:
    """All algorithms that `algorithm` may name."""
    base = base_url(request)
    listed = [_listed(base, "algorithms", name, "item") | {"title": kind.title} for name, kind in ALGORITHMS.items()]
    return _json({"algorithms": listed, "links": [_link("self", f"{base}/algorithms")]})


@router.get("/algorithms/{algorithm}")
async def algorithm(algorithm: str) -> Response:
    """One algorithm: what it takes and makes, and its parameters as JSON schemas."""
    return _json(algorithm_body(of_path(find_algorithm, algorithm)))


def _ramp(query: Query, table: ColormapTable, format: Format) -> Response:
    if not format.is_picture:
        raise query.fault("format", format, "is not a format of pictures; write json, png, jpg, webp or avif")
    vertical = query.choice("orientation", ORIENTATION.values) == "vertical"
    width = query.integer("width", low=1, high=SIDE_MAX) or (THICKNESS if vertical else LENGTH)
    height = query.integer("height", low=1, high=SIDE_MAX) or (LENGTH if vertical else THICKNESS)
    body = draw_ramp(table, width, height, format, vertical=vertical)
    return Response(body, headers={"Cache-Control": "no-cache", **ignored(query)}, media_type=format.media_type)


def _written(table: ColormapTable) -> Any:
    """The table in JSON types: the library's has numbers of numpy."""
    if isinstance(table, dict):
        return {str(value): [int(part) for part in color] for value, color in table.items()}
    return [[list(map(float, interval)), [int(part) for part in color]] for interval, color in table]


def _json(body: Any) -> Response:
    return JSONResponse(body, headers={"Cache-Control": "no-cache"})


def _listed(base: str, room: str, name: str, rel: str) -> dict[str, Any]:
    return {"id": name, "title": name, "links": [_link(rel, f"{base}/{room}/{name}", f"Definition of {name}")]}


def _link(rel: str, href: str, title: str | None = None) -> dict[str, str]:
    return {"rel": rel, "type": "application/json", "href": href} | ({"title": title} if title else {})
