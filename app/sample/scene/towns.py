"""Villages and one town: clusters of roofs, yards and lanes at the middles of some districts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import Floats, Ground
from app.sample.scene.noise import fractal, ramp, smooth

TOWN_KM = (4.0, -1.9)


def make_towns(ground: Ground, centres_km: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Grow a town and villages.

    Returns:
        How built-up each pixel is (0 to 1), and the brightness of its roofs around 1; each ``(y, x)``, float32.
    """
    rng = np.random.default_rng([2019, 71])
    villages = [(x, y, rng.uniform(0.13, 0.26)) for x, y in centres_km if y < 0.6 and rng.uniform() < 0.4]
    ragged = np.float32(0.1) * fractal(ground, 0.5, 72, octaves=5, gain=0.6)
    built = np.full((ground.size, ground.size), -1, np.float32)
    for east, north, radius in [(*TOWN_KM, 0.62), (1.7, -5.9, 0.36), *villages]:
        away = np.hypot((ground.east_km - np.float32(east)) * np.float32(0.85), ground.north_km - np.float32(north))
        built = np.maximum(built, np.float32(radius) - away)
    return ramp(built + ragged, -0.012, 0.02), _roofs(ground)


def _roofs(ground: Ground) -> Floats:
    """Bright roofs and dark lanes, a few tens of metres across."""
    blocks = smooth(ground, 0.022, 73) + np.float32(0.7) * smooth(ground, 0.06, 74)
    lanes = np.minimum(np.abs(smooth(ground, 0.13, 75)), np.abs(smooth(ground, 0.17, 76)))
    return np.asarray(1 + np.float32(0.1) * blocks - np.float32(0.16) * ramp(lanes, 0.16, 0.02), np.float32)
