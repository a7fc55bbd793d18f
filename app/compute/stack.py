"""Bring the rasters of several sources together, and apply band math to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from app.compute.algorithms.apply import apply_algorithm
from app.compute.expression import evaluate
from app.compute.mask import hide, wanted
from app.model.expression import Expression
from app.model.plan import Plan, SamplePlan
from app.model.raster import Raster


def compute(pieces: Iterable[Raster], plan: Plan) -> Raster:
    """Combine the pieces, and apply the plan's algorithm to what comes out."""
    raster = combine(pieces, plan)
    return raster if plan.algorithm is None else apply_algorithm(raster, plan.algorithm, plan.shown)


def combine(pieces: Iterable[Raster], plan: Plan | SamplePlan) -> Raster:
    """Hide pixels, apply what single assets brought along (``assets=B04|expression=b1*2``), stack, and calculate.

    Each piece is taken when the one before it is in its place, so that they are not all in memory twice.

    Args:
        pieces: Those of the masks, then those of the reads.
    """
    pieces = iter(pieces)
    shown = wanted(pieces, [mask.rule for mask in plan.masks])
    own = (
        calculate(hide(piece, shown), read.source.expression, read.own_bands)
        for piece, read in zip(pieces, plan.reads, strict=True)
    )
    stacked = next(own) if len(plan.reads) == 1 else stack(own, sum(read.band_count for read in plan.reads))
    return calculate(stacked, plan.expression, plan.bands)


def stack(pieces: Iterable[Raster], count: int) -> Raster:
    """Stack the bands of rasters on one grid, ``count`` in all; the dtype is the smallest that holds all of theirs."""
    pieces = iter(pieces)
    stacked = _widened(next(pieces), count)
    for piece in pieces:
        stacked = _with(stacked, piece)
    return stacked


def _widened(first: Raster, count: int) -> Raster:
    """The first bands, with room for all others behind them."""
    bands, height, width = first.data.shape
    data = np.empty((count, height, width), first.data.dtype)
    mask = np.empty(data.shape, bool)
    data[:bands], mask[:bands] = first.data, first.mask
    return replace(first, data=data, mask=mask, names=number_bands(count))


def _with(stacked: Raster, piece: Raster) -> Raster:
    """Put the bands of a piece behind those that are there; the room is the stack's own, and is written to."""
    start = len(stacked.descriptions)
    bands = slice(start, start + piece.data.shape[0])
    data = stacked.data.astype(np.result_type(stacked.data, piece.data), copy=False)
    data[bands], stacked.mask[bands] = piece.data, piece.mask
    alphas = [each.alpha for each in (stacked, piece) if each.alpha is not None]
    return replace(
        stacked,
        data=data,
        descriptions=stacked.descriptions + piece.descriptions,
        alpha=np.minimum.reduce(alphas) if alphas else None,
        ranges=stacked.ranges + piece.ranges if stacked.ranges and piece.ranges else None,
    )


def calculate(raster: Raster, expression: Expression | None, bands: Mapping[str, int]) -> Raster:
    """Replace the bands by the outputs of an expression; valid where all its bands are, and where it is defined.

    Args:
        bands: Name in the expression to its position in ``raster.data``.
    """
    if expression is None:
        return raster
    data, defined = evaluate(expression, {name: raster.data[position] for name, position in bands.items()})
    valid = defined & raster.mask[sorted(set(bands.values()))].all(axis=0)
    return replace(
        raster,
        data=np.where(valid, data, np.zeros((), data.dtype)),
        mask=np.broadcast_to(valid, data.shape),
        names=number_bands(data.shape[0]),
        descriptions=expression.descriptions,
        ranges=None,
    )


def number_bands(count: int) -> tuple[str, ...]:
    """``b1`` to ``b{count}``."""
    return tuple(f"b{number}" for number in range(1, count + 1))
