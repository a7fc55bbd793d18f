"""Time series: what the scenes of a search have at a point, or within shapes, one after the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.dataset import own_query, runtime
from app.api.dialect import BY, ORDER, REDUCER, SERIES, SERIES_FORMAT, SHAPE_SERIES, documented, with_body
from app.api.geojson import read_features
from app.api.origin import own_url
from app.api.params import WGS84, parse_crs, parse_point, parse_selection
from app.api.query import Query
from app.api.responses import csv_response, ignored
from app.api.route import PlainRoute
from app.api.scenes import asked_search, items_headers, require_whole
from app.api.series import Lines, Row, books, grouped, rows_of_point, rows_of_shapes, table
from app.api.tally import frame_of_shapes, parse_tally
from app.model.request import DatasetKind, DatasetRef, Format, ImageRequest, PointRequest
from app.model.search import Search, SortKey
from app.pipeline.allowance import Cost, allowance
from app.pipeline.scenes import Result
from app.pipeline.series import point_series, shape_series
from app.stac.search.account import Account

router = APIRouter(tags=["Time series"], route_class=PlainRoute)
T = TypeVar("T")


@router.get("/timeseries/point/{point}", openapi_extra=documented(SERIES))
async def point(request: Request, point: str) -> Response:
    """Values of every scene of a search at `lon,lat`, by time; null where a scene has no data."""
    rt, query = runtime(request), own_query(request, SERIES)
    crs = parse_crs(query, "coord_crs") or WGS84
    x, y = parse_point(point, crs)
    search = _ordered(query, await asked_search(rt, query))
    req = PointRequest(dataset=_dataset(request, search), selection=parse_selection(query), x=x, y=y, crs=crs)
    account = Account()
    results = point_series(rt, search, req, account, in_order=_in_order(query))
    about = {"coordinates": [x, y]}
    series = _Series(search=search, account=account, results=results, rows_of=rows_of_point, about=about)
    return await _answer(request, query, series)


@router.post("/timeseries/statistics", openapi_extra=with_body(SHAPE_SERIES, "Feature", "FeatureCollection"))
async def statistics(request: Request) -> Response:
    """Statistics of every scene of a search within each GeoJSON Feature, by time."""
    rt, query = runtime(request), own_query(request, SHAPE_SERIES)
    frame = frame_of_shapes(query)
    search, tally = _ordered(query, await asked_search(rt, query)), parse_tally(query)
    req = ImageRequest(
        dataset=_dataset(request, search), selection=parse_selection(query), frame=frame, format=Format.NPY
    )
    async with allowance(rt, Cost.CROP):
        features = await read_features(request, rt, frame.bounds_crs, several=True)
    account = Account()
    results = shape_series(rt, search, req, features.shapes, tally, account, in_order=_in_order(query))

    def rows(result: Result[Any]) -> list[Row]:
        return rows_of_shapes(result, is_collection=features.is_collection)

    return await _answer(request, query, _Series(search=search, account=account, results=results, rows_of=rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series(Generic[T]):
    """What an answer is made of.

    Attributes:
        rows_of: Makes the rows of a scene.
        about: Members of the document besides its rows and the books.
    """

    search: Search
    account: Account
    results: AsyncGenerator[Result[T]]
    rows_of: Callable[[Result[T]], list[Row]]
    about: Mapping[str, Any] = field(default_factory=dict)


async def _answer(request: Request, query: Query, series: _Series[T]) -> Response:
    """Answer with all rows by time, or line by line as they come."""
    by = query.choice("by", BY.values)
    reducer = query.choice("reducer", REDUCER.values) or "mean"
    kind = query.choice("format", SERIES_FORMAT.values) or "json"
    if kind == "ndjson" and by is None:
        return Lines(await _begun(_lines(series)), {"Cache-Control": "no-cache", **ignored(query)})
    account = series.account
    async with aclosing(series.results) as results:
        rows = [row async for result in results for row in series.rows_of(result)]
    require_whole(query, account, strict=runtime(request).settings.strict)
    rows.sort(key=lambda row: row.order)
    documents = grouped(rows, by, reducer) if by else [row.document for row in rows]
    headers = {"Cache-Control": "no-cache", **items_headers(account), **ignored(query)}
    names = list(rows[0].descriptions) if rows else []
    if kind == "csv":
        response = csv_response(query, *table(documents, names), series.search.id[:16], "series")
        response.headers.update(headers)
        return response
    if kind == "ndjson":
        return Lines(_told(documents, account), headers)
    body = {"search": series.search.id, **series.about, "band_descriptions": names, "rows": documents, **books(account)}
    return JSONResponse(body, headers=headers)


async def _lines(series: _Series[T]) -> AsyncGenerator[dict[str, Any]]:
    """A document for each row, with how far it is; then the books."""
    async with aclosing(series.results) as results:
        async for result in results:
            for row in series.rows_of(result):
                yield {**row.document, "done": result.done, "total": result.total}
    yield books(series.account)


async def _told(documents: Sequence[dict[str, Any]], account: Account) -> AsyncGenerator[dict[str, Any]]:
    for document in documents:
        yield document
    yield books(account)


async def _begun(lines: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[dict[str, Any]]:
    """Wait for the first line, so that what fails before it is a problem with a status of its own."""
    first = await anext(lines)

    async def all_lines() -> AsyncGenerator[dict[str, Any]]:
        async with aclosing(lines):
            yield first
            async for line in lines:
                yield line

    return all_lines()


def _dataset(request: Request, search: Search) -> DatasetRef:
    return DatasetRef(kind=DatasetKind.STAC, url=search.id, home=own_url(request))


def _in_order(query: Query) -> bool:
    return query.choice("order", ORDER.values) is not None


def _ordered(query: Query, search: Search) -> Search:
    """Ask for the order of time, where lines shall come in it."""
    if not _in_order(query) or search.sortby:
        return search
    return replace(search, sortby=(SortKey(field="datetime"),))
