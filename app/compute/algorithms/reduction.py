"""What algorithms share that make one band of all: only valid values count."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.model.algorithm import Bands, Valid


def ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The least and the greatest value of a dtype."""
    if dtype.kind == "f":
        return -np.inf, np.inf
    limits = np.iinfo(dtype)
    return limits.min, limits.max


def anywhere(valid: Valid) -> Valid:
    """Shape ``(y, x)``: where one band at least is valid."""
    some: Valid = np.logical_or.reduce(valid)
    return some


def mean_of(bands: Bands, valid: Valid) -> Bands:
    """Shape ``(y, x)``, float64; NaN where nothing is valid."""
    total: Bands = bands.sum(axis=0, where=valid, dtype=np.float64)
    mean: Bands = total / valid.sum(axis=0)
    return mean


def variance_of(bands: Bands, valid: Valid) -> tuple[Bands, Valid]:
    """Sum of the squared deviations over one less than their number, shape ``(y, x)``, and where that is above 0."""
    counts = valid.sum(axis=0)
    deviations = bands - mean_of(bands, valid)
    squares = np.square(deviations, out=deviations).sum(axis=0, where=valid)
    return squares / (counts - 1), counts > 1
