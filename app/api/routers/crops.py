"""Crops of a bounding box or of a shape, and previews of the whole."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from fastapi.responses import Response
from rasterio.crs import CRS

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import CROP, PREVIEW, documented, with_body
from app.api.geojson import read_features
from app.api.negotiation import preferred_format
from app.api.params import PREVIEW_SIZE, WGS84, parse_bounds, parse_crs, parse_format, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import image_response, known_names
from app.api.route import PlainRoute
from app.api.tiles import tile_buffer
from app.errors import InvalidType
from app.model.grid import Bounds, Frame
from app.model.request import DatasetKind, ImageRequest
from app.model.shape import Shape
from app.pipeline.allowance import Cost, allowance
from app.pipeline.picture import render_picture

router = APIRouter(tags=["Crops and previews"], route_class=PlainRoute)


@router.get("/{ds:dataset}/crop/{bbox}", openapi_extra=documented(CROP))
async def crop(request: Request, ds: DatasetKind, bbox: str) -> Response:
    """A box `minx,miny,maxx,maxy.format`, at most 1024 pixels wide or high unless a size is given."""
    return await answer_crop(request, ds, bbox, None, max_size=PREVIEW_SIZE)


@router.get("/{ds:dataset}/bbox/{bbox}", openapi_extra=documented(CROP))
async def bbox(request: Request, ds: DatasetKind, bbox: str) -> Response:
    """A box `minx,miny,maxx,maxy.format`, at the data's own resolution unless a size is given."""
    return await answer_crop(request, ds, bbox, None, max_size=None)


@router.get("/{ds:dataset}/crop/{bbox}/{size}", openapi_extra=documented(CROP))
@router.get("/{ds:dataset}/bbox/{bbox}/{size}", openapi_extra=documented(CROP))
async def crop_of_size(request: Request, ds: DatasetKind, bbox: str, size: str) -> Response:
    """A box of exactly `{width}x{height}.{format}` pixels."""
    return await answer_crop(request, ds, bbox, size, max_size=None)


@router.post("/{ds:dataset}/crop", openapi_extra=with_body(CROP))
@router.post("/{ds:dataset}/crop.{format}", openapi_extra=with_body(CROP))
async def crop_shape(request: Request, ds: DatasetKind, format: str | None = None) -> Response:
    """A GeoJSON Feature cut out, at most 1024 pixels wide or high unless a size is given."""
    return await answer_shape(request, ds, None, format, max_size=PREVIEW_SIZE)


@router.post("/{ds:dataset}/feature", openapi_extra=with_body(CROP))
@router.post("/{ds:dataset}/feature.{format}", openapi_extra=with_body(CROP))
async def feature(request: Request, ds: DatasetKind, format: str | None = None) -> Response:
    """A GeoJSON Feature cut out, at the data's own resolution unless a size is given."""
    return await answer_shape(request, ds, None, format, max_size=None)


@router.post("/{ds:dataset}/crop/{size}", include_in_schema=False)  # OpenAPI knows this path as that of a box
@router.post("/{ds:dataset}/feature/{size}", openapi_extra=with_body(CROP))
async def feature_of_size(request: Request, ds: DatasetKind, size: str) -> Response:
    """A GeoJSON Feature cut out of exactly `{width}x{height}.{format}` pixels."""
    return await answer_shape(request, ds, size, None, max_size=None)


@router.get("/{ds:dataset}/preview", openapi_extra=documented(PREVIEW))
@router.get("/{ds:dataset}/preview.{format}", openapi_extra=documented(PREVIEW))
async def preview(request: Request, ds: DatasetKind, format: str | None = None) -> Response:
    """The whole dataset, in its own CRS unless `dst_crs` is given, at most 1024 pixels wide or high."""
    return await answer_preview(request, ds, None, format)


@router.get("/{ds:dataset}/preview/{size}", openapi_extra=documented(PREVIEW))
async def preview_of_size(request: Request, ds: DatasetKind, size: str) -> Response:
    """The whole dataset as a picture of exactly `{width}x{height}.{format}` pixels."""
    return await answer_preview(request, ds, size, None)


