"""What the satellite records: land under clouds and haze, as numbers with few distinct values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.sample.scene import spectra
from app.sample.scene.clouds import CLOUD_FROM, Clouds
from app.sample.scene.ground import Bools, Floats

Numbers = NDArray[np.uint16]
HAZE = (60, 40, 25, 10)
STEPS = 0.8

WATER, VEGETATION, BARE, DARK, SHADOW, CLOUD_MEDIUM, CLOUD_HIGH, CIRRUS = 6, 4, 5, 2, 3, 8, 9, 10
"""Classes of the Sentinel-2 scene classification that occur here."""


def record(land: list[Floats], clouds: Clouds | None) -> list[list[Numbers]]:
    """Put haze and clouds over the four bands and round them to few distinct values.

    Returns:
        For B02, B03, B04 and B08 the full resolution and its overviews, each ``(y, x)`` and half as wide as the one
        before, uint16, reflectance times 10 000, never 0.
    """
    return [_pyramid(_under_clouds(band, index, clouds) + np.float32(HAZE[index])) for index, band in enumerate(land)]


def classify(bands: list[Numbers], water: Bools, clouds: Clouds | None) -> NDArray[np.uint8]:
    """Classify every second pixel.

    Returns:
        Shape ``(y / 2, x / 2)``, uint8, classes of the Sentinel-2 scene classification.
    """
    red, nir = (band[::2, ::2].astype(np.float32) for band in (bands[2], bands[3]))
    scl = np.where((nir - red) / (nir + red) > 0.35, VEGETATION, BARE)
    scl = np.where((nir < 1400) & (scl == BARE), DARK, scl)
    scl = np.where(water[::2, ::2], WATER, scl)
    if clouds is not None:
        opacity, shadow = clouds.opacity[::2, ::2], clouds.shadow[::2, ::2]
        scl = np.where(shadow > 0.4, SHADOW, scl)
        for least, name in ((CLOUD_FROM, CIRRUS), (0.3, CLOUD_MEDIUM), (0.65, CLOUD_HIGH)):
            scl = np.where(opacity > least, name, scl)
    return scl.astype(np.uint8)


def picture(bands: list[Numbers]) -> NDArray[np.uint8]:
    """Stretch red, green and blue as the eye would like them.

    Returns:
        Shape ``(3, y, x)``, uint8.
    """
    share = np.clip(np.arange(16_384, dtype=np.float32) / 5400, 0, 1)
    curve = (share ** np.float32(0.62)).astype(np.float32)
    rgb = np.stack([curve[bands[index]] for index in (2, 1, 0)])
    grey = rgb.mean(axis=0)
    vivid = np.clip(grey + np.float32(1.5) * (rgb - grey), 0, 1)
    contrast = vivid * vivid * (3 - 2 * vivid) * np.float32(0.6) + vivid * np.float32(0.4)
    return np.asarray(np.rint(255 * contrast), np.uint8)


def _under_clouds(band: Floats, index: int, clouds: Clouds | None) -> Floats:
    if clouds is None:
        return band
    shaded = band * (1 - np.float32((0.45, 0.52, 0.56, 0.58)[index]) * clouds.shadow)
    return np.asarray(shaded + (np.float32(spectra.CLOUD[index]) * clouds.bright - shaded) * clouds.opacity)


def _pyramid(band: Floats) -> list[Numbers]:
    """Round ``band``, and averages of it down to 512 pixels or less."""
    levels = [_round(band, 1)]
    while band.shape[0] > 512:
        mean = (band[::2, ::2] + band[1::2, ::2] + band[::2, 1::2] + band[1::2, 1::2]) / 4
        band = np.asarray(mean, np.float32)
        levels.append(_round(band, 2))
    return levels


def _round(band: Floats, calm: int) -> Numbers:
    """Round to a square-root scale (steps of 50 at 400, 150 at 3600) and calm pairs of pixels.

    A pixel no more than ``calm`` steps away from its neighbour to the left or above takes its value: grain is
    20 m wide then, edges stay sharp, and the file is a third as large.
    """
    steps = np.rint(np.sqrt(np.clip(band, 1, 16_000)) * np.float32(STEPS)).astype(np.int16)
    for first, second in ((steps[:, ::2], steps[:, 1::2]), (steps[::2], steps[1::2])):
        second[:] = np.where(np.abs(second - first) <= calm, first, second)
    kept = np.maximum(1, np.rint((np.arange(128) / STEPS) ** 2)).astype(np.uint16)
    return kept[steps]
