"""What the colours of a map mean, for the same query as its tiles."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import LEGEND, ORIENTATION, documented
from app.api.params import parse_format, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import named_response
from app.api.route import PlainRoute
from app.api.tiles import tile_scale
from app.cache.name import name_of
from app.encode.legend.layout import lay_out
from app.encode.legend.png import draw_png
from app.encode.legend.svg import write_svg
from app.errors import BadRequest
from app.model.grid import Frame
from app.model.legend import Bar, Class, Legend
from app.model.request import DatasetKind, ImageRequest, Rgba
from app.pipeline.allowance import Cost, allowance
from app.pipeline.legend import describe_legend

router = APIRouter(tags=["About a dataset"], route_class=PlainRoute)

MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml", "json": "application/json"}


@router.get("/{ds:dataset}/legend.{kind}", openapi_extra=documented(LEGEND))
async def legend(request: Request, ds: DatasetKind, kind: str) -> Response:
    """The legend of exactly this picture, as `png`, `svg` or `json`; `scale=2` is for sharp screens."""
    if kind not in MEDIA_TYPES:
        raise BadRequest.of("kind", kind, f"is not a format of legends; there are {', '.join(MEDIA_TYPES)}")
    rt = runtime(request)
    query = await with_render(request, ds, query_of(request, ds, LEGEND))
    vertical = query.choice("orientation", ORIENTATION.values) == "vertical"
    scale = tile_scale(query, None, "scale")
    req = _request(request, ds, query)
    async with allowance(rt, Cost.TILE):
        found = await describe_legend(rt, req)
        name = name_of("legend", found, kind, vertical, scale)
        make = lambda: rt.workers.run(_written, found, kind, vertical=vertical, scale=scale)  # noqa: E731
        return await named_response(request, query, name, MEDIA_TYPES[kind], make)


def _request(request: Request, ds: DatasetKind, query: Query) -> ImageRequest:
    """The picture; of what a tile may also say, its place and size make no difference."""
    format = parse_format(query, None)
    return ImageRequest(
        dataset=dataset_ref(request, ds, query),
        selection=parse_selection(query),
        frame=Frame(width=1, height=1),
        style=parse_style(query),
        format=format if format and format.is_picture else None,
    )


def _written(legend: Legend, kind: str, *, vertical: bool, scale: int) -> bytes:
    if kind == "json":
        return json.dumps(legend_body(legend), ensure_ascii=False, allow_nan=False).encode()
    drawing = lay_out(legend, vertical=vertical)
    return write_svg(drawing) if kind == "svg" else draw_png(drawing, scale)


def legend_body(legend: Legend) -> dict[str, Any]:
    """The legend in JSON types: a ramp, channels or classes, with colours as ``#rrggbbaa``."""
    classes = [_class(each) for each in legend.classes]
    return {
        "title": legend.title,
        "kind": legend.kind,
        "bars": [_bar(each) for each in legend.bars],
        "classes": classes,
    }


def _class(each: Class) -> dict[str, Any]:
    return {"low": _finite(each.low), "high": _finite(each.high), "label": each.label, "color": _hex(each.color)}


def _finite(value: float) -> float | None:
    """JSON has no infinity, where an interval may end."""
    return value if math.isfinite(value) else None


def _bar(bar: Bar) -> dict[str, Any]:
    return {
        "name": bar.name,
        "low": bar.low,
        "high": bar.high,
        "ticks": [asdict(tick) for tick in bar.ticks],
        "stops": _stops(bar.low, bar.high, bar.colors),
    }


def _stops(low: float, high: float, colors: Sequence[Rgba]) -> list[dict[str, Any]]:
    """The value at which each colour begins."""
    last = len(colors) - 1
    return [
        {"value": low * (1 - index / last) + high * (index / last), "color": _hex(color)}
        for index, color in enumerate(colors)
    ]


def _hex(color: Rgba) -> str:
    return "#" + bytes(color).hex()
