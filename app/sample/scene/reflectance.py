"""Reflectance of the land on a day, without clouds."""

from __future__ import annotations

import numpy as np

from app.sample.scene.fields import colours
from app.sample.scene.ground import Floats
from app.sample.scene.land import Land
from app.sample.scene.sun import Sun


def reflect(land: Land, day_of_year: int, sun: Sun) -> list[Floats]:
    """Colour the fields of the day, blur by the optics, and shade the slopes.

    Returns:
        B02, B03, B04 and B08, each of shape ``(y, x)``, float32, Sentinel-2 numbers before clouds.
    """
    of_day = np.concatenate([colours(land.valley, day_of_year), colours(land.desert, day_of_year)])
    shade = _shade(land, sun)
    return [_blur(land.still[band] + land.sown * of_day[:, band][land.plot]) * shade for band in range(4)]


def _shade(land: Land, sun: Sun) -> Floats:
    east, north = sun.toward_en
    rise = land.slope_east * np.float32(east) + land.slope_north * np.float32(north)
    return np.clip(1 - np.float32(0.8 * sun.cotangent) * rise, 0.35, 1.45)


def _blur(band: Floats) -> Floats:
    """Weigh each pixel with its neighbours, as the point spread of the camera does."""
    side, middle = np.float32(0.2), np.float32(0.6)
    out = band * middle
    out[1:-1] += side * (band[:-2] + band[2:])
    out[0] += side * (band[0] + band[1])
    out[-1] += side * (band[-1] + band[-2])
    wide = out * middle
    wide[:, 1:-1] += side * (out[:, :-2] + out[:, 2:])
    wide[:, 0] += side * (out[:, 0] + out[:, 1])
    wide[:, -1] += side * (out[:, -1] + out[:, -2])
    return wide
