"""``render=name``: what an item says of how to show it takes the place of what the query leaves open."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from fastapi import Request

from app.api.dataset import dataset_ref, runtime
from app.api.dialect import COMPUTING, READING, RENDER, STYLING
from app.api.params import parse_selection, parse_style
from app.api.query import Query
from app.errors import SwathError, shorten
from app.model.item import Item
from app.model.request import DatasetKind, DatasetRef
from app.pipeline.allowance import Cost, allowance
from app.pipeline.lookup import fetch_item
from app.runtime import Runtime

MERGED_MAX = 64
"""Merged queries kept; each holds its item in memory."""

_SPELLINGS = {name: each.name for each in (*READING, *COMPUTING, *STYLING) for name in (each.name, *each.aliases)}
_RIVALS = ({"colormap", "colormap_name"}, {"expression", "index"})
"""Parameters of which one replaces the other."""


async def with_render(request: Request, ds: DatasetKind, query: Query) -> Query:
    """The query with the words of the render that it names; itself when it names none.

    The item is fetched within the caller's allowance, so that an answer has one deadline; else within one of a tile.

    Raises:
        BadRequest: The item has no such render.
    """
    if query.text(RENDER.name) is None:
        return query
    return await merge_render(runtime(request), dataset_ref(request, ds, query), query)


async def merge_render(rt: Runtime, dataset: DatasetRef, query: Query) -> Query:
    """As ``with_render``, for who has no HTTP request."""
    name = query.text(RENDER.name)
    if name is None:
        return query
    async with allowance(rt, Cost.TILE):
        item = await fetch_item(rt, dataset)
    return _merged(query, item, name)


@lru_cache(maxsize=MERGED_MAX)
def _merged(query: Query, item: Item, name: str) -> Query:
    if name not in item.renders:
        raise query.fault(
            RENDER.name, name, f"is not a render of item {shorten(item.id)!r}; {told_renders(item, name)}"
        )
    taken = {word for word in query.values if query.all(word)}
    taken |= {word for rivals in _RIVALS if rivals & taken for word in rivals}
    added = {word: values for word, values in query_of_render(item.renders[name]).items() if word not in taken}
    return Query({**query.values, **added}, query.spelling, query.ignored)


def told_renders(item: Item, name: str) -> str:
    """Name the renders that an item has, or the one that was meant."""
    if not item.renders:
        return "it has none"
    near = difflib.get_close_matches(name[:80], item.renders, n=1)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(shorten, item.renders))}"


def why_not(rt: Runtime, dataset: DatasetRef, item: Item, render: Mapping[str, Any]) -> str | None:
    """Why the render cannot be shown, as far as the item tells, or None."""
    query = Query(query_of_render(render), {})
    try:
        parse_style(query)
        rt.resolver.choice(dataset, item, parse_selection(query))
    except SwathError as error:
        return error.detail
    return None


def query_of_render(render: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Write a render as the query that it stands for, by today's names; what has no meaning in a query is left out."""
    words: dict[str, Sequence[str]] = {
        _SPELLINGS[name]: values for name in render if name in _SPELLINGS and (values := _texts(render[name]))
    }
    zooms = render.get("minmax_zoom")
    if isinstance(zooms, list) and len(zooms) == 2 and all(isinstance(zoom, int) for zoom in zooms):
        words |= {"minzoom": [str(zooms[0])], "maxzoom": [str(zooms[1])]}
    return words


def _texts(value: Any) -> list[str]:
    """Every value as one parameter: ``[[0, 1], [0, 2]]`` is ``0,1`` and ``0,2``, an object is JSON."""
    if isinstance(value, list):
        return [
            ",".join(filter(None, map(_text, each))) if isinstance(each, list) else _text(each) or "" for each in value
        ]
    text = json.dumps(value) if isinstance(value, Mapping) else _text(value)
    return [] if text is None else [text]


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None
