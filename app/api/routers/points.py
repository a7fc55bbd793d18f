"""Values at a point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import COMPAT, NUMBER_FORMAT, POINT, documented
from app.api.params import WGS84, parse_crs, parse_point, parse_selection
from app.api.responses import POINT_COLUMNS, csv_response, json_response, point_body, point_rows
from app.api.route import PlainRoute
from app.model.request import DatasetKind, PointRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.point import read_point

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
    nested = query.choice("compat", COMPAT.values) == "2020"
    table = query.choice("format", NUMBER_FORMAT.values) == "csv"
    async with allowance(rt, Cost.TILE):
        values = await read_point(rt, req)
    body = point_body(x, y, values.raster)
    if table:
        return csv_response(query, POINT_COLUMNS, point_rows(body), values.dataset, "point")
    return json_response(query, _nest(body, values.counts) if nested else body)


def _nest(body: dict[str, Any], counts: Sequence[int]) -> dict[str, Any]:
    """TiTiler 0.1's shape: one list of values per asset."""
    values = iter(body["values"])
    return {"coordinates": body["coordinates"], "values": [list(islice(values, count)) for count in counts]}
