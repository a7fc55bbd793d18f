"""Map tiles."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response
from morecantile import Tile

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import TILE, TILE_OF_SET, documented
from app.api.matrix_sets import WEB_MERCATOR, find_tms
from app.api.negotiation import preferred_format
from app.api.params import parse_selection, parse_style
from app.api.problems import problem
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import empty_tile, image_response, known_names, no_content
from app.api.route import PlainRoute
from app.api.tiles import TileOptions, read_tile_options, split_row, tile_frame
from app.errors import OutOfBounds
from app.model.request import DatasetKind, Format, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.picture import render_picture
from app.pipeline.tilesets import require_within_limits

router = APIRouter(tags=["Tiles"], route_class=PlainRoute)


@router.get("/{ds:dataset}/tiles/{z}/{x}/{y}", openapi_extra=documented(TILE))
async def tile(request: Request, ds: DatasetKind, z: str, x: str, y: str) -> Response:
    """A tile; `y` may end in `@2x` and in a format: `1696@2x.png`. Without a format: JPEG where opaque, else PNG."""
    query = query_of(request, ds, TILE)
    return await answer_tile(request, ds, query, query.text("tms") or WEB_MERCATOR, (z, x, y))


@router.get("/{ds:dataset}/tiles/{tms}/{z}/{x}/{y}", openapi_extra=documented(TILE_OF_SET))
async def tile_of_matrix_set(request: Request, ds: DatasetKind, tms: str, z: str, x: str, y: str) -> Response:
    """The same in the tile matrix set `tms`."""
    query = query_of(request, ds, TILE_OF_SET)
    return await answer_tile(request, ds, query, tms, (z, x, y))


async def answer_tile(request: Request, ds: DatasetKind, query: Query, tms: str, zxy: tuple[str, str, str]) -> Response:
    """Render one tile; outside the data the answer is what ``empty=`` says."""
    rt = runtime(request)
    async with allowance(rt, Cost.TILE):
        query = await with_render(request, ds, query)
        z, x, y = zxy
        row, scale, extension = split_row(y)
        matrix_set, options = find_tms(request, tms), read_tile_options(query, rt.settings, scale, extension)
        format = options.format or preferred_format(request)
        dataset, selection, style = dataset_ref(request, ds, query), parse_selection(query), parse_style(query)
        try:
            frame = tile_frame(matrix_set, (z, x, row), options)
            req = ImageRequest(dataset=dataset, selection=selection, frame=frame, style=style, format=format)
            if options.empty == "limits":
                await require_within_limits(rt, req, matrix_set, Tile(x=int(x), y=int(row), z=int(z)))
                options = replace(options, empty="204" if options.is_array else "blank")
            rendered = await render_picture(rt, req, known_names(request))
        except OutOfBounds as err:
            return _without_data(request, query, options, format, options.shape_wh(matrix_set, int(z)), err)
    return image_response(request, query, rendered, f"{z}-{x}-{row}", negotiated=options.format is None)


def _without_data(
    request: Request,
    query: Query,
    options: TileOptions,
    format: Format | None,
    shape_wh: tuple[int, int],
    error: OutOfBounds,
) -> Response:
    """Answer a tile outside the data as asked; arrays have no blank form."""
    if options.empty == "204":
        return no_content(request, query)
    if options.empty == "blank" and (format is None or format.is_picture):
        negotiated = options.format is None
        return empty_tile(request, query, shape_wh, format or Format.PNG, negotiated=negotiated)
    return problem(error, request.state.request_id, cache_control=runtime(request).settings.cache_control)
