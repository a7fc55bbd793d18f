"""Maps of a dataset: one picture, as OGC API Maps asks for it, and the page that shows its tiles."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from rasterio.crs import CRS

from app.api.accept import VARY, accepted, prefers_html
from app.api.access import handed_on, is_signed
from app.api.crs import is_northing_first, is_written_by_ogc
from app.api.dataset import dataset_ref, query_of
from app.api.dialect import MAP, TILEJSON, TILEJSON_OF_SET, documented
from app.api.matrix_sets import find_tms
from app.api.origin import base_url
from app.api.params import PREVIEW_SIZE, WGS84, parse_bounds, parse_crs
from app.api.query import Query
from app.api.route import PlainRoute
from app.api.routers.crops import answer_picture
from app.errors import AccessDenied, BadRequest
from app.model.grid import Bounds, Frame
from app.model.request import DatasetKind, Format

router = APIRouter(tags=["Maps"], route_class=PlainRoute)

NOT_SHOWN = frozenset(
    name
    for each in MAP
    if each.name in ("url", "assets", "bbox", "coord_crs", "dst_crs", "width", "height", "max_size", "format")
    for name in (each.name, *each.aliases)
)
"""Not among the options of the page: it has places of its own for the first two, and shows all of the dataset."""
LATER = 307


@router.get("/{ds:dataset}/map", openapi_extra=documented(MAP))
async def ogc_map(request: Request, ds: DatasetKind) -> Response:
    """One picture of a box or of the whole, as OGC API Maps asks for it; without `f` a browser gets the page."""
    query = query_of(request, ds, MAP)
    if query.text("format") is None and prefers_html(request):
        return to_page(request, ds, query)
    extension = None if query.text("format") else _accepted_format(request)
    response = await answer_picture(request, ds, query, _frame(query), extension, "map")
    response.headers.update(VARY)
    _order_bbox(response)
    return response


@router.get("/{ds:dataset}/{tms}/map.html", openapi_extra=documented(TILEJSON_OF_SET))
@router.get("/{ds:dataset}/{tms}/map", include_in_schema=False)
async def map_page_of_matrix_set(request: Request, ds: DatasetKind, tms: str) -> Response:
    """The page, with the dataset on its map, which is Web Mercator whatever `tms` says."""
    find_tms(request, tms)
    return to_page(request, ds, query_of(request, ds, TILEJSON_OF_SET))


@router.get("/{ds:dataset}/map.html", openapi_extra=documented(TILEJSON))
async def map_page(request: Request, ds: DatasetKind) -> Response:
    """The page, with the dataset on its map."""
    return to_page(request, ds, query_of(request, ds, TILEJSON))


@router.get("/{ds:dataset}/viewer", openapi_extra=documented(TILEJSON))
async def viewer(request: Request, ds: DatasetKind) -> Response:
    """The page; with the dataset on its map, when `url` is given."""
    query = query_of(request, ds, TILEJSON)
    if query.text("url") is None:
        return RedirectResponse(f"{base_url(request)}/", LATER, {"Cache-Control": "no-cache"})
    return to_page(request, ds, query)


def to_page(request: Request, ds: DatasetKind, query: Query) -> Response:
    """Send a browser to the page; what it is to show stands behind ``#``, which it keeps to itself.

    Raises:
        AccessDenied: The caller was let in by a signature, which is of one query; the page asks many.
    """
    if is_signed(request):
        raise AccessDenied(
            "A signature opens one document and its links, and the page asks for more; open it with a key."
        )
    asked = [(name, value) for name, value in request.query_params.multi_items() if name not in NOT_SHOWN]
    layer = [("assets", each) for each in query.all("assets")] + asked
    state = {"url": dataset_ref(request, ds, query).url, "ds": ds, **dict(handed_on(request, "/", []))}
    fragment = urlencode(state | ({"layer": urlencode(layer)} if layer else {}))
    return RedirectResponse(f"{base_url(request)}/#{fragment}", LATER, {"Cache-Control": "no-cache"} | VARY)


def _frame(query: Query) -> Frame:
    crs = parse_crs(query, "coord_crs") or WGS84
    bounds = _bounds(query)
    return Frame(
        bounds=bounds,
        bounds_crs=crs if bounds else None,
        crs=parse_crs(query, "dst_crs"),
        width=query.integer("width", low=1),
        height=query.integer("height", low=1),
        max_size=query.integer("max_size", low=1) or PREVIEW_SIZE,
    )


def _bounds(query: Query) -> Bounds | None:
    """Read ``bbox``: four numbers, or six with heights, which a map has not; x before y afterwards."""
    text = query.text("bbox")
    if text is None:
        return None
    crs = parse_crs(query, "coord_crs") or WGS84
    words = text.split(",")
    if len(words) == 6:
        words = [*words[:2], *words[3:5]]
    epsg = crs.to_epsg()
    if len(words) == 4 and is_written_by_ogc(query.text("coord_crs")) and _has_ogc_order(query, epsg):
        return _northing_first(words, crs)
    return parse_bounds(",".join(words), crs)


def _northing_first(words: list[str], crs: CRS) -> Bounds:
    try:
        return parse_bounds(",".join((words[1], words[0], words[3], words[2])), crs)
    except BadRequest as error:  # in the order in which it was written
        told = "is not a box in the order of the axes of its CRS; write miny,minx,maxy,maxx"
        raise BadRequest.of("bbox", ",".join(words), told) from error


def _has_ogc_order(query: Query, epsg: int | None) -> bool:
    """Whether northing comes first; CRS84 is EPSG:4326 with longitude first."""
    is_crs84 = (query.text("coord_crs") or "").upper().rstrip("]").endswith("CRS84")
    return epsg is not None and not is_crs84 and is_northing_first(epsg)


def _accepted_format(request: Request) -> str | None:
    """The format that a program names; one that takes anything (``*/*``) leaves the choice to the picture."""
    names = accepted(request)
    if any("*" in name for name in names):
        return None
    known = {format.media_type.partition(";")[0]: str(format) for format in reversed(Format)}
    return next((known[name] for name in names if name in known), None)


def _order_bbox(response: Response) -> None:
    """Write ``Content-Bbox`` in the order of the axes of ``Content-Crs``."""
    match = re.search(r"/EPSG/0/([0-9]+)>", response.headers.get("content-crs", ""))
    if match and is_northing_first(int(match[1])):
        left, bottom, right, top = response.headers["content-bbox"].split(",")
        response.headers["content-bbox"] = f"{bottom},{left},{top},{right}"
