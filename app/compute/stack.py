"""Bring the rasters of several sources together, and apply band math to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.compute.expression import evaluate
from app.model.expression import Expression
from app.model.raster import PointValues, Raster


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


def stack_points(pieces: Sequence[PointValues]) -> PointValues:
    """Put the values of several sources at one point in a row."""
    data = np.concatenate([piece.data for piece in pieces])
    return PointValues(
        data=data,
        mask=np.concatenate([piece.mask for piece in pieces]),
        names=number_bands(data.shape[0]),
        descriptions=tuple(text for piece in pieces for text in piece.descriptions),
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


def calculate_point(values: PointValues, expression: Expression | None, bands: Mapping[str, int]) -> PointValues:
    """The same for the values at one point."""
    if expression is None:
        return values
    data, defined = evaluate(expression, {name: values.data[[position]] for name, position in bands.items()})
    valid = defined & values.mask[sorted(set(bands.values()))].all()
    return PointValues(
        data=data[:, 0],
        mask=np.broadcast_to(valid, data.shape)[:, 0],
        names=number_bands(data.shape[0]),
        descriptions=expression.descriptions,
    )


def number_bands(count: int) -> tuple[str, ...]:
    """``b1`` to ``b{count}``."""
    return tuple(f"b{number}" for number in range(1, count + 1))
