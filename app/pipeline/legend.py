"""The story of a legend: the colours of sample values, as exactly this render draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.access.rates import charge
from app.encode.channels import with_colors
from app.encode.encode import fits
from app.errors import shorten
from app.model.choice import Choice
from app.model.legend import Bar, Legend
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import ColormapTable, DatasetKind, ImageRequest, Rgba
from app.model.source import Header
from app.pipeline.autoscale import settle_ranges
from app.pipeline.image import own_colormap, rehearse, rehearsed, shows_own_range, stylize
from app.pipeline.lookup import choose, open_headers
from app.pipeline.mosaic import settle_mosaic
from app.plan.reads import plan_rehearsal
from app.runtime import Runtime
from app.style.colormap import is_full_table
from app.style.legend import COLORS, bar, classes, samples, spans, used_colors

CHANNELS = ("Red", "Green", "Blue")
TITLE_MAX = 200
OWN_CLASSES_MAX = 64
"""A file's own table of more colours is a ramp."""


async def describe_legend(rt: Runtime, req: ImageRequest) -> Legend:
    """Tell what the colours of a render mean; of its pixels none is read, but for ``rescale=auto``.

    Raises:
        SwathError: Whatever a picture of ``req`` would raise.
    """
    choice = await choose(rt, req.dataset, req.selection)
    charge(len(choice.files))
    headers = await open_headers(rt, choice.files)
    plan = plan_rehearsal(choice, headers, req)
    await rt.workers.run(rehearse, plan, req)
    if req.style.auto is not None:
        req = await _settled(rt, choice, headers, req)
    return await rt.workers.run(legend_of, choice.name, plan, req)


async def _settled(rt: Runtime, choice: Choice, headers: Sequence[Header], req: ImageRequest) -> ImageRequest:
    """Ranges in the place of ``rescale=auto``."""
    if req.dataset.kind is DatasetKind.SEARCH:
        return await settle_mosaic(rt, req)
    return await settle_ranges(rt, choice, headers, req)


def legend_of(name: str, plan: Plan, req: ImageRequest) -> Legend:
    """The legend of a plan that has been rehearsed, with ranges in numbers.

    Args:
        name: Of the dataset: the title where the bands say nothing, or are named one by one.
    """
    raster = rehearsed(plan)
    if len(raster.data) > 1:
        return Legend(title=shorten(name, TITLE_MAX), bars=tuple(_channels(raster, plan, req)))
    title = shorten(name, TITLE_MAX) if raster.descriptions == ("b1",) else _named(raster.descriptions[0])
    table = req.style.colormap or _own(plan, req)
    if table is not None and not is_full_table(table):
        return Legend(title=title, classes=classes(table, req.style))
    return Legend(title=title, bars=(_ramp(raster, plan, req),))


def _own(plan: Plan, req: ImageRequest) -> ColormapTable | None:
    """The file's own colours, if they are so few that they are classes."""
    table = own_colormap(plan, req)
    if table is None:
        return None
    used = used_colors(table)
    return used if len(used) <= OWN_CLASSES_MAX else None


def _ramp(raster: Raster, plan: Plan, req: ImageRequest) -> Bar:
    [span] = _spans(raster, plan, req)
    [colors] = _colors(raster, samples(span, _kept(raster, req))[np.newaxis, np.newaxis], plan, req)
    return bar("", span, colors)


def _channels(raster: Raster, plan: Plan, req: ImageRequest) -> Iterator[Bar]:
    """A bar for red, green and blue, each while the other two have their lowest value."""
    ranges = _spans(raster, plan, req)
    dtype = _kept(raster, req)
    values = np.stack([samples(span, dtype) for span in ranges])
    data = np.repeat(values[:, np.newaxis, :1], COLORS, axis=2).repeat(len(values), axis=1)
    for index, line in enumerate(values):
        data[index, index] = line
    for name, told, span, colors in zip(
        CHANNELS, raster.descriptions, ranges, _colors(raster, data, plan, req), strict=True
    ):
        yield bar(f"{name}: {_named(told)}", span, colors)


def _spans(raster: Raster, plan: Plan, req: ImageRequest) -> tuple[tuple[float, float], ...]:
    table = None if shows_own_range(req) else req.style.colormap or own_colormap(plan, req)
    return spans(raster, req.style, table, raw=fits(raster, req.format))


def _kept(raster: Raster, req: ImageRequest) -> np.dtype[Any]:
    """The dtype that decides how values are shown; with ``rescale`` it does not, and values between integers may be."""
    return np.dtype(np.float64) if req.style.rescale else raster.data.dtype


def _colors(raster: Raster, data: NDArray[Any], plan: Plan, req: ImageRequest) -> Sequence[Sequence[Rgba]]:
    """Colours of values ``(band, line, n)``: for each line ``n`` of them."""
    drawn = with_colors(stylize(replace(raster, data=data, mask=np.ones(data.shape, bool)), plan, req))
    values = drawn.data if len(drawn.data) == 3 else np.repeat(drawn.data[:1], 3, axis=0)
    if values.dtype == np.uint16:
        values = values >> 8
    colors = np.concatenate([values, drawn.opacity[np.newaxis]]).astype(np.uint8)
    return [[(r, g, b, a) for r, g, b, a in line] for line in np.moveaxis(colors, 0, -1).tolist()]


def _named(description: str) -> str:
    """The asset alone, where its first band is meant, as most have one; shortened, as it is anybody's text."""
    return shorten(description.removesuffix("_b1"), TITLE_MAX)
