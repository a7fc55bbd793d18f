"""What makes new bands of all bands of a raster; each kind is one file of ``compute/algorithms``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Bands = NDArray[Any]
"""Values, shape ``(band, y, x)`` or ``(y, x)``; 0 where they are not valid."""
Valid = NDArray[np.bool_]
"""Of the same shape; True = valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm(ABC):
    """One algorithm; the fields of a subclass are its parameters, as ``algorithm_params`` names them.

    The first line of a subclass's docstring is what users read of it.

    Attributes:
        id: As ``algorithm`` names it.
        bands_in: Bands used, from the first; None for all.
        counts: Numbers of bands that it can work with.
        needs: The same in words.
        outputs: Descriptions of the bands made; None: one for each band there is, of the same description.
        dtype: Of the bands made, as ``/algorithms`` tells it; None where it follows from the values.
        low_high: Range of the values made, or None.
        reach: Rows and columns around a pixel that its value depends on.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    bands_in: ClassVar[int | None] = None
    counts: ClassVar[Container[int]] = range(1, 2**16)
    needs: ClassVar[str] = "a band"
    outputs: ClassVar[tuple[str, ...] | None] = None
    dtype: ClassVar[str | None] = None
    low_high: ClassVar[tuple[float, float] | None] = None
    reach: ClassVar[int] = 0

    @property
    def margin(self) -> int:
        """Pixels that are read around a picture, so that its edge is like the rest, and cut off again."""
        return 0

    def describe(self, descriptions: tuple[str, ...]) -> tuple[str, ...]:
        """Descriptions of the bands made of bands with these descriptions."""
        return self.outputs or descriptions

    def bytes_made(self, bands: int) -> int:
        """Bytes per pixel of what is made of so many bands, at most."""
        return np.dtype(self.dtype or np.float64).itemsize * (len(self.outputs) if self.outputs else bands)

    @abstractmethod
    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make bands of bands; a pixel depends on no others than those within ``reach``.

        Args:
            bands: Shape ``(band, y, x)``, not to be changed.
            valid: Of the same shape.
            cell_xy: Width and height of a pixel in units of the grid's CRS.

        Returns:
            Values, shape ``(band, y, x)``, and what is valid of them, shape ``(y, x)`` or that of the values; values
            that are not finite or not valid may be anything.
        """
