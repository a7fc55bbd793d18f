"""The layers of a WMTS: what the query selects, else each render of the item; in each tile matrix set."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from fastapi import Request
from morecantile import TileMatrixSet

from app.api.access import is_signed
from app.api.dataset import dataset_ref, runtime
from app.api.dialect import READING, RENDER, STYLING
from app.api.params import FORMATS
from app.api.query import Query
from app.api.renders import with_render
from app.api.templates import Pairs, survey_request, tile_template
from app.api.tiles import TileOptions, zooms_asked
from app.api.wmts import Layer
from app.errors import BadRequest, NotFound, OutOfBounds, UpstreamUnusable, shorten
from app.model.request import DatasetKind, DatasetRef
from app.pipeline.lookup import fetch_item
from app.pipeline.searches import list_days
from app.pipeline.survey import Survey
from app.pipeline.tilesets import WantedSet, describe_tilesets
from app.plan.bounds import on_the_globe
from app.plan.tiling import Tileset

PLACES = "{TileMatrix}/{TileCol}/{TileRow}"
RENDERS_MAX = 16
"""Renders of an item that become layers; each opens assets of its own."""
DEFAULT = "default"
"""Name of the layer of the query itself."""
SELECTING = ("assets", "bands", "expression", "index", "asset_bidx", "asset_expression", "render")
_OF_RENDERS = frozenset(name for each in (RENDER, *READING, *STYLING) for name in (each.name, *each.aliases))
_ZOOMS = re.compile(r"(\*|[A-Za-z0-9._\-]{1,64})::([0-9]{1,2}),([0-9]{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a document of layers is asked for.

    Attributes:
        query: The parameters, by today's names.
        pairs: The query of the tiles, as it was written.
        sets: At least one.
        extension: Of the tiles.
    """

    ds: DatasetKind
    query: Query
    pairs: Pairs
    sets: Sequence[TileMatrixSet]
    options: TileOptions
    extension: str


async def find_layers(request: Request, asked: Asked) -> list[Layer]:
    """Find all layers, at least one: what the query selects, else each render of the item that can be shown.

    A document of one layer is opened by programs that do not ask which (GDAL), so renders are not added to it.

    Raises:
        SwathError: What the query selects cannot be shown, or it selects nothing and there is no render.
    """
    if asked.ds is DatasetKind.COG or any(asked.query.text(name) for name in SELECTING):
        return await _layers(request, asked, DEFAULT)
    layers: list[Layer] = []
    async for name, render in _renders(request, asked):
        try:
            layers += await _layers(request, render, name)
        except (BadRequest, NotFound, UpstreamUnusable):
            continue
    return layers or await _layers(request, asked, DEFAULT)  # which tells what is missing


async def _layers(request: Request, asked: Asked, name: str) -> list[Layer]:
    """What the query asks for, in every set that reaches the data.

    Raises:
        OutOfBounds: None of them does.
    """
    query = await with_render(request, asked.ds, asked.query)
    req = survey_request(request, asked.ds, query, asked.options.format)
    wanted = [_wanted(query, tms) for tms in asked.sets]
    rt = runtime(request)
    seen, found = await describe_tilesets(rt, req, wanted)
    tilesets = [each for each in found if each is not None]
    if not tilesets:
        raise without_tiles(asked.sets[0])
    layers = [_layer(request, asked, name, seen, tileset) for tileset in tilesets]
    return await _with_days(request, req.dataset, layers) if _has_days(request, asked) else layers


def without_tiles(tms: TileMatrixSet) -> OutOfBounds:
    """Make the error of a tile matrix set that has no tile of the data at the zooms asked for."""
    return OutOfBounds(
        f"No tile of {tms.id} touches the data, at the zooms that it has or that minzoom and maxzoom leave; take "
        "another tile matrix set: WebMercatorQuad reaches everything but the poles."
    )


