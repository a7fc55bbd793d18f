"""Numbers over a dataset, over its assets, over shapes."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import (
    ASSET_STATISTICS,
    METADATA,
    NUMBER_FORMAT,
    SHAPE_STATISTICS,
    STATISTICS,
    documented,
    with_body,
)
from app.api.geojson import GEOJSON, read_features
from app.api.params import PREVIEW_SIZE, parse_selection
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import csv_response, ignored, json_response, statistics_table
from app.api.route import PlainRoute
from app.api.tally import frame_of_shapes, measured_frame, parse_tally
from app.model.grid import Frame
from app.model.request import DatasetKind, Format, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.metadata import describe_2020
from app.pipeline.shapes import measure_shapes
from app.pipeline.statistics import measure_assets, measure_whole

router = APIRouter(tags=["Statistics"], route_class=PlainRoute)

BINS_2020 = 20
"""Of a histogram in TiTiler 0.1."""


@router.get("/{ds:dataset}/statistics", openapi_extra=documented(STATISTICS))
async def statistics(request: Request, ds: DatasetKind) -> Response:
    """Numbers of each band, or of an expression, over the whole, on at most 1024 pixels a side; or `f=csv`."""
    rt, query = runtime(request), query_of(request, ds, STATISTICS)
    async with allowance(rt, Cost.CROP):
        query = await with_render(request, ds, query)
        req, tally = _request(request, ds, query, _whole(query)), parse_tally(query)
        body = await measure_whole(rt, req, tally)
    if _is_table(query):
        return csv_response(query, *statistics_table([body]), str(ds), "statistics")
    return json_response(query, body)


@router.post("/{ds:dataset}/statistics", openapi_extra=with_body(SHAPE_STATISTICS, "Feature", "FeatureCollection"))
async def shape_statistics(request: Request, ds: DatasetKind) -> Response:
    """The same numbers within each GeoJSON Feature, each pixel by how much of it is covered, as its `statistics`."""
    rt, query = runtime(request), query_of(request, ds, SHAPE_STATISTICS)
    async with allowance(rt, Cost.CROP, "Send fewer features, simpler shapes, or give a smaller max_size."):
        query = await with_render(request, ds, query)
        frame = frame_of_shapes(query)
        req, tally = _request(request, ds, query, frame), parse_tally(query)
        features = await read_features(request, rt, frame.bounds_crs, several=True)
        found = await measure_shapes(rt, req, features.shapes, tally)
        if _is_table(query):
            return csv_response(query, *statistics_table(found), str(ds), "statistics")
        body = await rt.patient.run(features.answered, "statistics", found)
    return Response(body, media_type=GEOJSON, headers={"Cache-Control": "no-cache"} | ignored(query))


@router.get("/stac/asset_statistics", openapi_extra=documented(ASSET_STATISTICS))
async def asset_statistics(request: Request) -> Response:
    """Numbers of each band of each asset, by the asset's key."""
    rt = runtime(request)
    query = query_of(request, DatasetKind.STAC, ASSET_STATISTICS)
    req, tally = _request(request, DatasetKind.STAC, query, _whole(query)), parse_tally(query)
    async with allowance(rt, Cost.CROP):
        body = await measure_assets(rt, req, tally)
    return json_response(query, body)


@router.get("/{ds:dataset}/metadata", openapi_extra=documented(METADATA))
async def metadata(request: Request, ds: DatasetKind) -> Response:
    """What TiTiler 0.1 told of a raster, or of each asset: where it is, its bands, and a few numbers of each."""
    rt = runtime(request)
    query = query_of(request, ds, METADATA)
    req, tally = _request(request, ds, query, _whole(query)), parse_tally(query, bins=BINS_2020)
    async with allowance(rt, Cost.CROP):
        body = await describe_2020(rt, req, tally)
    return json_response(query, body)


def _is_table(query: Query) -> bool:
    return query.choice("format", NUMBER_FORMAT.values) == "csv"


def _request(request: Request, ds: DatasetKind, query: Query, frame: Frame) -> ImageRequest:
    """What is read for numbers: all bands, as for an array."""
    return ImageRequest(
        dataset=dataset_ref(request, ds, query), selection=parse_selection(query), frame=frame, format=Format.NPY
    )


def _whole(query: Query) -> Frame:
    """The whole, of the size that TiTiler measures when nothing is said."""
    frame = measured_frame(query)
    return replace(frame, max_size=frame.max_size or PREVIEW_SIZE)
