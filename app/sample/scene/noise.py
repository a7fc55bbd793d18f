"""Smooth random patterns, drawn from a seed: the same for a place whatever the size of its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import EXTENT_M, Floats, Ground


def smooth(ground: Ground, wave_km: float, seed: int) -> Floats:
    """Random values on a lattice ``wave_km`` wide, joined by cubic B-splines.

    Returns:
        Shape ``(y, x)``, float32, mean about 0, standard deviation about 1.
    """
    cells = int(np.ceil(EXTENT_M / 1000 / wave_km))
    lattice = np.random.default_rng([2019, seed]).standard_normal((cells + 4, cells + 4), dtype=np.float32)
    first, weights = _taps(ground, wave_km)
    rows = np.zeros((ground.size, lattice.shape[1]), np.float32)
    for k, weight in enumerate(weights):
        rows += weight[:, None] * lattice[first + k]
    values = np.zeros((ground.size, ground.size), np.float32)
    for k, weight in enumerate(weights):
        values += 2 * weight * rows[:, first + k]
    return values


def fractal(ground: Ground, wave_km: float, seed: int, octaves: int = 4, gain: float = 0.5) -> Floats:
    """Add octaves of ``smooth``, each half as wide and ``gain`` times as high; octaves below two pixels are left out.

    Returns:
        Shape ``(y, x)``, float32, mean about 0, standard deviation about 1.
    """
    total, power = np.zeros((ground.size, ground.size), np.float32), 0.0
    for octave in range(octaves):
        wave = wave_km / 2**octave
        if octave and wave * 1000 < 2 * ground.pixel_m:
            break
        height = gain**octave
        total += np.float32(height) * smooth(ground, wave, seed * 31 + octave)
        power += height**2
    return total / np.float32(power**0.5)


def ridges(ground: Ground, wave_km: float, seed: int, octaves: int = 4) -> Floats:
    """Sharp crests where a smooth pattern crosses zero, as of eroded rock: 1 on a crest, below 0 far from it."""
    total, power = np.zeros((ground.size, ground.size), np.float32), 0.0
    for octave in range(octaves):
        wave, height = wave_km / 2**octave, 0.55**octave
        if octave and wave * 1000 < 2 * ground.pixel_m:
            break
        total += np.float32(height) * (1 - np.abs(smooth(ground, wave, seed * 31 + octave)) * np.float32(1.4))
        power += height
    return total / np.float32(power)


def ramp(values: Floats, low: float, high: float) -> Floats:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (which may lie below ``low``)."""
    part = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def _taps(ground: Ground, wave_km: float) -> tuple[NDArray[np.intp], list[Floats]]:
    """First lattice index of each pixel, and its four B-spline weights, each of shape ``(pixels,)``."""
    place = (np.arange(ground.size) + 0.5) * ground.pixel_m / 1000 / wave_km
    first = np.floor(place).astype(np.intp)
    t = place - first
    weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    return first, [(weight / 6).astype(np.float32) for weight in weights]
