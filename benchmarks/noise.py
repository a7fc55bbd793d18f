"""Noise that can be drawn strip by strip: the value of a pixel depends on its place and a seed, not on the strip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PLOTS = 4096
"""Different plots of land; the pattern is hashed into so many."""


def octave(rows: slice, size: int, period: int, seed: int) -> Floats:
    """Smooth noise about 0 with standard deviation of about 0.4: a lattice every ``period`` pixels, linear between."""
    lattice = np.random.default_rng([seed, period]).standard_normal((size // period + 2,) * 2, dtype=np.float32)
    y, x = np.arange(rows.start, rows.stop) / period, np.arange(size) / period
    top, left = y.astype(np.intp), x.astype(np.intp)
    down, right = (y - top).astype(np.float32)[:, None], (x - left).astype(np.float32)
    first, last = int(top[0]), int(top[-1]) + 2
    near = lattice[first:last]
    across = near[:, left] * (1 - right) + near[:, left + 1] * right
    return np.asarray(across[top - first] * (1 - down) + across[top - first + 1] * down, np.float32)


def fractal(rows: slice, size: int, periods: tuple[int, ...], seed: int, gain: float = 0.6) -> Floats:
    """Octaves added up, each ``gain`` times as strong as the coarser one before."""
    total = np.zeros((rows.stop - rows.start, size), np.float32)
    for step, period in enumerate(periods):
        total += np.float32(gain**step) * octave(rows, size, period, seed + step)
    return total


def plots(rows: slice, size: int, width: float, bend: Floats) -> NDArray[np.intp]:
    """Number the fields of a slanted grid whose borders are bent by ``bend``, each about ``width`` pixels wide."""
    y, x = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None], np.arange(size, dtype=np.float32)
    across = np.floor((0.94 * x + 0.34 * y) / width + bend).astype(np.int64)
    along = np.floor((0.94 * y - 0.34 * x) / (2.3 * width) - bend).astype(np.int64)
    return ((across * 73856093) ^ (along * 19349663)) % PLOTS


def grain(rows: slice, size: int, seed: int) -> Floats:
    """White noise, standard deviation 1."""
    return np.random.default_rng([seed, rows.start]).standard_normal((rows.stop - rows.start, size), dtype=np.float32)
