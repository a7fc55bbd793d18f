"""The story of the values at one point: it leaves the flow after *compute*."""

from __future__ import annotations

from dataclasses import dataclass

from app.access.rates import charge
from app.compute.stack import combine
from app.model.choice import Choice
from app.model.raster import Raster
from app.model.request import PointRequest
from app.observe.record import step
from app.pipeline.lookup import choose, open_headers, sample_pixels
from app.plan.reads import plan_sample
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class PointValues:
    """Values at a point, as a raster of one pixel.

    Attributes:
        dataset: An item's id, or a file's name.
        counts: Bands of each source, in order; of an expression, one count for all its outputs.
    """

    dataset: str
    raster: Raster
    counts: tuple[int, ...]


async def read_point(rt: Runtime, req: PointRequest) -> PointValues:
    """Read all selected bands under a point, and apply the expression to them."""
    return await read_point_of(rt, await choose(rt, req.dataset, req.selection), req)


async def read_point_of(rt: Runtime, choice: Choice, req: PointRequest) -> PointValues:
    """The same of sources that are chosen already."""
    charge(len(choice.files))
    headers = await open_headers(rt, choice.files)
    plan = plan_sample(choice, headers, req)
    rt.limits.check_blocks(plan.all_reads)
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await sample_pixels(rt, plan)
    raster = combine((piece() for piece in pieces), plan)
    alone = (len(raster.names),)
    counts = alone if plan.expression else tuple(read.band_count for read in plan.reads)
    return PointValues(dataset=choice.name, raster=raster, counts=counts)
