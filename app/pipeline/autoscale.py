"""The story of ``rescale=auto``: ranges measured once on a small picture of the whole, the same for every tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.access.price import charge_picture
from app.cache.name import name_of
from app.compute.stack import compute
from app.model.choice import Choice
from app.model.grid import Frame
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import ImageRequest, Ranges
from app.model.source import Header
from app.observe.record import step
from app.pipeline.lookup import read_pixels
from app.plan.reads import plan_reads
from app.read.reader import Piece
from app.runtime import Runtime

SIDE = 512
"""Longest side of the picture that is measured: a quarter of a million pixels tell percentiles well enough."""


async def settle_ranges(rt: Runtime, choice: Choice, headers: Sequence[Header], req: ImageRequest) -> ImageRequest:
    """Put measured ranges in the place of ``rescale=auto``; they are remembered while the files stay the same.

    Raises:
        LimitExceeded: The whole cannot be read at this size, as a file is large and has no overviews.
    """
    assert req.style.auto is not None
    overview = replace(req, frame=Frame(max_size=SIDE), shape=None)
    plan = plan_reads(choice, headers, overview)
    name = name_of(rt.settings.driver, plan.key, req.style.auto)
    ranges = rt.ranges.get(name)
    if ranges is None:
        rt.limits.check(plan, req.format)
        charge_picture(plan)
        ranges = await rt.measuring.run(name, lambda: _read_ranges(rt, plan, overview))
        rt.ranges[name] = ranges
    return replace(req, style=replace(req.style, rescale=ranges, auto=None))


async def _read_ranges(rt: Runtime, plan: Plan, req: ImageRequest) -> Ranges:
    assert req.style.auto is not None
    rt.workers.refuse_long_wait()
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await read_pixels(rt, plan)
            return await rt.workers.run(_measure, pieces, plan, req.style.auto)


def _measure(pieces: list[Piece], plan: Plan, percentiles: tuple[float, float]) -> Ranges:
    return ranges_of(compute((piece() for piece in pieces), plan), percentiles)


def ranges_of(raster: Raster, percentiles: tuple[float, float]) -> Ranges:
    """Find the percentiles of each band's valid values, to six digits, so that they can be written in a query."""
    return tuple(
        _range(np.percentile(band[mask], percentiles).tolist() if mask.any() else [0.0, 1.0])
        for band, mask in zip(raster.data, raster.mask, strict=True)
    )


def _range(low_high: list[float]) -> tuple[float, float]:
    """A range is never empty: where all values are alike, it is one wide."""
    low, high = (float(f"{value:.6g}") for value in low_high)
    return (low, high) if low < high else (low, low + max(1.0, abs(low) * 1e-5))
