"""Values as bytes: cut off, rounded up, rounded down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Algorithm):
    """Towards 0. Values beyond 0..255 wrap around, as numpy's and TiTiler's do: bring them there by an expression."""

    id = "cast"
    title = "Cast data to Integer"
    about = "Cast data to Integer."
    dtype = "uint8"
    low_high = (0, 255)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        return _wrapped(bands), valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceil(Algorithm):
    """Upwards; values beyond 0..255 wrap around."""

    id = "ceil"
    title = "Round data to the smallest integer"
    about = "Round data to the smallest integer."
    dtype = "uint8"
    low_high = (0, 255)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        return _wrapped(np.ceil(bands)), valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor(Algorithm):
    """Downwards; values beyond 0..255 wrap around."""

    id = "floor"
    title = "Round data to the largest integer"
    about = "Round data to the largest integer."
    dtype = "uint8"
    low_high = (0, 255)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        return _wrapped(np.floor(bands)), valid


def _wrapped(values: Bands) -> Bands:
    """Whole numbers modulo 256; of floats the same on every machine, where C leaves it open."""
    whole = values if values.dtype.kind in "iu" else np.trunc(values) % 256
    return whole.astype(np.uint8)
