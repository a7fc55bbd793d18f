"""What ``grayscale`` and ``bitonal`` share."""

from __future__ import annotations

import numpy as np

from app.model.algorithm import Bands, Valid


def luma(bands: Bands) -> Bands:
    """Shape ``(y, x)``, float64, of the first three bands."""
    red, green, blue = bands[:3].astype(np.float64)
    grey: Bands = red * 299 / 1000 + green * 587 / 1000 + blue * 114 / 1000
    return grey


def everywhere(valid: Valid) -> Valid:
    """Shape ``(y, x)``: where every band is valid."""
    every: Valid = np.logical_and.reduce(valid)
    return every
