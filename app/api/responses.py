"""Make HTTP answers of what the stories give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from rasterio.crs import CRS

from app.api.accept import VARY
from app.api.disposition import content_disposition
from app.api.query import Query
from app.api.ranges import ranged
from app.cache.name import name_of
from app.encode.encode import encode
from app.encode.table import Cell, encode_csv
from app.model.grid import Grid
from app.model.raster import Body, Raster, Rendered, ScenesShown, Unchanged
from app.model.request import Format

ITEMS_LENGTH_MAX = 2048
"""Of the ids in ``X-Items``: proxies refuse longer headers."""


def image_response(
    request: Request, query: Query, answer: Rendered | Unchanged, what: str, *, negotiated: bool
) -> Response:
    """Answer with a picture or array, or that the caller has it: strong ETag, place on earth.

    Args:
        what: Which part of the dataset it shows, for the name of a file.
        negotiated: The format was not named by the URL.
    """
    headers = {
        "ETag": f'"{answer.name}"',
        "Cache-Control": _cache_control(request) if answer.whole else "no-cache",
        **_place(answer.grid),
        **ignored(query),
        **(VARY if negotiated else {}),
    }
    if answer.rescale:
        headers["X-Rescale"] = ",".join(f"{value!r}" for low_high in answer.rescale for value in low_high)
    if answer.scenes:
        headers |= _scenes(answer.scenes)
    if isinstance(answer, Unchanged) or _has_any(request):
        return Response(status_code=304, headers=headers)
    headers["X-Cache"] = "HIT" if answer.remembered else "MISS"
    headers |= content_disposition(answer.dataset, what, answer.format.extension)
    response = Response(answer.body, headers=headers, media_type=answer.format.media_type)
    return ranged(request, response) if answer.format is Format.TIFF else response


def _scenes(shown: ScenesShown) -> dict[str, str]:
    """How many scenes match, and which were read: as many ids as a header holds."""
    ids = ",".join(quote(each, safe="") for each in shown.ids)
    told = ids if len(ids) <= ITEMS_LENGTH_MAX else ids[:ITEMS_LENGTH_MAX].rpartition(",")[0] + ",..."
    return {
        "X-Items-Matched": str(shown.matched),
        "X-Items-Used": str(len(shown.ids)),
        "X-Items": told,
        "X-Truncated": str(shown.truncated).lower(),
    }


async def named_response(
    request: Request, query: Query, name: str, media_type: str, make: Callable[[], Awaitable[Body]]
) -> Response:
    """Answer with what ``make`` gives, under a strong ETag, or that the caller has it."""
    headers = {"ETag": f'"{name}"', "Cache-Control": _cache_control(request), **ignored(query)}
    if name in known_names(request) or _has_any(request):
        return Response(status_code=304, headers=headers)
    return Response(await make(), headers=headers, media_type=media_type)


def known_names(request: Request) -> Container[str]:
    """Names of the answers that the caller has, by ``If-None-Match`` (RFC 9110, 13.1.2)."""
    if request.method != "GET":  # a condition of another method is no question for a copy (RFC 9110, 13.1.2)
        return ()
    given = ",".join(request.headers.getlist("if-none-match"))
    # A proxy that compressed the answer may have made the tag weak.
    return {tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")} if given else ()


def _has_any(request: Request) -> bool:
    """``If-None-Match: *`` is true of any answer, once it is known that there is one."""
    return request.method == "GET" and request.headers.get("if-none-match", "").strip() == "*"


def json_response(query: Query, body: Any, *, media_type: str = "application/json") -> Response:
    """Answer with JSON that clients ask for again when they need it."""
    return JSONResponse(body, headers={"Cache-Control": "no-cache"} | ignored(query), media_type=media_type)


def csv_response(
    query: Query, columns: Sequence[str], rows: Iterable[Sequence[Cell]], dataset: str, what: str
) -> Response:
    """Answer with a table, named for its dataset."""
    headers = {"Cache-Control": "no-cache"} | content_disposition(dataset, what, "csv") | ignored(query)
    return Response(encode_csv(columns, rows), headers=headers, media_type="text/csv")


def empty_tile(
    request: Request, query: Query, shape_wh: tuple[int, int], format: Format, *, negotiated: bool
) -> Response:
    """Answer a tile without data with a transparent picture of its size: the one answer all map clients take."""
    name = name_of("blank", shape_wh, format)
    headers = {"X-Tile": "empty", "ETag": f'"{name}"', "Cache-Control": _cache_control(request), **ignored(query)}
    headers |= VARY if negotiated else {}
    if name in known_names(request) or _has_any(request):
        return Response(status_code=304, headers=headers)
    return Response(_blank(*shape_wh, format), headers=headers, media_type=format.media_type)


def no_content(request: Request, query: Query) -> Response:
    """Answer a tile without data with 204."""
    headers = {"X-Tile": "empty", "Cache-Control": _cache_control(request)} | ignored(query)
    return Response(status_code=204, headers=headers)


def point_body(x: float, y: float, raster: Raster) -> dict[str, Any]:
    """TiTiler 2.x's answer for a point, of a raster of one pixel; invalid values are null."""
    values = zip(raster.data.ravel().tolist(), raster.mask.ravel(), strict=True)
    return {
        "coordinates": [x, y],
        "values": [value if valid else None for value, valid in values],
        "band_names": list(raster.names),
        "band_descriptions": list(raster.descriptions),
    }


