"""The story of how a picture would be made: everything up to the reading, told as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.access.rates import charge
from app.model.plan import Plan, PlannedRead
from app.model.request import ImageRequest
from app.pipeline.lookup import choose, open_headers
from app.plan.crs import name_crs
from app.plan.reads import plan_reads
from app.read.reader import Explained
from app.runtime import Runtime


async def explain_image(rt: Runtime, req: ImageRequest) -> dict[str, Any]:
    """Say what would be read for a picture, at which resolution, and by which driver."""
    choice = await choose(rt, req.dataset, req.selection)
    charge(len(choice.files))
    headers = await open_headers(rt, choice.files)
    plan = plan_reads(choice, headers, req)
    rt.limits.check(plan, req.format)
    reads = [_read(read, how) for read, how in zip(plan.reads, await rt.reader.explain(plan), strict=True)]
    masks = [
        {**asdict(mask.rule), **_read(mask.read, how)}
        for mask, how in zip(plan.masks, await rt.reader.explain(plan.veil) if plan.veil else [], strict=True)
    ]
    return {
        "dataset": choice.name,
        "grid": _grid(plan),
        "expression": _expression(plan),
        "algorithm": _algorithm(plan),
        "reads": reads,
        "masks": masks,
    }


def _grid(plan: Plan) -> dict[str, Any]:
    grid = plan.shown
    crs = name_crs(grid.crs) if grid.crs else None
    return {"crs": crs, "bounds": list(grid.bounds), "width": grid.width, "height": grid.height}


def _expression(plan: Plan) -> dict[str, Any] | None:
    return {"text": plan.expression.text, "bands": dict(plan.bands)} if plan.expression else None


def _algorithm(plan: Plan) -> dict[str, Any] | None:
    """What is computed at the end, with all parameters, and the pixels read around the picture for it."""
    if plan.algorithm is None:
        return None
    margin = (plan.grid.width - plan.shown.width) // 2
    return {"id": plan.algorithm.id, "parameters": asdict(plan.algorithm), "margin": margin}


def _read(read: PlannedRead, how: Explained) -> dict[str, Any]:
    header = read.header
    width, height = read.level_wh
    return {
        "source": read.source.name,
        "bands": list(read.indexes),
        "overview": read.overview,
        "level": {"width": width, "height": height, "of": [header.width, header.height]},
        "pixels": round(read.pixels),
        "dtype": header.dtype,
        "nodata": None if header.nodata is None else str(header.nodata),
        **{name: value for name, value in asdict(how).items() if value is not None},
    }
