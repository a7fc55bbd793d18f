"""Values as bytes, rounded up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.bytes import wrapped
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceil(Algorithm):
    """Values as bytes, rounded up; those beyond 0..255 wrap around."""

    id = "ceil"
    title = "Ceil"
    dtype = "uint8"
    low_high = (0, 255)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        return wrapped(np.ceil(bands)), valid
