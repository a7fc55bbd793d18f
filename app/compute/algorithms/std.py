"""The spread of all bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.reduction import variance_of
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Std(Algorithm):
    """The standard deviation, of a sample, of all bands; float64, known where two of them are valid."""

    id = "std"
    title = "Standard deviation"
    counts = range(2, 2**16)
    needs = "two bands or more"
    outputs = ("std",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        variance, known = variance_of(bands, valid)
        return np.sqrt(variance)[np.newaxis], known
