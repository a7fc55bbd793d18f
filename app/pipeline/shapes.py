"""The story of numbers within shapes: all are judged and charged before any is read, and equal ones measured once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from app.compute.statistics import Measured, measure
from app.errors import BadRequest, OutOfBounds, RateExceeded
from app.limits.limits import Limits
from app.model.choice import Choice
from app.model.plan import Plan
from app.model.request import DatasetKind, ImageRequest, Tally
from app.model.shape import Shape
from app.model.source import Header
from app.pipeline.image import rehearsed
from app.pipeline.statistics import (
    Statistics,
    charge_all,
    keyed,
    measure_mosaic,
    measure_plan,
    open_chosen,
    some_at_once,
)
from app.plan.reads import plan_reads, plan_rehearsal
from app.runtime import Runtime


async def measure_shapes(rt: Runtime, req: ImageRequest, shapes: Sequence[Shape], tally: Tally) -> list[Statistics]:
    """Measure what lies in each shape; a pixel counts by how much of it the shape covers.

    Raises:
        OutOfBounds: None of the shapes touches the data. Of several, those that do not have no values.
        LimitExceeded: They are too many to be measured in time.
        RateExceeded: The caller has not enough left for all of them together.
    """
    if req.dataset.kind is DatasetKind.SEARCH:
        return [keyed(req, await _measure_composed(rt, req, shape, tally)) for shape in shapes]
    return await measure_shapes_of(rt, *await open_chosen(rt, req), req, shapes, tally)


async def measure_shapes_of(
    rt: Runtime, choice: Choice, headers: Sequence[Header], req: ImageRequest, shapes: Sequence[Shape], tally: Tally
) -> list[Statistics]:
    """The same of sources that are open already."""
    plans = await rt.patient.run(_plan_shapes, rt.limits, choice, headers, req, shapes, tally)
    distinct = [plan for plan in dict.fromkeys(plans) if plan is not None]
    if not distinct:
        raise OutOfBounds(f"None of the {len(shapes)} features touches the data; /bounds says where they are.")
    rt.limits.check_collection(distinct, tally.cover_scale)
    with _in_parts(len(shapes)):
        charge_all(distinct)

    async def within(plan: Plan) -> Measured:
        with _naming(plans.index(plan), len(shapes)):
            return await measure_plan(rt, plan, tally)

    found: dict[Plan | None, Measured] = dict(zip(distinct, await some_at_once(within, distinct), strict=True))
    if None in plans:
        found[None] = _nothing(choice, headers, req, tally)
    return [keyed(req, found[plan]) for plan in plans]


async def _measure_composed(rt: Runtime, req: ImageRequest, shape: Shape, tally: Tally) -> Measured:
    """Measure what becomes of the scenes of a search within one shape."""
    shaped = replace(req, shape=shape, frame=replace(req.frame, bounds=shape.bounds))
    return await measure_mosaic(rt, shaped, tally)


def _plan_shapes(
    limits: Limits,
    choice: Choice,
    headers: Sequence[Header],
    req: ImageRequest,
    shapes: Sequence[Shape],
    tally: Tally,
) -> list[Plan | None]:
    """Plan and judge what is read for each shape; equal shapes have the same plan, those outside the data have none.

    Raises:
        OutOfBounds: A single shape does not touch the data.
    """
    plans: dict[str, Plan | None] = {}
    for number, shape in enumerate(shapes):
        if shape.key in plans:
            continue
        shaped = replace(req, shape=shape, frame=replace(req.frame, bounds=shape.bounds))
        try:
            with _naming(number, len(shapes)):
                plan = plan_reads(choice, headers, shaped)
                limits.check_measured(plan, tally.cover_scale)
        except OutOfBounds:
            if len(shapes) == 1:
                raise
            plans[shape.key] = None
        else:
            plans[shape.key] = plan
    return [plans[shape.key] for shape in shapes]


@contextmanager
def _naming(number: int, count: int) -> Iterator[None]:
    """Say in an error which of several features it is about."""
    try:
        yield
    except BadRequest as error:
        if count == 1:
            raise
        raise error.about(f"features[{number}]") from error


@contextmanager
def _in_parts(count: int) -> Iterator[None]:
    """Say in a refusal that several features need not come together."""
    try:
        yield
    except RateExceeded as error:
        if count == 1:
            raise
        raise error.about(f"{count} features, which may be sent in parts") from error


def _nothing(choice: Choice, headers: Sequence[Header], req: ImageRequest, tally: Tally) -> Measured:
    """The numbers of no pixel at all."""
    plan = plan_rehearsal(choice, headers, req)
    raster = rehearsed(plan)
    found = measure(replace(raster, mask=np.zeros(raster.mask.shape, bool)), tally)
    return [(name, {**each, "masked_pixels": 0.0}) for name, each in found]
