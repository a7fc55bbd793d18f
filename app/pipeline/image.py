"""The story of a picture: a tile, a crop, a shape or a preview."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

import numpy as np

from app.access.price import charge_picture
from app.cache.name import name_of
from app.compute.shape import cut
from app.compute.stack import compute
from app.encode.encode import choose_format, encode, fits
from app.model.grid import Grid
from app.model.plan import Plan, PlannedRead
from app.model.raster import Raster, Rendered, Unchanged
from app.model.request import Format, ImageRequest, Rgba
from app.observe.record import step
from app.pipeline.autoscale import settle_ranges
from app.pipeline.lookup import choose, open_headers, read_pixels
from app.plan.reads import plan_reads
from app.read.cog.pixels import ranges_of
from app.read.reader import Piece, ready
from app.runtime import Runtime
from app.style.colormap import apply_colormap, is_full_table
from app.style.formula import apply_formula
from app.style.rescale import rescale, rescale_by_type


async def render_image(rt: Runtime, req: ImageRequest, known: Container[str] = ()) -> Rendered | Unchanged:
    """Render a tile, a crop, a shape or a preview: they differ only by ``req.frame``, and what is cut off.

    Args:
        known: Names of the answers that the caller has.
    """
    choice = await choose(rt, req.dataset, req.selection)
    headers = await open_headers(rt, choice.files)
    plan = plan_reads(choice, headers, req)
    rt.limits.check(plan, req.format)
    if req.style.auto is None:
        return replace(await answer_plan(rt, plan, req, known), dataset=choice.name)
    req = await settle_ranges(rt, choice, headers, req)
    return replace(await answer_plan(rt, plan, req, known), dataset=choice.name, rescale=req.style.rescale)


async def answer_plan(rt: Runtime, plan: Plan, req: ImageRequest, known: Container[str]) -> Rendered | Unchanged:
    """Give the answer from memory, or draw it."""
    name = name_of(rt.settings.driver, plan.key, req.style.key, req.format, *_told_names(plan, req.format))
    if name in known:
        return Unchanged(name=name, grid=plan.shown)
    if answer := rt.answers.kept(name):
        return replace(answer, remembered=True)
    charge_picture(plan)
    return await rt.collapse.run(name, lambda: draw(rt, plan, req, name))


def _told_names(plan: Plan, format: Format | None) -> tuple[str, ...]:
    """What the expression calls its results, where the answer tells that."""
    telling = format in (Format.TIFF, Format.NPZ)
    return plan.expression.descriptions if telling and plan.expression else ()


async def draw(rt: Runtime, plan: Plan, req: ImageRequest, name: str) -> Rendered:
    """Read, finish and remember; raises ``Overloaded`` before anything is read when others wait too long already."""
    workers = rt.workers_for(plan.grid)
    workers.refuse_long_wait()
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await read_pixels(rt, plan)
        with step("finish"):
            answer = await workers.run(finish, pieces, plan, req, name)
    rt.answers.keep(name, answer)
    return answer


def finish(pieces: list[Piece], plan: Plan, req: ImageRequest, name: str = "") -> Rendered:
    """Compute, style and encode: everything that only needs the pixels. The list is empty afterwards."""
    raster = stylize(cut(compute(taken(pieces), plan), plan.shape), plan, req)
    format = req.format or choose_format(raster)
    body = encode(raster, format, return_mask=req.style.return_mask)
    return Rendered(name=name, body=body, format=format, grid=plan.shown)


def taken(pieces: list[Piece]) -> Iterator[Raster]:
    """Take piece after piece out of the list: what each was made of is let go with it."""
    while pieces:
        yield pieces.pop(0)()


def rehearse(plan: Plan, req: ImageRequest) -> None:
    """Do everything behind the read with one pixel of zeros, to raise what it would raise."""
    if req.style.auto:
        req = replace(req, style=replace(req.style, rescale=((0.0, 1.0),), auto=None))
    finish([ready(raster) for raster in all_zeros(plan)], plan, req)


def rehearsed(plan: Plan) -> Raster:
    """What would be styled, with zeros in place of all pixels: its bands, their dtype, descriptions and ranges."""
    return compute(all_zeros(plan), plan)


def all_zeros(plan: Plan) -> Iterator[Raster]:
    """Zeros in place of all pixels, in the order in which they are computed with."""
    return (zeros(read, plan.grid) for read in (*(mask.read for mask in plan.masks), *plan.reads))


def zeros(read: PlannedRead, grid: Grid) -> Raster:
    """A raster of the bands of a read, all 0 and valid."""
    shape = (len(read.indexes), grid.height, grid.width)
    names = tuple(f"b{index}" for index in read.indexes)
    data = np.zeros(shape, np.float32 if read.source.unscale else read.header.dtype)
    return Raster(
        data=data,
        mask=np.ones(shape, bool),
        grid=grid,
        names=names,
        descriptions=read.descriptions,
        ranges=ranges_of(read),
    )


def stylize(raster: Raster, plan: Plan, req: ImageRequest) -> Raster:
    """Rescale, colour formula, colormap; then, if the format cannot hold the values, their own range to 0..255."""
    style = req.style
    raster = rescale(raster, style.rescale)
    raster = apply_formula(raster, style.color_formula)
    if shows_own_range(req):
        raster = rescale_by_type(raster)
    raster = apply_colormap(raster, style.colormap or own_colormap(plan, req))
    return raster if fits(raster, req.format) else rescale_by_type(raster)


def shows_own_range(req: ImageRequest) -> bool:
    """Whether the whole colormap is laid over the range that an algorithm tells of its values."""
    algorithm, style = req.selection.algorithm, req.style
    ranged = algorithm is not None and algorithm.low_high is not None and not (style.rescale or style.color_formula)
    return ranged and style.colormap is not None and is_full_table(style.colormap)


def own_colormap(plan: Plan, req: ImageRequest) -> dict[int, Rgba] | None:
    """The colour table inside the file: for a picture of exactly one raw band."""
    [read, *others] = plan.reads
    asked = (
        plan.algorithm
        or req.selection.expression
        or read.source.expression
        or req.style.rescale
        or req.style.color_formula
    )
    unpainted = req.format is not None and not req.format.is_painted
    if others or asked or unpainted or read.indexes != (1,):
        return None
    return read.header.colormap
