"""Turn a choice of sources and their headers into a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate

import numpy as np

from app.errors import BadRequest, InvalidExpression, ParameterFault, shorten
from app.model.choice import BandRef, Choice
from app.model.grid import Frame, Grid
from app.model.plan import Plan, PlannedMask, PlannedRead, SamplePlan
from app.model.request import ImageRequest, PointRequest, Selection
from app.model.source import Header, Source
from app.plan.crs import places_of
from app.plan.grid import plan_grid, widen
from app.plan.overview import count_pixels, pick_overview, pixel_step
from app.plan.shape import project

REMEMBERED = 2048
"""Plans kept: a map that is moved back, or shown in another style, asks for the same tiles again."""


def plan_reads(choice: Choice, headers: Sequence[Header], req: ImageRequest) -> Plan:
    """Decide the output grid, the bands of each source and the overview that will be read.

    Raises:
        OutOfBounds: Nothing of the frame lies on the data.
        BadRequest: A band number that the file does not have.
        InvalidExpression: The same, in the expression.
    """
    pictured = _shows_bands(req)
    if req.shape is None:
        return _remembered(choice, tuple(headers), req.frame, req.selection, pictured)
    plan = _plan(choice, tuple(headers), req.frame, req.selection, pictured)  # drives no tile out of the memory
    return replace(plan, shape=project(req.shape, plan.grid.crs))


def forget_plans() -> None:
    """Let go of all plans, and of the headers that they hold."""
    _remembered.cache_clear()


def _plan(choice: Choice, headers: tuple[Header, ...], frame: Frame, selection: Selection, pictured: bool) -> Plan:
    headers, veiling = headers[: len(choice.sources)], headers[len(choice.sources) :]
    shown = plan_grid(frame, headers)
    algorithm = selection.algorithm
    margin = algorithm.margin if algorithm and frame.bounds is not None else 0  # there is nothing around the whole
    grid = widen(shown, margin)
    first = headers[0]
    same_pixels = all((header.crs, header.bounds) == (first.crs, first.bounds) for header in headers)
    reads = read_all(choice, headers, pictured=pictured)
    return Plan(
        grid=grid,
        reads=tuple(_at_resolution(read, grid, selection.resampling) for read in reads),
        whole=frame.bounds is None and same_pixels and grid.crs == first.crs,
        expression=choice.expression,
        bands=name_bands(choice.names, reads),
        resampling=selection.resampling,
        reproject=selection.reproject,
        padding=selection.padding,
        algorithm=algorithm,
        inner=shown if margin else None,
        masks=tuple(
            replace(mask, read=_at_resolution(mask.read, grid, "nearest")) for mask in plan_masks(choice, veiling)
        ),
    )


_remembered = lru_cache(maxsize=REMEMBERED)(_plan)


def _shows_bands(req: ImageRequest) -> bool:
    """Whether it is a picture of bands as they are; an algorithm takes all that there are."""
    return (req.format is None or req.format.is_picture) and req.selection.algorithm is None


def _at_resolution(read: PlannedRead, grid: Grid, resampling: str) -> PlannedRead:
    """Add the overview that will be read, and how much of it."""
    overview = pick_overview(grid, read.header, resampling)
    pixels, step = count_pixels(grid, read.header, overview), pixel_step(grid, read.header, overview)
    return replace(read, overview=overview, pixels=pixels, step=step)


def plan_rehearsal(choice: Choice, headers: Sequence[Header], req: ImageRequest) -> Plan:
    """Make the plan of one pixel anywhere, to find out what is wrong with a request before a tile is asked for."""
    count = len(choice.sources)
    reads = read_all(choice, headers[:count], pictured=_shows_bands(req))
    return Plan(
        grid=Grid(crs=None, bounds=(0, 0, 1, 1), width=1, height=1),
        reads=reads,
        expression=choice.expression,
        bands=name_bands(choice.names, reads),
        algorithm=req.selection.algorithm,
        masks=plan_masks(choice, headers[count:]),
    )


def plan_sample(choice: Choice, headers: Sequence[Header], req: PointRequest) -> SamplePlan:
    """Decide the bands of each source that are read at one point; raises as ``plan_reads`` does.

    Raises:
        OutOfBounds: The point has no place in the CRS of a source.
        UpstreamUnusable: A source has no place on earth.
    """
    places = places_of(req, headers)
    count = len(choice.sources)
    reads = read_all(choice, headers[:count])
    return SamplePlan(
        x=req.x,
        y=req.y,
        crs=req.crs,
        reads=reads,
        places=places[:count],
        expression=choice.expression,
        bands=name_bands(choice.names, reads),
        masks=plan_masks(choice, headers[count:]),
        mask_places=places[count:],
    )


def plan_masks(choice: Choice, headers: Sequence[Header]) -> tuple[PlannedMask, ...]:
    """Decide the band that each mask looks at.

    Args:
        headers: Of the sources of the masks.

    Raises:
        BadRequest: The file has no such band, or its values are no whole numbers and bits are asked for.
    """
    masks = []
    for mask, header in zip(choice.masks, headers, strict=True):
        [index] = mask.source.indexes or (1,)
        check_bands(mask.source, header, [index])
        if mask.rule.bits and np.dtype(header.dtype).kind not in "iu":
            told = f"asks for bits of {shorten(mask.source.name)!r}, whose values are {header.dtype}"
            raise BadRequest.of("mask", mask.rule.name, told)
        read = PlannedRead(source=mask.source, header=header, indexes=(index,))
        masks.append(PlannedMask(read=read, rule=mask.rule))
    return tuple(masks)


def read_all(choice: Choice, headers: Sequence[Header], *, pictured: bool = False) -> tuple[PlannedRead, ...]:
    """Decide the bands of each source.

    Args:
        pictured: A lone source of which nothing was said is shown by its first three bands, or its only one.
    """
    for source, header in zip(choice.sources, headers, strict=True):
        check_nodata(source, header)
    alone = pictured and len(headers) == 1 and choice.expression is None
    return tuple(
        PlannedRead(source=source, header=header, indexes=bands_to_read(source, header, alone=alone))
        for source, header in zip(choice.sources, headers, strict=True)
    )


def check_nodata(source: Source, header: Header) -> None:
    """Raise ``BadRequest`` when the pixels cannot hold the nodata value that takes the place of the file's own."""
    dtype = np.dtype(header.dtype)
    if source.nodata is None or dtype.kind not in "iu":
        return
    limits = np.iinfo(dtype)
    if not (limits.min <= source.nodata <= limits.max and source.nodata == int(source.nodata)):
        told = f"is not a value of {source.name!r}, whose pixels are {header.dtype} ({limits.min} to {limits.max})"
        raise BadRequest.of("nodata", source.nodata, told)


