"""The desert: a gravel plain with dry stream beds, dunes with ripples, and a rocky escarpment in the north."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.sample.scene.ground import Floats, Ground
from app.sample.scene.noise import fractal, ramp, ridges, smooth


@dataclass(frozen=True, slots=True, kw_only=True)
class Desert:
    """Relief and surface of the desert, drawn over the whole square.

    Attributes:
        height_m: Height that casts shade, metres.
        rock: 1 on bare dark rock, 0 on sand.
        dune: 1 within the dune fields.
        gravel: 1 on dark desert pavement, 0 on pale sand.
        wadi: 1 in dry stream beds full of pale sand.
    """

    height_m: Floats
    rock: Floats
    dune: Floats
    gravel: Floats
    wadi: Floats


def make_desert(ground: Ground) -> Desert:
    """Raise the plateau, cut gullies into its edge, and lay dunes at its foot."""
    edge = _escarpment_km(ground)
    crests = ridges(ground, 1.5, 61, octaves=6)
    carved = edge + np.float32(0.5) * (crests - np.float32(0.35))
    plateau = ramp(carved, -0.12, 0.5)
    gullies = ramp(carved, -0.5, 0) * ramp(carved, 2.6, 0.5)
    dune = _dune_fields(ground) * ramp(carved, -0.2, -0.7)
    wadi = ramp(ridges(ground, 2.1, 62, octaves=3), 0.56, 0.8) * (1 - dune)
    patchy = ramp(fractal(ground, 2.2, 63, octaves=6, gain=0.58), -1.3, 1.2)
    gravel = np.clip(np.float32(0.2) + patchy, 0, 1) * (1 - np.float32(0.92) * dune) * (1 - np.float32(0.8) * wadi)
    rough = fractal(ground, 0.35, 64, octaves=4, gain=0.62)
    height = 120 * plateau + 46 * gullies * crests + (1.6 + 3 * gullies) * rough + _dunes_m(ground) * dune
    rock = np.clip(gullies * ramp(crests, 0.5, 0.05) + np.float32(0.3) * plateau * patchy, 0, 1)
    return Desert(height_m=height, rock=rock, dune=dune, gravel=gravel, wadi=wadi)


def _escarpment_km(ground: Ground) -> Floats:
    """Kilometres north of the foot of the escarpment."""
    foot = 4.9 + 0.09 * ground.east_km + 0.35 * np.sin(ground.east_km * 0.8)
    return np.asarray(ground.north_km - foot + np.float32(0.32) * fractal(ground, 2.8, 65, octaves=4), np.float32)


def _dune_fields(ground: Ground) -> Floats:
    """1 in the dune fields: one in the north west, a stray belt in the north east."""
    ragged = np.float32(0.5) * fractal(ground, 1.8, 66, octaves=4)
    west = ramp(-ground.east_km - 1.1 + ragged, 0, 0.7) * ramp(ground.north_km + ragged, 2.2, 2.9)
    belt = np.abs(ground.east_km - 6.9 - 0.2 * ground.north_km) + ragged
    east = ramp(belt, 0.9, 0.3) * ramp(ground.north_km, 2.6, 3.2)
    return np.asarray(np.maximum(west, east), np.float32)


def _dunes_m(ground: Ground) -> Floats:
    """Long crests that wander and break, with ripples across them; metres."""
    warp = np.float32(0.16) * fractal(ground, 1.3, 67, octaves=3)
    across = ground.east_km * np.float32(0.82) + ground.north_km * np.float32(0.57) + warp
    along = ground.north_km * np.float32(0.82) - ground.east_km * np.float32(0.57) + warp
    crest = 1 - np.abs(np.sin(across * np.float32(np.pi / 0.34)))
    broken = ramp(smooth(ground, 0.6, 68), -1.0, 0.6)
    ripple = np.sin(along * np.float32(2 * np.pi / 0.11) + 3 * warp / np.float32(0.16))
    return np.asarray(crest**2 * broken * 24 + ripple * np.float32(0.75), np.float32)
