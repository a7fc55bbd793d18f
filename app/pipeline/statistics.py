"""The stories of numbers: over the whole of a dataset, over each of its assets, over shapes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from app.access.price import charge_picture
from app.cache.flight import together
from app.cache.name import name_of
from app.compute.shape import coverage, cut
from app.compute.stack import compute
from app.compute.statistics import Measured, measure
from app.errors import BadRequest, OutOfBounds
from app.model.choice import Choice
from app.model.plan import Plan
from app.model.request import DatasetKind, ImageRequest, Tally
from app.model.shape import Shape
from app.model.source import Header
from app.observe.record import step
from app.pipeline.about import EVERYTHING
from app.pipeline.image import taken, zeros
from app.pipeline.lookup import choose, open_headers
from app.plan.reads import plan_reads, plan_rehearsal
from app.read.reader import Piece
from app.runtime import Runtime

T = TypeVar("T")

AT_ONCE = 4
"""Assets or shapes of one request that are read at the same time."""

Statistics = dict[str, dict[str, Any]]
"""Band to its numbers."""


async def measure_whole(rt: Runtime, req: ImageRequest, tally: Tally) -> Statistics:
    """Measure the whole dataset on a picture of the size that the request's frame gives it.

    Of an item without assets asked for, all rasters are measured; ``b1`` is then the first band of the first one.
    """
    choice, headers = await open_chosen(rt, req)
    return _keyed(req, await _measure(rt, plan_reads(choice, headers, req), tally))


async def measure_assets(rt: Runtime, req: ImageRequest, tally: Tally) -> dict[str, Statistics]:
    """Measure each asset by itself; its bands are named and described as if it were alone."""
    choice, headers = await open_chosen(rt, req)
    found = await measure_each(rt, req, choice, headers, tally)
    return {source.name: each for source, each in zip(choice.sources, found, strict=True)}


async def measure_each(
    rt: Runtime, req: ImageRequest, choice: Choice, headers: Sequence[Header], tally: Tally
) -> list[Statistics]:
    """Measure each source by itself, at the resolution that its own size gives it."""

    async def alone(number: int) -> Statistics:
        source = choice.sources[number]
        plan = plan_reads(Choice(name=choice.name, sources=(source,)), (headers[number],), req)
        found = await _measure(rt, plan, tally)
        return {name: {**each, "description": each["description"].removeprefix(source.prefix)} for name, each in found}

    return await _some_at_once(alone, len(headers))


async def measure_shapes(rt: Runtime, req: ImageRequest, shapes: Sequence[Shape], tally: Tally) -> list[Statistics]:
    """Measure what lies in each shape; a pixel counts by how much of it the shape covers.

    Raises:
        OutOfBounds: None of the shapes touches the data. Of several, those that do not have no values.
    """
    choice, headers = await open_chosen(rt, req)

    async def within(number: int) -> Measured | None:
        shape = shapes[number]
        shaped = replace(req, shape=shape, frame=replace(req.frame, bounds=shape.bounds))
        try:
            return await _measure(rt, plan_reads(choice, headers, shaped), tally)
        except OutOfBounds:
            if len(shapes) == 1:
                raise
            return None
        except BadRequest as error:
            if len(shapes) == 1:
                raise
            raise error.about(f"features[{number}]") from error

    found = await _some_at_once(within, len(shapes))
    if not any(found):
        raise OutOfBounds(f"None of the {len(shapes)} features touches the data; /bounds says where they are.")
    nothing = [] if all(found) else _nothing(choice, headers, req, tally)
    return [_keyed(req, each or nothing) for each in found]


async def open_chosen(rt: Runtime, req: ImageRequest) -> tuple[Choice, Sequence[Header]]:
    """Choose what is asked for, else everything, and open it."""
    selection = req.selection
    if req.dataset.kind is DatasetKind.STAC and not (selection.assets or selection.expression):
        selection = replace(selection, assets=EVERYTHING.assets)
    choice = await choose(rt, req.dataset, selection)
    return choice, await open_headers(rt, choice.sources)


async def _some_at_once(call: Callable[[int], Awaitable[T]], count: int) -> list[T]:
    """Call with each number below ``count``, a few at the same time; results in order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> T:
        async with gate:
            return await call(number)

    return await together(one(number) for number in range(count))


async def _measure(rt: Runtime, plan: Plan, tally: Tally) -> Measured:
    """Judge, read and measure; equal requests at the same moment share the work."""
    rt.limits.check_measured(plan, tally.cover_scale)
    charge_picture(plan)
    told = plan.expression.descriptions if plan.expression else ()  # the plan's name leaves them out
    name = name_of(rt.settings.driver, plan.key, tally, told)
    return await rt.counting.run(name, lambda: _count(rt, plan, tally))


async def _count(rt: Runtime, plan: Plan, tally: Tally) -> Measured:
    rt.patient.refuse_long_wait()
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await rt.reader.read(plan)
        with step("finish"):
            return await rt.patient.run(_finish, pieces, plan, tally)


def _finish(pieces: list[Piece], plan: Plan, tally: Tally) -> Measured:
    raster = cut(compute(taken(pieces), plan), plan.shape)
    covered = None if plan.shape is None else coverage(plan.shown, plan.shape, tally.cover_scale)
    return measure(raster, tally, covered)


def _nothing(choice: Choice, headers: Sequence[Header], req: ImageRequest, tally: Tally) -> Measured:
    """The numbers of no pixel at all."""
    plan = plan_rehearsal(choice, headers, req)
    raster = compute((zeros(read, plan.grid) for read in plan.reads), plan)
    found = measure(replace(raster, mask=np.zeros(raster.mask.shape, bool)), tally)
    return [(name, {**each, "masked_pixels": 0.0}) for name, each in found]


def _keyed(req: ImageRequest, measured: Measured) -> Statistics:
    """By name; the bands of an item are counted over all of its assets."""
    if req.dataset.kind is DatasetKind.COG:
        return dict(measured)
    return {f"b{number}": each for number, (_, each) in enumerate(measured, 1)}