def bands_to_read(source: Source, header: Header, *, alone: bool) -> tuple[int, ...]:
    """Bands asked for; else all that hold data, of which a picture of one source shows three or one."""
    if source.indexes is not None:
        check_bands(source, header, source.indexes)
        return source.indexes
    if alone and source.expression is None:
        return header.indexes[:3] if len(header.indexes) >= 3 else header.indexes[:1]
    return header.indexes


def check_bands(source: Source, header: Header, indexes: Sequence[int]) -> None:
    """Raise ``BadRequest`` when a band number is not in the file."""
    missing = [index for index in indexes if not 1 <= index <= header.band_count]
    if missing:
        bands = "1 band, b1" if header.band_count == 1 else f"{header.band_count} bands, b1 to b{header.band_count}"
        raise BadRequest(
            f"{source.name!r} has no band {missing[0]}; it has {bands}.",
            faults=[ParameterFault(name="bidx", value=str(missing[0]), message=f"must be 1 to {header.band_count}")],
        )


def name_bands(names: Mapping[str, BandRef], reads: Sequence[PlannedRead]) -> dict[str, int]:
    """Find each name of the expression in the stack of all bands read."""
    starts = [0, *accumulate(read.band_count for read in reads)]
    return {name: _position(name, ref, reads, starts) for name, ref in names.items()}


def _position(name: str, ref: BandRef, reads: Sequence[PlannedRead], starts: Sequence[int]) -> int:
    if ref.source is None:
        assert ref.band is not None
        if ref.band > starts[-1]:
            raise InvalidExpression(
                f"{name!r} is not read: the assets asked for have {starts[-1]} bands, b1 to b{starts[-1]}."
            )
        return ref.band - 1
    read = reads[ref.source]
    if ref.band is None:
        return starts[ref.source]
    numbers = range(1, read.band_count + 1) if read.source.expression else read.indexes
    if ref.band not in numbers:
        raise InvalidExpression(
            f"{name!r} is not read: {read.source.name!r} has bands {', '.join(f'b{n}' for n in numbers)}."
        )
    return starts[ref.source] + list(numbers).index(ref.band)
