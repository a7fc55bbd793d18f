"""Values at a point."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import COMPAT, NUMBER_FORMAT, POINT, documented
from app.api.params import WGS84, parse_crs, parse_point, parse_selection
from app.api.query import Query
from app.api.responses import POINT_COLUMNS, csv_response, json_response, point_body, point_rows
from app.api.route import PlainRoute
from app.api.scenes import items_headers, require_whole
from app.model.request import DatasetKind, PointRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.point import read_point
from app.pipeline.searches import kept_search
from app.pipeline.series import point_series
from app.stac.search.account import Account

TOLD = ("values", "band_names", "band_descriptions")
"""Members that tell the values of a scene."""

router = APIRouter(tags=["Points"], route_class=PlainRoute)


@router.get("/{ds:dataset}/point/{point}", openapi_extra=documented(POINT))
async def point(request: Request, ds: DatasetKind, point: str) -> Response:
    """Values of the selected bands, or of the expression, at `lon,lat`, null where there is no data; or `f=csv`."""
    rt = runtime(request)
    query = query_of(request, ds, POINT)
    crs = parse_crs(query, "coord_crs") or WGS84
    x, y = parse_point(point, crs)
    req = PointRequest(
        dataset=dataset_ref(request, ds, query),
        selection=parse_selection(query),
        x=x,
        y=y,
        crs=crs,
    )
    if ds is DatasetKind.SEARCH:
        return await _of_scenes(request, query, req)
    nested = query.choice("compat", COMPAT.values) == "2020"
    table = query.choice("format", NUMBER_FORMAT.values) == "csv"
    async with allowance(rt, Cost.TILE):
        values = await read_point(rt, req)
    body = point_body(x, y, values.raster)
    if table:
        return csv_response(query, POINT_COLUMNS, point_rows(body), values.dataset, "point")
    return json_response(query, _nest(body, values.counts) if nested else body)


async def _of_scenes(request: Request, query: Query, req: PointRequest) -> Response:
    """The values of every scene of a search there, in its order, as TiTiler tells those of a mosaic's assets."""
    rt, account, mosaic = runtime(request), Account(), req.dataset.mosaic
    assert mosaic is not None
    search = mosaic.search or await kept_search(rt, mosaic.search_id)
    async with aclosing(point_series(rt, search, req, account, in_order=True)) as results:
        found = [(result.scene.id, point_body(req.x, req.y, result.value.raster)) async for result in results]
    require_whole(query, account, strict=rt.settings.strict)
    if query.choice("format", NUMBER_FORMAT.values) == "csv":
        rows = [(scene, *row) for scene, body in found for row in point_rows(body)]
        response = csv_response(query, ("scene", *POINT_COLUMNS), rows, f"search-{search.id[:12]}", "point")
    else:
        assets = [{"name": scene} | {name: body[name] for name in TOLD} for scene, body in found]
        response = json_response(query, {"coordinates": [req.x, req.y], "assets": assets})
    response.headers.update(items_headers(account))
    return response


def _nest(body: dict[str, Any], counts: Sequence[int]) -> dict[str, Any]:
    """TiTiler 0.1's shape: one list of values per asset."""
    values = iter(body["values"])
    return {"coordinates": body["coordinates"], "values": [list(islice(values, count)) for count in counts]}
