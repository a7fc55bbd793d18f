"""A STAC item of a raster that has none."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.authoring import parse_item_request
from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import AUTHOR, documented
from app.api.geojson import GEOJSON
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.model.request import DatasetKind
from app.pipeline.allowance import Cost, allowance
from app.pipeline.authoring import author_item

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)


@router.get("/cog/stac", openapi_extra=documented(AUTHOR))
async def stac(request: Request) -> Response:
    """A STAC item whose one asset is the raster: outline, grid, bands and their statistics."""
    rt = runtime(request)
    query = query_of(request, DatasetKind.COG, AUTHOR)
    req = parse_item_request(query, dataset_ref(request, DatasetKind.COG, query))
    async with allowance(rt, Cost.CROP):
        body = await author_item(rt, req)
    return json_response(query, body, media_type=GEOJSON)