def _layer(request: Request, asked: Asked, name: str, seen: Survey, tileset: Tileset) -> Layer:
    """One layer, by the identifier that TiTiler 2.x gives it, so that saved projects of map programs find it."""
    tms, url = str(tileset.tms.id), dataset_ref(request, asked.ds, asked.query).url
    title = seen.name if name == DEFAULT else f"{seen.name}, {name}"
    ending = f"@{asked.options.scale}x.{asked.extension}"
    return Layer(
        identifier=f"{url}_{tms}_{name}",
        title=title if len(asked.sets) == 1 else f"{title} ({tms})",
        bounds_wgs84=on_the_globe(seen.bounds_wgs84),
        media_type=FORMATS[asked.extension].media_type,
        tileset=tileset,
        template=tile_template(request, asked.ds, tms, ending, places=PLACES, pairs=asked.pairs),
    )


def _has_days(request: Request, asked: Asked) -> bool:
    """Whether a day can be chosen of what is shown: of a search, unless the URL has one, or is signed as it is."""
    return asked.ds is DatasetKind.SEARCH and asked.query.text("time") is None and not is_signed(request)


async def _with_days(request: Request, dataset: DatasetRef, layers: Sequence[Layer]) -> list[Layer]:
    """Add the days of the scenes, and the place of a day in the URL of the tiles."""
    days = await list_days(runtime(request), dataset)
    return [replace(layer, days=days, template=f"{layer.template}&time={{Time}}") for layer in layers]


async def _renders(request: Request, asked: Asked) -> AsyncIterator[tuple[str, Asked]]:
    """What each render of the item asks for: itself, and nothing of how the query would have it shown."""
    if asked.ds is DatasetKind.COG:
        return
    item = await fetch_item(runtime(request), dataset_ref(request, asked.ds, asked.query))
    query, pairs = asked.query, [pair for pair in asked.pairs if pair[0] not in _OF_RENDERS]
    rest = {name: values for name, values in query.values.items() if name not in _OF_RENDERS}
    for name in islice(item.renders, RENDERS_MAX):
        shown = Query({**rest, RENDER.name: [name]}, query.spelling, query.ignored)
        yield name, replace(asked, query=shown, pairs=[*pairs, (RENDER.name, name)])


def _wanted(query: Query, tms: TileMatrixSet) -> WantedSet:
    """A set, with zooms of ``minzoom`` and ``maxzoom``, else of ``zooms``, else of the data."""
    low, high = zooms_asked(query)
    by_set = {name: zooms for value in query.all("zooms") for name, zooms in [_zooms(query, value)]}
    told_low, told_high = by_set.get(str(tms.id)) or by_set.get("*") or (None, None)
    return WantedSet(tms=tms, minzoom=told_low if low is None else low, maxzoom=told_high if high is None else high)


def _zooms(query: Query, value: str) -> tuple[str, tuple[int, int]]:
    match = _ZOOMS.fullmatch(value)
    if match is None or int(match[2]) > int(match[3]):
        raise query.fault("zooms", value, "is not set::low,high, such as WebMercatorQuad::8,14 or *::8,14")
    return match[1], (int(match[2]), int(match[3]))


def render_of_layer(ds: DatasetKind, url: str, tms: str, layer: str | None) -> str | None:
    """The render that a layer's identifier names, or None for the layer of the query itself.

    Raises:
        BadRequest: It is not the identifier of a layer.
    """
    name = (layer or DEFAULT).removeprefix(f"{url}_{tms}_")
    if name == DEFAULT:
        return None
    if ds is DatasetKind.COG or name.startswith(url):
        told = f"is not a layer of this service in {shorten(tms, 64)}; the one of the query is {DEFAULT!r}"
        raise BadRequest.of("LAYER", layer, told)
    return name


@lru_cache(maxsize=64)
def query_of_layer(query: Query, render: str | None) -> Query:
    """What the tiles of a layer ask for: the query, or a render of the item; blank pictures where there are no data."""
    values = query.values
    if render is not None:
        values = {name: given for name, given in values.items() if name not in _OF_RENDERS}
        values = {**values, RENDER.name: [render]}
    return Query({"empty": ["blank"], **values}, query.spelling, query.ignored)
