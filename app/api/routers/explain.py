"""How a picture would be made."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import EXPLAIN, documented
from app.api.matrix_sets import WEB_MERCATOR, find_tms
from app.api.params import PREVIEW_SIZE, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.api.tiles import TileOptions, read_tile_options, tile_frame
from app.model.grid import Frame
from app.model.request import DatasetKind, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.explain import explain_image

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)


@router.get("/{ds:dataset}/explain", openapi_extra=documented(EXPLAIN))
async def explain(request: Request, ds: DatasetKind) -> Response:
    """The plan of a tile (`tile=z/x/y`) or of a preview: grid, sources, overviews, blocks, and the driver of each."""
    rt, query = runtime(request), query_of(request, ds, EXPLAIN)
    async with allowance(rt, Cost.TILE):
        query = await with_render(request, ds, query)
        options = read_tile_options(query, rt.settings, None, None)
        req = ImageRequest(
            dataset=dataset_ref(request, ds, query),
            selection=parse_selection(query),
            frame=_frame(request, query, options),
            style=parse_style(query),
            format=options.format,
        )
        body = await explain_image(rt, req)
    return json_response(query, body)


def _frame(request: Request, query: Query, options: TileOptions) -> Frame:
    place = query.text("tile")
    if place is None:
        return Frame(max_size=PREVIEW_SIZE)
    zxy = place.split("/")
    if len(zxy) != 3:
        raise query.wrong_type("tile", place, "is not z/x/y, such as 12/2398/1696")
    return tile_frame(find_tms(request, query.text("tms") or WEB_MERCATOR), (zxy[0], zxy[1], zxy[2]), options)
