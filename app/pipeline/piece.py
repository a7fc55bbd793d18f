"""The story of a piece of something larger: the steps of a picture, up to where the pieces are put together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from app.access.price import charge_picture
from app.cache.name import name_of
from app.compute.shape import cut
from app.compute.stack import compute
from app.errors import OutOfBounds
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import DatasetKind, ImageRequest
from app.observe.record import step
from app.pipeline.autoscale import settle_ranges
from app.pipeline.image import stylize, taken
from app.pipeline.lookup import WGS84, choose, choose_of_scene, open_headers, read_pixels
from app.pipeline.mosaic import Composed, compose, reaching, settle_mosaic, style_scenes
from app.pipeline.searches import scenes_of
from app.plan.reads import plan_reads
from app.read.reader import Piece
from app.runtime import Runtime

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All that is asked for.

    Attributes:
        plan: Of all pixels; of a search that of its first scene there, whose grid and bands are those of all.
        key: Names what is read.
    """

    plan: Plan
    key: str


async def plan_whole(rt: Runtime, req: ImageRequest) -> Whole:
    """Plan all that ``req`` asks for, however large, to be read in pieces.

    Raises:
        SwathError: As ``plan_reads`` does.
    """
    if req.dataset.kind is DatasetKind.SEARCH:
        return await _plan_scenes(rt, req)
    choice = await choose(rt, req.dataset, req.selection)
    plan = plan_reads(choice, await open_headers(rt, choice.files), req)
    return Whole(plan=plan, key=plan.key)


async def _plan_scenes(rt: Runtime, req: ImageRequest) -> Whole:
    found = await scenes_of(rt, req.dataset)
    frame = req.frame if req.frame.bounds else replace(req.frame, bounds=found.bounds_wgs84, bounds_crs=WGS84)
    scenes = reaching(found, frame)
    for scene in scenes:
        choice = await choose_of_scene(rt, scene, req.selection, req.dataset.home)
        with suppress(OutOfBounds):
            plan = plan_reads(choice, await open_headers(rt, choice.files), replace(req, frame=frame))
            return Whole(plan=plan, key=name_of(plan.key, req.dataset.mosaic, [each.id for each in scenes]))
    raise OutOfBounds("None of the scenes of the search has data at this place.")


async def draw_piece(rt: Runtime, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    """Read, compute and style one piece, and hand it to ``use`` in a worker.

    Returns:
        What ``use`` gives; None where no pixel is valid.

    Raises:
        SwathError: As ``render_image``, but for ``OutOfBounds``.
    """
    if req.dataset.kind is DatasetKind.SEARCH:
        return await _draw_scenes(rt, req, use)
    choice = await choose(rt, req.dataset, req.selection)
    headers = await open_headers(rt, choice.files)
    try:
        plan = plan_reads(choice, headers, req)
    except OutOfBounds:
        return None
    rt.limits.check(plan, req.format)
    if req.style.auto is not None:
        req = await settle_ranges(rt, choice, headers, req)
    charge_picture(plan)
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await read_pixels(rt, plan)
        with step("finish"):
            return await rt.workers_for(plan.grid).run(_finish, pieces, plan, req, use)


async def _draw_scenes(rt: Runtime, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    if req.style.auto is not None:
        req = await settle_mosaic(rt, req)
    try:
        composed = await compose(rt, req, lambda plan: rt.limits.check(plan, req.format))
    except OutOfBounds:
        return None
    plan = composed.plan
    with step("finish"):
        return await rt.workers_for(plan.grid).run(_finish_scenes, composed, req, use)


def _finish_scenes(composed: Composed, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    raster = style_scenes(composed, req)
    return use(raster) if raster.valid.any() else None


def _finish(pieces: list[Piece], plan: Plan, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    raster = stylize(cut(compute(taken(pieces), plan), plan.shape), plan, req)
    return use(raster) if raster.valid.any() else None
