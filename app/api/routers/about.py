"""What a dataset is: info, bounds, assets, whether it is a COG."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import DATASET, INFO, SEARCH, SEARCH_ID, VALIDATE, documented
from app.api.geojson import GEOJSON
from app.api.params import parse_selection
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.model.request import DatasetKind
from app.pipeline.about import describe, describe_place, find_bounds, list_assets
from app.pipeline.allowance import Cost, allowance
from app.pipeline.validation import validate
from app.plan.footprint import polygon

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)


@router.get("/{ds:dataset}/info", openapi_extra=documented(INFO))
async def info(request: Request, ds: DatasetKind) -> Response:
    """CRS, size, bands, nodata, overviews: of the raster, or of each asset asked for (of all, when none is)."""
    rt = runtime(request)
    query = query_of(request, ds, INFO)
    async with allowance(rt, Cost.TILE):
        body = await describe(rt, dataset_ref(request, ds, query), parse_selection(query))
    return json_response(query, body)


@router.get("/{ds:dataset}/info.geojson", openapi_extra=documented(INFO))
async def info_geojson(request: Request, ds: DatasetKind) -> Response:
    """The same as the properties of a GeoJSON Feature, whose geometry is the box around the data."""
    rt = runtime(request)
    query = query_of(request, ds, INFO)
    async with allowance(rt, Cost.TILE):
        bounds, body = await describe_place(rt, dataset_ref(request, ds, query), parse_selection(query))
    feature = {"type": "Feature", "bbox": list(bounds), "geometry": polygon(bounds), "properties": body}
    return json_response(query, feature, media_type=GEOJSON)


@router.get("/{ds:dataset}/bounds", openapi_extra=documented(DATASET))
async def bounds(request: Request, ds: DatasetKind) -> Response:
    """Bounds in longitude and latitude."""
    rt = runtime(request)
    query = query_of(request, ds, DATASET)
    async with allowance(rt, Cost.TILE):
        found = await find_bounds(rt, dataset_ref(request, ds, query))
    return json_response(query, {"bounds": list(found), "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"})


@router.get("/stac/assets", openapi_extra=documented(DATASET))
async def assets(request: Request) -> Response:
    """Keys of the item's assets that can be read as rasters."""
    return await answer_assets(request, DatasetKind.STAC)


@router.get("/search/assets", openapi_extra=documented((*SEARCH, SEARCH_ID)))
async def assets_of_search(request: Request) -> Response:
    """The same of the first scene of a search."""
    return await answer_assets(request, DatasetKind.SEARCH)


async def answer_assets(request: Request, ds: DatasetKind) -> Response:
    """List the assets."""
    rt, query = runtime(request), query_of(request, ds, DATASET)
    async with allowance(rt, Cost.TILE):
        names = await list_assets(rt, dataset_ref(request, ds, query))
    return json_response(query, names)


@router.get("/cog/validate", openapi_extra=documented(VALIDATE))
async def validate_cog(request: Request) -> Response:
    """Whether the raster is a COG, and what it is made of, as rio-cogeo tells it."""
    rt = runtime(request)
    query = query_of(request, DatasetKind.COG, VALIDATE)
    async with allowance(rt, Cost.TILE):
        body = await validate(rt, dataset_ref(request, DatasetKind.COG, query), strict=query.flag("strict"))
    return json_response(query, body)
