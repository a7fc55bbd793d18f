"""The least value of all bands."""

from __future__ import annotations

from dataclasses import dataclass

from app.compute.algorithms.reduction import anywhere, ends
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Min(Algorithm):
    """The least valid value of all bands; of their dtype."""

    id = "min"
    title = "Min"
    outputs = ("min",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.min(axis=0, keepdims=True, where=valid, initial=ends(bands.dtype)[1]), anywhere(valid)
