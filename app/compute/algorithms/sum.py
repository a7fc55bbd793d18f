"""The sum of all bands."""

from __future__ import annotations

from dataclasses import dataclass

from app.compute.algorithms.reduction import anywhere
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(Algorithm):
    """The sum of the valid values of all bands; of integers 64 bits, signed as they are, of floats their own dtype."""

    id = "sum"
    title = "Sum"
    outputs = ("sum",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.sum(axis=0, keepdims=True, where=valid), anywhere(valid)
