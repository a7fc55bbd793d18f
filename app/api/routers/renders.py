"""The ways of showing an item that the item itself names (STAC render extension)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.access.rates import charge
from app.api.access import handed_on
from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import DATASET, documented
from app.api.origin import base_url
from app.api.query import Query
from app.api.renders import told_renders, why_not
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.errors import NotFound, shorten
from app.model.item import Item
from app.model.request import DatasetKind, DatasetRef
from app.pipeline.allowance import Cost, allowance
from app.pipeline.lookup import fetch_item
from app.runtime import Runtime

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)

STAC = DatasetKind.STAC


@router.get("/stac/renders", openapi_extra=documented(DATASET))
async def renders(request: Request) -> Response:
    """Renders of the item, each with links to its TileJSON and preview; `render=name` asks for one anywhere."""
    query, dataset, item = await _item(request)
    rt = runtime(request)
    bodies = {name: _body(request, rt, dataset, item, name) for name in item.renders}
    links = [_link(request, "self", "/stac/renders", {"url": dataset.url}, "Renders of the item")]
    return json_response(query, {"renders": bodies, "links": links})


@router.get("/stac/renders/{render}", openapi_extra=documented(DATASET))
async def render(request: Request, render: str) -> Response:
    """One render of the item."""
    query, dataset, item = await _item(request)
    if render not in item.renders:
        raise NotFound(f"Item {shorten(item.id)!r} has no render {shorten(render)!r}; {told_renders(item, render)}.")
    return json_response(query, _body(request, runtime(request), dataset, item, render))


async def _item(request: Request) -> tuple[Query, DatasetRef, Item]:
    rt = runtime(request)
    query = query_of(request, STAC, DATASET)
    dataset = dataset_ref(request, STAC, query)
    charge(1)
    async with allowance(rt, Cost.TILE):
        return query, dataset, await fetch_item(rt, dataset)


def _body(request: Request, rt: Runtime, dataset: DatasetRef, item: Item, name: str) -> dict[str, Any]:
    """What TiTiler tells of a render; ``reason`` says why one is not ``valid``."""
    render, path = item.renders[name], f"/stac/renders/{quote(name, safe='')}"
    links = [_link(request, "self", path, {"url": dataset.url}, f"Render {name}")]
    if reason := why_not(rt, dataset, item, render):
        return {"valid": False, "reason": reason, "params": render, "links": links}
    asked = {"url": dataset.url, "render": name}
    links += [
        _link(request, "tilesets-map", "/stac/{tileMatrixSetId}/tilejson.json", asked, f"TileJSON of {name}"),
        _link(request, "preview", "/stac/preview", asked, f"Preview of {name}"),
    ]
    return {"valid": True, "params": render, "links": links}


def _link(request: Request, rel: str, path: str, asked: Mapping[str, str], title: str) -> dict[str, Any]:
    href = f"{base_url(request)}{path}?{urlencode(handed_on(request, path, list(asked.items())))}"
    kind = {"preview": "image/png"}.get(rel, "application/json")
    templated = {"templated": True} if "{" in path else {}
    return {"rel": rel, "type": kind, "href": href, "title": title, **templated}
