"""The mean of all bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.reduction import anywhere, mean_of
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Algorithm):
    """The mean of the valid values of all bands; float64."""

    id = "mean"
    title = "Mean"
    outputs = ("mean",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return mean_of(bands, valid)[np.newaxis], anywhere(valid)
