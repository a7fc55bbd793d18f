"""Narrow things: the canal and its branches, roads and tracks, drawn as curves with soft edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import Floats, Ground

Curve = Sequence[tuple[float, float]]
"""Points ``(east_km, north_km)`` that a smooth curve passes through."""
Place = NDArray[np.float64]
"""One such point, shape ``(2,)``."""

CANALS: tuple[Curve, ...] = (
    (
        (9, -6.4),
        (6.2, -5.6),
        (4.6, -4.3),
        (2.5, -4.1),
        (0.9, -2.7),
        (-0.2, -1.9),
        (-0.7, -0.6),
        (-1.5, 0.3),
        (-2.2, 0.8),
    ),
)
BRANCHES: tuple[Curve, ...] = (
    ((4.6, -4.3), (5.0, -2.9), (4.3, -1.4), (4.7, 0.2), (4.2, 1.4), (4.4, 2.6), (4.1, 3.6)),
    ((2.5, -4.1), (1.4, -5.2), (0.2, -6.0), (-1.2, -6.5), (-2.0, -9.0)),
    ((0.9, -2.7), (-1.0, -3.2), (-2.6, -2.7), (-4.4, -3.1), (-6.0, -2.4), (-9.0, -2.9)),
    ((-0.2, -1.9), (1.2, -1.2), (1.8, -0.1), (1.4, 1.0)),
    ((-2.6, -2.7), (-3.2, -4.2), (-4.6, -5.4), (-5.0, -9.0)),
)
HIGHWAYS: tuple[Curve, ...] = (
    ((2.2, -9.0), (2.9, -5.6), (3.3, -3.0), (3.0, -0.6), (2.5, 1.6), (2.3, 3.4), (3.4, 5.2), (3.6, 6.4), (5.2, 9.0)),
    ((9.0, -1.0), (6.0, -1.7), (3.3, -2.2), (0.6, -3.9), (-3.0, -4.6), (-9.0, -4.9)),
)
TRACKS: tuple[Curve, ...] = (
    ((2.3, 3.4), (0.4, 2.9), (-1.8, 2.9), (-4.6, 3.4), (-9.0, 3.1)),
    ((2.35, 3.9), (4.4, 4.2), (6.4, 4.0), (9.0, 4.5)),
    ((-1.8, 2.9), (-2.6, 4.6), (-2.2, 6.2), (-3.4, 9.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How much of each pixel a line covers, 0 to 1, each of shape ``(y, x)``, float32."""

    canal: Floats
    trees: Floats
    road: Floats
    track: Floats


def make_lines(ground: Ground) -> Lines:
    """Draw canals with trees along them, roads with shoulders, and tracks."""
    wide, narrow = _distance_m(ground, CANALS), _distance_m(ground, BRANCHES)
    highway = _distance_m(ground, HIGHWAYS)
    canal = np.maximum(_cover(ground, wide, 26), _cover(ground, narrow, 11))
    banks = np.maximum(_cover(ground, wide, 62), np.float32(0.8) * _cover(ground, narrow, 34))
    return Lines(
        canal=canal,
        trees=banks,
        road=_cover(ground, highway, 13),
        track=np.maximum(_cover(ground, _distance_m(ground, TRACKS), 9), np.float32(0.6) * _cover(ground, highway, 34)),
    )


def _cover(ground: Ground, distance_m: Floats, width_m: float) -> Floats:
    """Share of a pixel that lies within a line ``width_m`` wide."""
    reach = (width_m / 2 - distance_m) / ground.pixel_m + 0.5
    return np.asarray(np.clip(reach, 0, min(1, width_m / ground.pixel_m)), np.float32)


def _distance_m(ground: Ground, curves: Iterable[Curve], reach_m: float = 80) -> Floats:
    """Metres to the nearest curve, no more than ``reach_m``."""
    distance = np.full((ground.size, ground.size), reach_m, np.float32)
    for curve in curves:
        points = _through(curve)
        for start, end in pairwise(points):
            _lower_near(ground, distance, start, end, reach_m)
    return distance


def _lower_near(ground: Ground, distance: Floats, start: Place, end: Place, reach_m: float) -> None:
    """Lower ``distance`` in place around one straight piece, given in kilometres."""
    low, high = np.minimum(start, end) - reach_m / 1000, np.maximum(start, end) + reach_m / 1000
    rows, columns = ground.window(*low, *high)
    x, y = ground.east_km[:, columns], ground.north_km[rows]
    along = end - start
    share = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along), 0, 1)
    apart = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1]) * 1000
    np.minimum(distance[rows, columns], apart, out=distance[rows, columns], casting="same_kind")


def _through(curve: Curve, steps: int = 10) -> NDArray[np.float64]:
    """Points along a Catmull-Rom curve through the given ones, shape ``(points, 2)``, kilometres."""
    p = np.array([curve[0], *curve, curve[-1]], np.float64)
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (p[k : len(p) - 3 + k, None, :] for k in range(4))
    pieces = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([pieces.reshape(-1, 2), p[-1:]])