async def answer_crop(
    request: Request, ds: DatasetKind, box: str, size: str | None, *, max_size: int | None
) -> Response:
    """Render a box."""
    query = query_of(request, ds, CROP)
    text, extension = split_extension(box)
    width, height, size_extension = read_size(query, size)
    crs = parse_crs(query, "coord_crs") or WGS84
    frame = frame_around(query, parse_bounds(text, crs), crs, (width, height), max_size)
    return await answer_picture(request, ds, query, frame, size_extension or extension, "crop")


async def answer_shape(
    request: Request, ds: DatasetKind, size: str | None, extension: str | None, *, max_size: int | None
) -> Response:
    """Render the box around the shape in the body; what is outside of the shape is invalid."""
    rt, query = runtime(request), query_of(request, ds, CROP)
    width, height, size_extension = read_size(query, size)
    crs = parse_crs(query, "coord_crs") or WGS84
    async with allowance(rt, Cost.CROP):  # the body has to come in its time, too
        [shape] = (await read_features(request, rt, crs, several=False)).shapes
        frame = frame_around(query, shape.bounds, crs, (width, height), max_size)
        return await answer_picture(request, ds, query, frame, size_extension or extension, "feature", shape=shape)


def frame_around(
    query: Query, bounds: Bounds, crs: CRS, size_wh: tuple[int | None, int | None], max_size: int | None
) -> Frame:
    """Make the frame of a box; ``max_size`` unless the query has one."""
    width, height = size_wh
    return Frame(
        bounds=bounds,
        bounds_crs=crs,
        crs=parse_crs(query, "dst_crs") or crs,
        width=width,
        height=height,
        max_size=_max_size(query, max_size),
        buffer=tile_buffer(query),
    )


async def answer_preview(request: Request, ds: DatasetKind, size: str | None, extension: str | None) -> Response:
    """Render the whole dataset."""
    query = query_of(request, ds, PREVIEW)
    width, height, size_extension = read_size(query, size)
    frame = frame_of_whole(query, (width, height), PREVIEW_SIZE)
    return await answer_picture(request, ds, query, frame, size_extension or extension, "preview")


def frame_of_whole(query: Query, size_wh: tuple[int | None, int | None], max_size: int | None) -> Frame:
    """Make the frame of the whole dataset; ``max_size`` unless the query has one."""
    width, height = size_wh
    return Frame(crs=parse_crs(query, "dst_crs"), width=width, height=height, max_size=_max_size(query, max_size))


async def answer_picture(
    request: Request,
    ds: DatasetKind,
    query: Query,
    frame: Frame,
    extension: str | None,
    what: str,
    *,
    shape: Shape | None = None,
) -> Response:
    """Render a frame, cut to a shape if there is one, and answer; ``what`` it shows is for the name of a file."""
    rt = runtime(request)
    async with allowance(rt, Cost.CROP):
        query = await with_render(request, ds, query)
        format = parse_format(query, extension)
        req = ImageRequest(
            dataset=dataset_ref(request, ds, query),
            selection=parse_selection(query),
            frame=frame,
            style=parse_style(query),
            format=format or preferred_format(request),
            shape=shape,
        )
        rendered = await render_picture(rt, req, known_names(request))
    return image_response(request, query, rendered, what, negotiated=format is None)


def split_extension(text: str) -> tuple[str, str | None]:
    """Split ``1,2,3,4.npy``; the last number may have a fraction, an extension begins with a letter."""
    match = re.fullmatch(r"(.*?)(?:\.((?:cog\.)?[A-Za-z][A-Za-z0-9]*))?", text, re.DOTALL)
    assert match is not None
    return match[1], match[2]


def read_size(query: Query, text: str | None) -> tuple[int | None, int | None, str | None]:
    """Read ``256x128.png`` of a path, else ``width`` and ``height`` of the query."""
    if text is None:
        return query.integer("width", low=1), query.integer("height", low=1), None
    match = re.fullmatch(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})(?:\.((?:cog\.)?[A-Za-z0-9]+))?", text)
    if match is None:
        raise InvalidType.of("size", text, "is not {width}x{height}.{format}, such as 256x128.png")
    return int(match[1]), int(match[2]), match[3]


def _max_size(query: Query, default: int | None) -> int | None:
    return query.integer("max_size", low=1) or default