POINT_COLUMNS = ("x", "y", "band_name", "band_description", "value")


def point_rows(body: dict[str, Any]) -> Iterable[Sequence[Cell]]:
    """The same as a table of ``POINT_COLUMNS``, one row per band."""
    bands = zip(body["band_names"], body["band_descriptions"], body["values"], strict=True)
    return [(*body["coordinates"], *band) for band in bands]


def statistics_table(
    found: Sequence[Mapping[str, Mapping[str, Any]]],
) -> tuple[Sequence[str], Iterable[Sequence[Cell]]]:
    """Names of columns, and a row per feature, counted from 1, and band; histograms have no place in a row."""
    names = [name for name, value in next(iter(found[0].values())).items() if not isinstance(value, list)]
    rows = [
        (number, band, *(numbers[name] for name in names))
        for number, bands in enumerate(found, 1)
        for band, numbers in bands.items()
    ]
    return ("feature", "band", *names), rows


def ignored(query: Query) -> dict[str, str]:
    """Name the parameters that were not understood, printable characters only."""
    if not query.ignored:
        return {}
    shown = (
        "".join(c if c.isascii() and c.isprintable() and c != "," else "?" for c in name[:64]) for name in query.ignored
    )
    return {"X-Ignored-Params": ", ".join(shown)}


def _cache_control(request: Request) -> str:
    control: str = request.app.state.runtime.settings.cache_control
    return control


def _place(grid: Grid) -> dict[str, str]:
    """``Content-Bbox`` and ``Content-Crs`` as OGC API Maps writes them."""
    headers = {"Content-Bbox": ",".join(map(str, grid.bounds))}
    uri = _crs_uri(grid.crs) if grid.crs else None
    return headers | {"Content-Crs": f"<{uri}>"} if uri else headers


def _crs_uri(crs: CRS) -> str | None:
    epsg = crs.to_epsg()  # remembered by the object, which its authority is not
    name, code = ("EPSG", str(epsg)) if epsg else crs.to_authority() or ("", "")
    if (name, code) in (("EPSG", "4326"), ("OGC", "CRS84")):
        return "http://www.opengis.net/def/crs/OGC/1.3/CRS84"  # longitude first, as the bbox is
    return f"http://www.opengis.net/def/crs/{name}/0/{code}" if name else None


@lru_cache(maxsize=64)
def _blank(width: int, height: int, format: Format) -> Body:
    """Nothing, transparent; white in JPEG, which has no transparency."""
    shape = (3, height, width)
    mask = np.zeros(shape, dtype=bool)
    grid = Grid(crs=None, bounds=(0, 0, 1, 1), width=width, height=height)
    value = 255 if format is Format.JPEG else 0
    raster = Raster(
        data=np.full(shape, value, np.uint8), mask=mask, grid=grid, names=("b1",) * 3, descriptions=("",) * 3
    )
    return encode(raster, format, return_mask=True)
