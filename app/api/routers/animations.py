"""Animations: the scenes of a search over a box or within a shape, one picture after the other."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response
from rasterio.crs import CRS

from app.api.dataset import runtime
from app.api.dialect import ANIMATION, FRAMES_BY, LABEL, documented, with_body
from app.api.geojson import read_features
from app.api.origin import own_url
from app.api.params import WGS84, parse_bounds, parse_crs, parse_selection, parse_style
from app.api.query import Query, read_query
from app.api.responses import image_response, known_names
from app.api.route import PlainRoute
from app.api.routers.crops import read_size, split_extension
from app.api.scenes import asked_search, items_headers, left_out_header, require_whole
from app.model.grid import Bounds, Frame
from app.model.request import AnimationRequest, DatasetKind, DatasetRef, Format, ImageRequest, Motion
from app.model.search import Search
from app.model.shape import Shape
from app.pipeline.allowance import Cost, allowance
from app.pipeline.animation import plan_animation, render_animation
from app.plan.bounds import bounds_in_degrees
from app.runtime import Runtime
from app.stac.search.account import Account

router = APIRouter(tags=["Animations"], route_class=PlainRoute)

FORMATS = {"gif": Motion.GIF, "webp": Motion.WEBP, "apng": Motion.APNG, "png": Motion.APNG, "mp4": Motion.MP4}
FPS = 2.0
FPS_MIN, FPS_MAX = 0.2, 30.0
SIZE = 512
"""Longest side of which no size is given."""
STILL = Format.WEBP
"""Stands for a frame where limits and styles ask for a format: a picture of 8 bits."""


@router.get("/timeseries/bbox/{bbox}", openapi_extra=documented(ANIMATION))
async def box(request: Request, bbox: str) -> Response:
    """A box `minx,miny,maxx,maxy.format`, at most 512 pixels wide or high unless a size is given."""
    return await _answer_box(request, bbox, None)


@router.get("/timeseries/bbox/{bbox}/{size}", openapi_extra=documented(ANIMATION))
async def box_of_size(request: Request, bbox: str, size: str) -> Response:
    """A box of exactly `{width}x{height}.{format}` pixels."""
    return await _answer_box(request, bbox, size)


@router.post("/timeseries/feature.{format}", openapi_extra=with_body(ANIMATION))
async def feature(request: Request, format: str) -> Response:
    """A GeoJSON Feature cut out, at most 512 pixels wide or high unless a size is given."""
    return await _answer_shape(request, None, format)


@router.post("/timeseries/feature/{size}", openapi_extra=with_body(ANIMATION))
async def feature_of_size(request: Request, size: str) -> Response:
    """A GeoJSON Feature cut out of exactly `{width}x{height}.{format}` pixels."""
    return await _answer_shape(request, size, None)


async def _answer_box(request: Request, text: str, size: str | None) -> Response:
    rt = runtime(request)
    query = _query(request, rt)
    corners, extension = split_extension(text)
    bounds = parse_bounds(corners, parse_crs(query, "coord_crs") or WGS84)
    async with allowance(rt, Cost.SERIES):
        return await _answer(request, query, bounds, size, extension, None)


async def _answer_shape(request: Request, size: str | None, extension: str | None) -> Response:
    rt = runtime(request)
    query = _query(request, rt)
    async with allowance(rt, Cost.SERIES):  # the body has to come in its time, too
        [shape] = (await read_features(request, rt, parse_crs(query, "coord_crs") or WGS84, several=False)).shapes
        return await _answer(request, query, shape.bounds, size, extension, shape)


async def _answer(
    request: Request, query: Query, bounds: Bounds, size: str | None, extension: str | None, shape: Shape | None
) -> Response:
    rt = runtime(request)
    width, height, size_extension = read_size(query, size)
    crs = parse_crs(query, "coord_crs") or WGS84
    frame = Frame(
        bounds=bounds,
        bounds_crs=crs,
        crs=parse_crs(query, "dst_crs") or crs,
        width=width,
        height=height,
        max_size=query.integer("max_size", low=1) or SIZE,
    )
    search = _at_place(await asked_search(rt, query), bounds, crs)
    req = AnimationRequest(
        image=ImageRequest(
            dataset=DatasetRef(kind=DatasetKind.STAC, url=search.id, home=own_url(request)),
            selection=parse_selection(query),
            frame=frame,
            style=parse_style(query),
            format=STILL,
            shape=shape,
        ),
        format=_format(query, size_extension or extension),
        fps=query.number("fps", low=FPS_MIN, high=FPS_MAX) or FPS,
        by=query.choice("by", FRAMES_BY.values),
        labelled=query.choice("label", LABEL.values) is not None,
    )
    account = Account()
    animation = await plan_animation(rt, search, req, account)
    require_whole(query, account, strict=rt.settings.strict)
    answer = await render_animation(rt, animation, known_names(request), account)
    response = image_response(request, query, answer, "animation", negotiated=False)
    response.headers.update({**items_headers(account), **left_out_header(account)})
    if account.truncated or not animation.whole:
        response.headers["Cache-Control"] = "no-cache"  # another time there may be more
    return response


def _query(request: Request, rt: Runtime) -> Query:
    text = request.scope["query_string"].decode("latin-1")
    return read_query(text, ANIMATION, strict=rt.settings.strict)


def _at_place(search: Search, bounds: Bounds, crs: CRS) -> Search:
    """Search where the pictures are, unless the search itself says where or which."""
    if search.bbox or search.intersects or search.ids or search.features is not None:
        return search
    return replace(search, bbox=bounds_in_degrees(bounds, crs))


def _format(query: Query, text: str | None) -> Motion:
    """Read the format of the path, else of ``format=``.

    Raises:
        BadRequest: It is not one of an animation.
    """
    name = text or query.required("format", f"write one of {', '.join(FORMATS)} behind the box or the size")
    if name.lower() not in FORMATS:
        raise query.fault("format", name, f"is not a format of animations; there are {', '.join(FORMATS)}")
    return FORMATS[name.lower()]
