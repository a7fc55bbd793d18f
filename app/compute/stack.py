"""Bring the rasters of several sources together, and apply band math to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.compute.expression import evaluate
from app.model.expression import Expression
from app.model.plan import Plan, SamplePlan
from app.model.raster import Raster


def combine(pieces: Sequence[Raster], plan: Plan | SamplePlan) -> Raster:
    """Apply what single assets brought along (``assets=B04|expression=b1*2``), stack, and apply the expression."""
    own = [
        calculate(piece, read.source.expression, read.own_bands) for piece, read in zip(pieces, plan.reads, strict=True)
    ]
    return calculate(stack(own), plan.expression, plan.bands)


def stack(pieces: Sequence[Raster]) -> Raster:
    """Stack the bands of rasters on one grid; the dtype is the smallest that holds all of theirs."""
    if len(pieces) == 1:
        return pieces[0]
    alphas = [piece.alpha for piece in pieces if piece.alpha is not None]
    ranges = [r for piece in pieces for r in piece.ranges or ()]
    data = np.concatenate([piece.data for piece in pieces])
    return Raster(
        data=data,
        mask=np.concatenate([piece.mask for piece in pieces]),
        grid=pieces[0].grid,
        names=number_bands(data.shape[0]),
        descriptions=tuple(text for piece in pieces for text in piece.descriptions),
        alpha=np.minimum.reduce(alphas) if alphas else None,
        ranges=tuple(ranges) if len(ranges) == data.shape[0] else None,
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
