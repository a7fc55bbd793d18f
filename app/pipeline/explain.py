"""The story of how a picture would be made: everything up to the reading, told as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.access.rates import charge
from app.errors import LimitExceeded, OutOfBounds, SwathError
from app.model.choice import Choice
from app.model.plan import Plan, PlannedRead
from app.model.request import DatasetKind, ImageRequest
from app.pipeline.lookup import choose, choose_of_scene, open_headers
from app.pipeline.mosaic import reaching
from app.pipeline.scenes import is_of_all
from app.pipeline.searches import scenes_of
from app.plan.crs import name_crs
from app.plan.reads import plan_reads
from app.read.reader import Explained
from app.runtime import Runtime

EXPLAINED_MAX = 8
"""Scenes of a search of which the reads are told."""


async def explain_image(rt: Runtime, req: ImageRequest) -> dict[str, Any]:
    """Say what would be read for a picture, at which resolution, and by which driver."""
    if req.dataset.kind is DatasetKind.SEARCH:
        return await _explain_mosaic(rt, req)
    return await _explain(rt, await choose(rt, req.dataset, req.selection), req)


async def _explain_mosaic(rt: Runtime, req: ImageRequest) -> dict[str, Any]:
    """The same for the scenes of a search that reach the frame: of the first ones what would be read."""
    found = await scenes_of(rt, req.dataset)
    scenes = reaching(found, req.frame)
    told = []
    for scene in scenes[:EXPLAINED_MAX]:
        try:
            choice = await choose_of_scene(rt, scene, req.selection, req.dataset.home)
            told.append(await _explain(rt, choice, req))
        except LimitExceeded:
            raise
        except OutOfBounds:
            told.append({"dataset": scene.id, "reads": []})
        except SwathError as failure:
            if is_of_all(failure):
                raise  # of others, a picture leaves the scene out
            told.append({"dataset": scene.id, "reads": [], "error": failure.slug, "detail": failure.detail})
    return {"search": req.dataset.url, "found": len(found.scenes), "reaching": len(scenes), "scenes": told}


async def _explain(rt: Runtime, choice: Choice, req: ImageRequest) -> dict[str, Any]:
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
