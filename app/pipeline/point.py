"""The story of the values at one point: it leaves the flow after *compute*."""

from __future__ import annotations

from app.compute.stack import calculate_point, stack_points
from app.model.raster import PointValues
from app.model.request import PointRequest
from app.pipeline.clock import step
from app.plan.reads import plan_sample
from app.runtime import Runtime


async def read_point(rt: Runtime, req: PointRequest) -> PointValues:
    """Read all selected bands under a point, and apply the expression to them."""
    with step("item"):
        choice = await rt.resolver.choice(req.dataset, req.selection)
    with step("headers"):
        headers = await rt.reader.headers(choice.sources)
    sample = plan_sample(choice, headers, req)
    with step("read"):
        pieces = await rt.reader.sample(sample)
    own = [
        calculate_point(piece, read.source.expression, {f"b{index}": at for at, index in enumerate(read.indexes)})
        for piece, read in zip(pieces, sample.reads, strict=True)
    ]
    return calculate_point(stack_points(own), sample.expression, sample.bands)
