"""Every field by its number: what it grows, how it differs from the next one, and its colour on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene import spectra
from app.sample.scene.crops import DESERT, VALLEY, Growth, Rotation, grow
from app.sample.scene.ground import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Fields ``first`` to ``first + len(rotation) - 1`` of a kind, valley or desert.

    Attributes:
        rotation: Index into ``rotations`` of each field.
        late_days: How far each field is behind its neighbours.
        phase: Where each is in its cutting cycle, 0 to 1.
        health: How full its cover gets, about 1.
        bright: Brightness of its soil, about 1.
    """

    rotations: tuple[Rotation, ...]
    soil: spectra.Spectrum
    seed: int
    rotation: NDArray[np.int64]
    late_days: Floats
    phase: Floats
    health: Floats
    bright: Floats


def valley_fields(count: int) -> Fields:
    """Small fields on clay."""
    return _sow(count, VALLEY, spectra.CLAY, seed=81)


def desert_fields(count: int) -> Fields:
    """Centre pivots on sand."""
    return _sow(count, DESERT, spectra.TILLED_SAND, seed=82)


def _sow(count: int, rotations: Sequence[Rotation], soil: spectra.Spectrum, seed: int) -> Fields:
    rng = np.random.default_rng([2019, seed])
    shares = np.array([rotation.share for rotation in rotations])
    return Fields(
        rotations=tuple(rotations),
        soil=soil,
        seed=seed,
        rotation=rng.choice(len(rotations), count, p=shares / shares.sum()),
        late_days=rng.normal(0, 9, count).astype(np.float32),
        phase=rng.uniform(0, 1, count).astype(np.float32),
        health=np.clip(rng.normal(0.93, 0.1, count), 0.5, 1.06).astype(np.float32),
        bright=np.clip(rng.normal(1, 0.11, count), 0.7, 1.35).astype(np.float32),
    )


def colours(fields: Fields, day_of_year: int) -> Floats:
    """Mix leaves, straw and soil for each field.

    Returns:
        Shape ``(field, band)``, float32, in Sentinel-2 numbers, bands as in ``spectra.BANDS``.
    """
    growth = _growth(fields, day_of_year)
    green, straw = growth.green[:, None], growth.straw[:, None]
    wet = np.random.default_rng([2019, fields.seed, day_of_year]).uniform(0, 1, len(fields.phase)) < 0.22
    soil = np.array(fields.soil, np.float32) * (fields.bright * np.where(wet, np.float32(0.62), 1))[:, None]
    woody = np.array([rotation.perennial > 0 for rotation in fields.rotations])[fields.rotation]
    leaf = np.where(woody[:, None], np.array(spectra.ORCHARD, np.float32), np.array(spectra.GREEN_CROP, np.float32))
    stubble = np.array(spectra.STRAW, np.float32)
    return np.asarray(leaf * green + (stubble * straw + soil * (1 - straw)) * (1 - green), np.float32)


def _growth(fields: Fields, day_of_year: int) -> Growth:
    """Growth of every field, rotation by rotation, with the health of each."""
    green, straw = np.zeros_like(fields.phase), np.zeros_like(fields.phase)
    for index, rotation in enumerate(fields.rotations):
        mine = fields.rotation == index
        grown = grow(rotation, np.float32(day_of_year) - fields.late_days[mine], fields.phase[mine])
        green[mine], straw[mine] = grown.green * fields.health[mine], grown.straw
    return Growth(green=np.clip(green, 0, 0.98), straw=straw)
