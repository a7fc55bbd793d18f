"""Centre pivots: round fields that an arm of sprinklers waters in the desert."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import Bools, Floats, Ground

SPACING_KM = 0.86
SECTORS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivots:
    """Round fields, some cut like a pie between crops.

    Attributes:
        plot: Number of the field (pivot times ``SECTORS`` plus sector), intp; 0 outside.
        inside: True within a circle.
        wheel: Faint rings that the wheels leave, about -1 to 1.
        arm: True under the arm and at its middle.
        count: One more than the largest ``plot``.
    """

    plot: NDArray[np.intp]
    inside: Bools
    wheel: Floats
    arm: Bools
    count: int


def make_pivots(ground: Ground) -> Pivots:
    """Set the circles in rows between the valley and the escarpment."""
    shape = (ground.size, ground.size)
    plot, inside = np.zeros(shape, np.intp), np.zeros(shape, np.bool_)
    wheel, arm = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    rng = np.random.default_rng([2019, 51])
    centres = _centres(rng)
    for number, (east, north, radius) in enumerate(centres, start=1):
        angles, spread = rng.uniform(-np.pi, np.pi, 2), rng.choice([0.0, 0.0, np.pi, 1.9])
        rows, columns = ground.window(east - radius, north - radius, east + radius, north + radius)
        x, y = ground.east_km[:, columns] - np.float32(east), ground.north_km[rows] - np.float32(north)
        away, angle = np.hypot(x, y), np.arctan2(y, x)
        disc = away < radius
        sector = (np.mod(angle - angles[0], 2 * np.pi) < spread).astype(np.intp)
        plot[rows, columns][disc] = (number * SECTORS + sector)[disc]
        inside[rows, columns][disc] = True
        wheel[rows, columns][disc] = np.sin(away * np.float32(2 * np.pi / 0.052))[disc]
        off_arm = np.abs(x * np.sin(angles[1]) - y * np.cos(angles[1]))
        ahead = x * np.cos(angles[1]) + y * np.sin(angles[1]) > 0
        arm[rows, columns][disc] = (((off_arm < 0.006) & ahead) | (away < 0.014))[disc]
    return Pivots(plot=plot, inside=inside, wheel=wheel, arm=arm, count=(len(centres) + 1) * SECTORS)


def _centres(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """``(east, north, radius)`` in kilometres: rows shifted like bricks, with gaps."""
    found = []
    for row in range(4):
        for column in range(9):
            east = -0.75 + column * SPACING_KM + (row % 2) * SPACING_KM / 2
            north = 2.55 + row * SPACING_KM * 0.9 + 0.1 * east
            radius = float(rng.choice([0.395, 0.395, 0.38, 0.31]))
            clear_of_highway = not 1.85 < east - 0.05 * north < 2.6
            below_the_rocks = north + radius < 4.75 + 0.09 * east and (row < 2 or east > 2.9)
            if rng.uniform() > 0.12 and clear_of_highway and below_the_rocks:
                found.append((east, north, radius))
    return found
