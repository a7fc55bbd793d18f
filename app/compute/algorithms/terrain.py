"""What algorithms of heights share: the pixels around a picture, and the factor of the heights."""

from __future__ import annotations

from dataclasses import dataclass

from app.compute.algorithms.parameters import integer, number
from app.model.algorithm import Algorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain(Algorithm):
    """Looks at the pixels next to each; takes the first band."""

    bands_in = 1
    reach = 1

    buffer: int = integer(3, 0, 99, "Pixels read around a picture and cut off again, so that it has no edge.")
    z_exaggeration: float = number(1.0, 1e-6, 1e6, "Factor of the heights.")

    @property
    def margin(self) -> int:
        """Its parameter ``buffer``."""
        return self.buffer
