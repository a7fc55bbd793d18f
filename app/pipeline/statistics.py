"""The stories of numbers: over the whole of a dataset, and over each of its assets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from app.access.price import price
from app.access.rates import charge
from app.cache.flight import together
from app.cache.name import name_of
from app.compute.shape import coverage, cut
from app.compute.stack import compute
from app.compute.statistics import Measured, measure
from app.model.choice import Choice
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import DatasetKind, ImageRequest, Selection, Tally
from app.model.source import Header
from app.observe.record import step
from app.pipeline.about import EVERYTHING
from app.pipeline.image import taken
from app.pipeline.lookup import choose, open_headers, read_pixels
from app.pipeline.mosaic import compose
from app.plan.reads import plan_reads
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
    if req.dataset.kind is DatasetKind.SEARCH:
        return keyed(req, await measure_mosaic(rt, req, tally))
    choice, headers = await open_chosen(rt, req)
    [found] = await _measure_all(rt, [plan_reads(choice, headers, req)], tally)
    return keyed(req, found)


async def measure_mosaic(rt: Runtime, req: ImageRequest, tally: Tally) -> Measured:
    """Measure what becomes of the scenes of a search."""
    req = replace(req, selection=with_everything(req))
    composed = await compose(rt, req, lambda plan: rt.limits.check_measured(plan, tally.cover_scale))
    return await rt.patient.run(_measured, composed.raster, composed.plan, tally)


async def measure_assets(rt: Runtime, req: ImageRequest, tally: Tally) -> dict[str, Statistics]:
    """Measure each asset by itself; its bands are named and described as if it were alone."""
    choice, headers = await open_chosen(rt, req)
    found = await measure_each(rt, req, choice, headers, tally)
    return {source.name: each for source, each in zip(choice.sources, found, strict=True)}


async def measure_each(
    rt: Runtime, req: ImageRequest, choice: Choice, headers: Sequence[Header], tally: Tally
) -> list[Statistics]:
    """Measure each source by itself, at the resolution that its own size gives it."""
    veiling = headers[len(choice.sources) :]
    alone = [Choice(name=choice.name, sources=(source,), masks=choice.masks) for source in choice.sources]
    plans = [plan_reads(each, (header, *veiling), req) for each, header in zip(alone, headers, strict=False)]
    found = await _measure_all(rt, plans, tally)
    return [_without_prefix(each, source.prefix) for each, source in zip(found, choice.sources, strict=True)]


async def _measure_all(rt: Runtime, plans: Sequence[Plan], tally: Tally) -> list[Measured]:
    """Judge and charge all, then measure each."""
    for plan in plans:
        rt.limits.check_measured(plan, tally.cover_scale)
    charge_all(plans)
    return await some_at_once(lambda plan: measure_plan(rt, plan, tally), plans)


def charge_all(plans: Iterable[Plan]) -> None:
    """Charge all in one sum, before any is read: who comes again when a refusal says so is answered.

    Raises:
        RateExceeded: The caller has not so much left.
    """
    charge(sum(map(price, plans)))


async def open_chosen(rt: Runtime, req: ImageRequest) -> tuple[Choice, Sequence[Header]]:
    """Choose what is asked for, else everything, and open it."""
    choice = await choose(rt, req.dataset, with_everything(req))
    return choice, await open_headers(rt, choice.files)


def with_everything(req: ImageRequest) -> Selection:
    """What is asked for; of an item, of which nothing is asked for, all rasters."""
    selection = req.selection
    if req.dataset.kind is DatasetKind.COG or selection.assets or selection.expression:
        return selection
    return replace(selection, assets=EVERYTHING.assets)


async def some_at_once(call: Callable[[Plan], Awaitable[T]], plans: Sequence[Plan]) -> list[T]:
    """Call with each plan, a few at the same time; results in order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(plan: Plan) -> T:
        async with gate:
            return await call(plan)

    return await together(one(plan) for plan in plans)


async def measure_plan(rt: Runtime, plan: Plan, tally: Tally) -> Measured:
    """Read and measure; equal requests at the same moment share the work."""
    told = plan.expression.descriptions if plan.expression else ()  # the plan's name leaves them out
    name = name_of(rt.settings.driver, plan.key, tally, told)
    return await rt.counting.run(name, lambda: _count(rt, plan, tally))


async def _count(rt: Runtime, plan: Plan, tally: Tally) -> Measured:
    rt.patient.refuse_long_wait()
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await read_pixels(rt, plan)
        with step("finish"):
            return await rt.patient.run(_finish, pieces, plan, tally)


def _finish(pieces: list[Piece], plan: Plan, tally: Tally) -> Measured:
    return _measured(cut(compute(taken(pieces), plan), plan.shape), plan, tally)


def _measured(raster: Raster, plan: Plan, tally: Tally) -> Measured:
    covered = None if plan.shape is None else coverage(plan.shown, plan.shape, tally.cover_scale)
    return measure(raster, tally, covered)


def _without_prefix(measured: Measured, prefix: str) -> Statistics:
    """The bands of one asset; that it is this one need not be said of each."""
    return {name: {**each, "description": each["description"].removeprefix(prefix)} for name, each in measured}


def keyed(req: ImageRequest, measured: Measured) -> Statistics:
    """By name; the bands of an item are counted over all of its assets."""
    if req.dataset.kind is DatasetKind.COG:
        return dict(measured)
    return {f"b{number}": each for number, (_, each) in enumerate(measured, 1)}
