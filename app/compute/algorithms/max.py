"""The greatest value of all bands."""

from __future__ import annotations

from dataclasses import dataclass

from app.compute.algorithms.reduction import anywhere, ends
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Max(Algorithm):
    """The greatest valid value of all bands; of their dtype."""

    id = "max"
    title = "Max"
    outputs = ("max",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return bands.max(axis=0, keepdims=True, where=valid, initial=ends(bands.dtype)[0]), anywhere(valid)
