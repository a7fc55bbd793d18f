"""Clouds of a day, and the shadows that they throw on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.sample.scene.ground import Floats, Ground
from app.sample.scene.noise import fractal, ramp
from app.sample.scene.sun import Sun

HEIGHT_KM = 1.1
CLOUD_FROM = 0.1
"""Opacity from which a pixel counts as cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    """Each of shape ``(y, x)``, float32: opacity 0 to 1, brightness of the tops around 1, depth of shadow 0 to 1."""

    opacity: Floats
    bright: Floats
    shadow: Floats


def make_clouds(ground: Ground, percent: float, sun: Sun, seed: int) -> Clouds | None:
    """Cover ``percent`` of the square with clouds; few clouds stay clear of the middle. None for a clear sky."""
    if percent <= 0:
        return None
    billows = fractal(ground, 1.6 if percent < 20 else 3.2, seed, octaves=7, gain=0.56)
    if percent < 10:
        away = np.hypot(ground.east_km, ground.north_km)
        billows = billows - np.float32(1.5) * ramp(away, 7.5, 3.5)
    edge = float(np.quantile(billows, 1 - percent / 100))
    opacity = np.float32(0.97) * ramp(billows, edge - 0.12, edge + 0.55)
    lit = billows - _shifted(billows, ground, sun, 0.08)
    bright = np.clip(1 + np.float32(0.5) * lit - np.float32(0.1) * ramp(billows, edge + 0.5, edge + 1.6), 0.6, 1.25)
    shadow = _shifted(opacity, ground, sun, -HEIGHT_KM * sun.cotangent)
    return Clouds(opacity=opacity, bright=bright, shadow=shadow * (1 - opacity))


def _shifted(values: Floats, ground: Ground, sun: Sun, toward_km: float) -> Floats:
    """The pattern moved toward the sun, or away from it for a negative distance; the border is repeated."""
    east, north = sun.toward_en
    pixels, steps = np.arange(ground.size), toward_km * 1000 / ground.pixel_m
    rows = np.clip(pixels + round(north * steps), 0, ground.size - 1)
    columns = np.clip(pixels - round(east * steps), 0, ground.size - 1)
    return values[rows[:, None], columns[None, :]]
