"""Ways to show a dataset, the best first, and its bands: what a page needs to show it without a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import DATASET, documented
from app.api.params import parse_selection
from app.api.query import Query
from app.api.renders import query_of_render, why_not
from app.api.responses import json_response
from app.api.route import PlainRoute
from app.errors import NotFound, shorten
from app.model.grid import Bounds
from app.model.item import Item
from app.model.preset import BandEntry, Preset
from app.model.request import DatasetKind, DatasetRef, Selection
from app.pipeline.allowance import Cost, allowance
from app.pipeline.lookup import fetch_item
from app.pipeline.presets import open_first
from app.plan.bounds import union_wgs84
from app.runtime import Runtime
from app.stac.presets import AUTO, fitted, header_bands, item_bands, item_presets, raster_presets

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)


@router.get("/stac/presets", openapi_extra=documented(DATASET))
async def presets_of_item(request: Request) -> Response:
    """Ways to show an item, as parameters of tiles, the best first; and its bands, by name."""
    return await _answer(request, DatasetKind.STAC, _of_item)


@router.get("/cog/presets", openapi_extra=documented(DATASET))
async def presets_of_raster(request: Request) -> Response:
    """The same of a single raster."""
    return await _answer(request, DatasetKind.COG, _of_raster)


Told = tuple[str, Bounds, Sequence[BandEntry], Sequence[Preset]]


async def _answer(
    request: Request, ds: DatasetKind, story: Callable[[Runtime, DatasetRef], Awaitable[Told]]
) -> Response:
    rt = runtime(request)
    query = query_of(request, ds, DATASET)
    dataset = dataset_ref(request, ds, query)
    async with allowance(rt, Cost.TILE):
        name, bounds, bands, found = await story(rt, dataset)
    body = {"id": name, "bounds": list(bounds), "bands": list(map(_band, bands)), "presets": list(map(_preset, found))}
    return json_response(query, body)


async def _of_raster(rt: Runtime, dataset: DatasetRef) -> Told:
    _, choice, [header] = await open_first(rt, dataset, [Selection()])
    return choice.name, union_wgs84([header]), header_bands(header), raster_presets(choice.name, header)


async def _of_item(rt: Runtime, dataset: DatasetRef) -> Told:
    """The renders of the item, then what its names suggest; the first is one whose files can be opened."""
    item = await fetch_item(rt, dataset)
    renders = _renders(rt, dataset, item)
    named = {way.key for way in renders}
    ways = [*renders, *(way for way in item_presets(item) if way.key not in named)]
    if not ways:
        raise NotFound(f"Item {shorten(item.id)!r} has no asset that can be shown; see /stac/assets.")
    selections = [parse_selection(Query(way.params, {})) for way in ways]
    number, choice, headers = await open_first(rt, dataset, selections)
    name = choice.sources[0].name
    best = fitted(ways[number], name, headers[0]) if len(headers) == 1 else _stretched(ways[number])
    bands = item_bands(item)
    if not item.assets[name].bands and len(headers[0].indexes) > 1:
        bands = [each for band in bands for each in (header_bands(headers[0], name) if band.name == name else [band])]
    return (
        item.id,
        item.bounds_wgs84 or union_wgs84(headers),
        bands,
        [best, *map(_stretched, ways[:number]), *map(_stretched, ways[number + 1 :])],
    )


def _stretched(way: Preset) -> Preset:
    """Stretch what does not say how values become colours, but for a picture; its files were not opened."""
    return way if way.is_styled or way.key == "visual" else replace(way, params={**way.params, **AUTO})


def _renders(rt: Runtime, dataset: DatasetRef, item: Item) -> list[Preset]:
    """Renders of the item that can be shown."""
    return [
        Preset(key=key, title=str(render.get("title") or key), params=query_of_render(render))
        for key, render in item.renders.items()
        if why_not(rt, dataset, item, render) is None
    ]


def _band(band: BandEntry) -> dict[str, Any]:
    return {
        "name": band.name,
        "params": {name: list(values) for name, values in band.params.items()},
        "variable": band.variable,
        "common_name": band.common_name,
        "title": band.title,
    }


def _preset(preset: Preset) -> dict[str, Any]:
    params = {name: list(values) for name, values in preset.params.items()}
    return {"id": preset.key, "title": preset.title, "params": params}
