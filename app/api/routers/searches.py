"""Searches: their ids, and the scenes that they find."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.access import handed_on
from app.api.body import read_body
from app.api.dataset import own_query, runtime
from app.api.dialect import SEARCH, STRICT, documented, with_search
from app.api.geojson import GEOJSON
from app.api.links import link
from app.api.middleware import URL_MAX
from app.api.origin import base_url, own_url
from app.api.query import Query, refuse_unknown
from app.api.responses import ignored
from app.api.route import PlainRoute
from app.api.scenes import apart, items_headers
from app.api.search import pairs_of, search_of_body, search_of_query
from app.errors import Overloaded
from app.match.period import write_moment
from app.model.search import Scene, Search
from app.pipeline.allowance import Cost, allowance
from app.pipeline.searches import kept_search, list_scenes
from app.runtime import Runtime
from app.stac.search.account import Account

router = APIRouter(tags=["Searches"], route_class=PlainRoute)


@router.post("/search", openapi_extra=with_search())
async def register(request: Request) -> Response:
    """Name a search: equal searches have equal ids, however they are written."""
    rt, query = runtime(request), own_query(request, (STRICT,))
    raw = await read_body(request, rt.settings.body_max_mb)
    asked = await apart(rt, len(raw), search_of_body, raw, rt.settings.search_items_max)
    refuse_unknown(query, asked.ignored, SEARCH, strict=rt.settings.strict)
    headers = ignored(Query(query.values, query.spelling, (*query.ignored, *asked.ignored)))
    return JSONResponse(await _registered(request, rt, asked.search), headers=headers)


@router.get("/search", openapi_extra=documented(SEARCH))
async def register_query(request: Request) -> Response:
    """The same for a search in the query string."""
    rt, query = runtime(request), own_query(request, SEARCH)
    search = search_of_query(query, rt.settings.search_items_max)
    return JSONResponse(await _registered(request, rt, search), headers=_fresh(query))


@router.get("/search/items", openapi_extra=documented(SEARCH))
async def items(request: Request) -> Response:
    """Scenes of the search in the query string, as a FeatureCollection."""
    query = own_query(request, SEARCH)
    search = search_of_query(query, runtime(request).settings.search_items_max)
    return await _list(request, query, search)


@router.get("/search/{search_id}", openapi_extra=documented((STRICT,)))
async def search(request: Request, search_id: str) -> Response:
    """What a search with this id looks for."""
    found = await kept_search(runtime(request), search_id)
    return JSONResponse(_told(request, found), headers=_fresh(own_query(request, (STRICT,))))


@router.get("/search/{search_id}/items", openapi_extra=documented((STRICT,)))
async def items_by_id(request: Request, search_id: str) -> Response:
    """Scenes of a search, as a FeatureCollection: id, time, footprint, cloud cover, where the item is."""
    query = own_query(request, (STRICT,))
    return await _list(request, query, await kept_search(runtime(request), search_id))


async def _registered(request: Request, rt: Runtime, search: Search) -> dict[str, Any]:
    """Keep a search under its id, and tell it.

    Raises:
        SourceNotAllowed: It looks where this server does not.
        Overloaded: It cannot be kept.
    """
    rt.finder.locate(search, own_url(request))
    try:
        await rt.searches.put(search.text)
    except OSError as error:
        told = "Searches cannot be kept now; use /search/items with the search in the query."
        raise Overloaded(told) from error
    return _told(request, search)


async def _list(request: Request, query: Query, search: Search) -> Response:
    rt = runtime(request)
    async with allowance(rt, Cost.CROP):
        scenes, account = await list_scenes(rt, search, own_url(request))
    headers = {**items_headers(account), **_fresh(query)}
    return JSONResponse(_collection(request, search, scenes, account), headers=headers, media_type=GEOJSON)


def _collection(request: Request, search: Search, scenes: list[Scene], account: Account) -> dict[str, Any]:
    left_out = [
        {"reason": reason, "count": entry.count, "ids": entry.ids} for reason, entry in account.left_out.items()
    ]
    return {
        "type": "FeatureCollection",
        "features": [_feature(scene) for scene in scenes],
        "numberMatched": account.matched,
        "numberReturned": account.used,
        "truncated": account.truncated,
        "left_out": left_out,
        "notes": list(account.sentences()),
        "links": _links(request, search),
    }


def _feature(scene: Scene) -> dict[str, Any]:
    cloud = {} if scene.cloud_cover is None else {"eo:cloud_cover": scene.cloud_cover}
    return {
        "type": "Feature",
        "id": scene.id,
        "collection": scene.collection,
        "bbox": list(scene.bounds_wgs84),
        "geometry": scene.geometry,
        "properties": {"datetime": write_moment(scene.datetime), **cloud},
        "links": [link("self", scene.href, "The item", GEOJSON)] if scene.href else [],
    }


def _told(request: Request, search: Search) -> dict[str, Any]:
    sent = search.features
    told = search.document if sent is None else {"features": f"{len(sent)} that were sent along"}
    return {"id": search.id, "search": told, "links": _links(request, search)}


def _links(request: Request, search: Search) -> list[dict[str, Any]]:
    """By id, and where a URL can hold the search, with all of it in the query."""
    path = f"/search/{search.id}"
    links = [
        link("self", _href(request, path, []), "The search"),
        link("items", _href(request, f"{path}/items", []), "Its scenes", GEOJSON),
    ]
    pairs = pairs_of(search)
    href = _href(request, "/search/items", pairs) if pairs else ""
    if pairs and len(href) < URL_MAX:
        links.append(link("items", href, "Its scenes, without an id that may be forgotten", GEOJSON))
    return links


def _href(request: Request, path: str, pairs: list[tuple[str, str]]) -> str:
    query = urlencode(handed_on(request, path, pairs))
    return f"{base_url(request)}{path}" + (f"?{query}" if query else "")


def _fresh(query: Query) -> dict[str, str]:
    return {"Cache-Control": "no-cache", **ignored(query)}
