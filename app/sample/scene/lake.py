"""The lake: where it is, how deep it is, and the pale flats and reeds on its shore."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.sample.scene.ground import Bools, Floats, Ground
from app.sample.scene.noise import fractal, ramp


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """A shallow salt lake without outflow.

    Attributes:
        water: True where there is water, islands left out.
        depth: 0 at the shore to 1 in the deepest place; 0 on land.
        shore: 1 at the water's edge, falling to 0 some 300 m inland: wet salt flats.
    """

    water: Bools
    depth: Floats
    shore: Floats


def make_lake(ground: Ground) -> Lake:
    """Shape the lake as a long ellipse in the west with a ragged edge, its tip inside the area of interest."""
    inside = _ellipse(ground, -6.7, 0.75, 5.0, 1.75, tilt=0.05)
    ragged = np.float32(0.17) * fractal(ground, 2.2, 11, octaves=7, gain=0.6)
    level = inside + ragged * ramp(inside, 1.2, 0.2)
    water = level > 0
    shoals = np.float32(0.12) * fractal(ground, 1.1, 12, octaves=5)
    depth = np.where(water, np.clip(level * np.float32(1.5) + shoals * ramp(level, 0, 0.2), 0, 1), 0)
    shore = np.where(water, 0, ramp(level, -0.13, -0.005))
    return Lake(water=water, depth=depth.astype(np.float32), shore=shore.astype(np.float32))


def _ellipse(ground: Ground, east: float, north: float, long: float, wide: float, tilt: float) -> Floats:
    """1 at the middle, 0 on the ellipse, negative outside; lengths in kilometres, ``tilt`` in radians."""
    x, y = ground.east_km - np.float32(east), ground.north_km - np.float32(north)
    cos, sin = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    return np.asarray(1 - np.hypot((x * cos + y * sin) / np.float32(long), (y * cos - x * sin) / np.float32(wide)))
