"""Values as bytes, cut off."""

from __future__ import annotations

from dataclasses import dataclass

from app.compute.algorithms.bytes import wrapped
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Algorithm):
    """Values as bytes, cut off towards 0; those beyond 0..255 wrap around.

    So do numpy's and TiTiler's: bring them there by an expression.
    """

    id = "cast"
    title = "Cast"
    dtype = "uint8"
    low_high = (0, 255)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        return wrapped(bands), valid
