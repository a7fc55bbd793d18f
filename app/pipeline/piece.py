"""The story of a piece of something larger: the steps of a picture, up to where the pieces are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.access.price import charge_picture
from app.compute.shape import cut
from app.compute.stack import compute
from app.errors import OutOfBounds
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import ImageRequest
from app.observe.record import step
from app.pipeline.autoscale import settle_ranges
from app.pipeline.image import stylize, taken
from app.pipeline.lookup import choose, open_headers, read_pixels
from app.plan.reads import plan_reads
from app.read.reader import Piece
from app.runtime import Runtime

T = TypeVar("T")


async def plan_whole(rt: Runtime, req: ImageRequest) -> Plan:
    """Plan all that ``req`` asks for, however large, to be read in pieces.

    Raises:
        SwathError: As ``plan_reads`` does.
    """
    choice = await choose(rt, req.dataset, req.selection)
    return plan_reads(choice, await open_headers(rt, choice.files), req)


async def draw_piece(rt: Runtime, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    """Read, compute and style one piece, and hand it to ``use`` in a worker.

    Returns:
        What ``use`` gives; None where no pixel is valid.

    Raises:
        SwathError: As ``render_image``, but for ``OutOfBounds``.
    """
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


def _finish(pieces: list[Piece], plan: Plan, req: ImageRequest, use: Callable[[Raster], T]) -> T | None:
    raster = stylize(cut(compute(taken(pieces), plan), plan.shape), plan, req)
    return use(raster) if raster.valid.any() else None
