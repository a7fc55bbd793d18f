"""Map tiles."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, runtime
from app.api.parameters import EMPTY, TILE, documented
from app.api.params import parse_format, parse_selection, parse_style
from app.api.query import Query, read_query
from app.api.responses import empty_tile, image_response, no_content
from app.api.tiles import WEB_MERCATOR, find_tms, split_row, tile_buffer, tile_frame, tile_scale, tile_size
from app.errors import OutOfBounds
from app.model.request import DatasetKind, Format, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.image import render_image

router = APIRouter(tags=["Tiles"])


@router.get("/{ds:dataset}/tiles/{z}/{x}/{y}", openapi_extra=documented(TILE))
async def tile(request: Request, ds: DatasetKind, z: str, x: str, y: str) -> Response:
    """A tile; `y` may end in `@2x` and in a format: `1696@2x.png`. Without a format: JPEG where opaque, else PNG."""
    query = read_query(request, TILE, strict=runtime(request).settings.strict)
    return await answer_tile(request, ds, query, query.text("tms") or WEB_MERCATOR, (z, x, y))


@router.get("/{ds:dataset}/tiles/{tms}/{z}/{x}/{y}", openapi_extra=documented(TILE))
async def tile_of_matrix_set(request: Request, ds: DatasetKind, tms: str, z: str, x: str, y: str) -> Response:
    """The same in the tile matrix set `tms`."""
    query = read_query(request, TILE, strict=runtime(request).settings.strict)
    return await answer_tile(request, ds, query, tms, (z, x, y))


async def answer_tile(request: Request, ds: DatasetKind, query: Query, tms: str, zxy: tuple[str, str, str]) -> Response:
    """Render one tile; outside the data the answer is what ``empty=`` says."""
    rt = runtime(request)
    z, x, y = zxy
    row, scale, extension = split_row(y)
    format = parse_format(query, extension)
    size, factor = tile_size(query, rt.settings.tile_size_max), tile_scale(query, scale)
    dataset, selection, style = dataset_ref(request, ds, query), parse_selection(query), parse_style(query)
    matrix_set, buffer = find_tms(tms), tile_buffer(query)
    empty = query.choice("empty", EMPTY.values) or rt.settings.empty_tile
    try:
        frame = tile_frame(matrix_set, (z, x, row), size, factor, buffer)
        req = ImageRequest(dataset=dataset, selection=selection, frame=frame, style=style, format=format)
        async with allowance(rt, Cost.TILE) as steps_ms:
            rendered = await render_image(rt, req)
    except OutOfBounds:
        return _without_data(request, query, empty, size or 256 * factor, format)
    return image_response(request, query, rendered, steps_ms)


def _without_data(request: Request, query: Query, empty: str, size: int, format: Format | None) -> Response:
    """Answer as asked, or raise the ``OutOfBounds`` under way again; arrays have no blank form."""
    if empty == "204":
        return no_content(request, query)
    if empty == "blank" and (format is None or format.is_picture):
        return empty_tile(request, query, size, size, format)
    raise  # noqa: PLE0704 -- called from the except block that caught it
