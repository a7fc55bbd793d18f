"""One band of all bands: the least, the greatest, the middle, the mean, the spread, the sum of those that are valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Min(Algorithm):
    """The least; of the bands' dtype."""

    id = "min"
    title = "Min"
    about = "Return Min values along the `bands` axis."
    outputs = ("min",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.min(axis=0, keepdims=True, where=valid, initial=_ends(bands.dtype)[1]), _any(valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Max(Algorithm):
    """The greatest; of the bands' dtype."""

    id = "max"
    title = "Max"
    about = "Return Max values along the `bands` axis."
    outputs = ("max",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.max(axis=0, keepdims=True, where=valid, initial=_ends(bands.dtype)[0]), _any(valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(Algorithm):
    """The middle one, or the mean of the two in the middle; float64, of floats their own dtype."""

    id = "median"
    title = "Median"
    about = "Return Median values along the `bands` axis."
    outputs = ("median",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return _median(bands, valid)[np.newaxis], _any(valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Algorithm):
    """The mean; float64."""

    id = "mean"
    title = "Mean"
    about = "Return Mean values."
    outputs = ("mean",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return _mean(bands, valid)[np.newaxis], _any(valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Std(Algorithm):
    """The standard deviation of a sample; float64, known where two bands are valid."""

    id = "std"
    title = "Standard deviation"
    about = "Return the Standard Deviation along the `bands` axis."
    counts = range(2, 2**16)
    needs = "two bands or more"
    outputs = ("std",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        variance, known = _variance(bands, valid)
        return np.sqrt(variance)[np.newaxis], known


@dataclass(frozen=True, slots=True, kw_only=True)
class Var(Algorithm):
    """The variance of a sample; float64, known where two bands are valid."""

    id = "var"
    title = "Variance"
    about = "Return Variance along the `bands` axis."
    counts = range(2, 2**16)
    needs = "two bands or more"
    outputs = ("var",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        variance, known = _variance(bands, valid)
        return variance[np.newaxis], known


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Algorithm):
    """The sum; of integers 64 bits, signed as they are, of floats their own dtype."""

    id = "sum"
    title = "Sum"
    about = "Return Sum values along the `bands` axis."
    outputs = ("sum",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.sum(axis=0, keepdims=True, where=valid), _any(valid)


def _ends(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The least and the greatest value of a dtype."""
    if dtype.kind == "f":
        return -np.inf, np.inf
    limits = np.iinfo(dtype)
    return limits.min, limits.max


def _any(valid: Valid) -> Valid:
    """Shape ``(y, x)``: where one band at least is valid."""
    some: Valid = np.logical_or.reduce(valid)
    return some


def _median(bands: Bands, valid: Valid) -> Bands:
    """Shape ``(y, x)``; the valid values are sorted to the front, and the two in their middle averaged."""
    ordered = np.sort(np.where(valid, bands, _ends(bands.dtype)[1]), axis=0)
    counts = valid.sum(axis=0, keepdims=True)
    middle = [np.take_along_axis(ordered, (counts - odd) // 2 % len(bands), axis=0)[0] for odd in (1, 0)]
    dtype = bands.dtype if bands.dtype.kind == "f" else np.float64
    return np.mean(middle, axis=0, dtype=dtype)


def _mean(bands: Bands, valid: Valid) -> Bands:
    """Shape ``(y, x)``, float64; NaN where nothing is valid."""
    total: Bands = bands.sum(axis=0, where=valid, dtype=np.float64)
    mean: Bands = total / valid.sum(axis=0)
    return mean


def _variance(bands: Bands, valid: Valid) -> tuple[Bands, Valid]:
    """Sum of the squared deviations over one less than their number, shape ``(y, x)``, and where that is above 0."""
    counts = valid.sum(axis=0)
    deviations = bands - _mean(bands, valid)
    squares = np.square(deviations, out=deviations).sum(axis=0, where=valid)
    return squares / (counts - 1), counts > 1
