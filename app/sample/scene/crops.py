"""What grows: the seasons of each crop rotation, and how green a field is on a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """One crop from sowing to harvest; days of the year; a crop that stands at new year is harvested after day 365.

    Attributes:
        green: Day on which half of the full cover is reached.
        harvest: Day on which the green is gone.
        peak: Share of the ground that leaves cover at best, 0 to 1.
        ripening_days: How slowly green fades before the harvest; long for cereals, short for what is cut.
        cut_days: Days between cuts of a fodder crop; 0 for none.
    """

    green: float
    harvest: float
    peak: float
    ripening_days: float = 4
    cut_days: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What one field grows in a year, and how often the rotation is chosen."""

    seasons: tuple[Season, ...]
    share: float
    perennial: float = 0


WHEAT = Season(green=338, harvest=478, peak=0.92, ripening_days=11)
MAIZE = Season(green=176, harvest=266, peak=0.9, ripening_days=8)
CLOVER = Season(green=292, harvest=453, peak=0.9, cut_days=42)
COTTON = Season(green=134, harvest=278, peak=0.8, ripening_days=10)
BEET = Season(green=306, harvest=474, peak=0.86)
SORGHUM = Season(green=188, harvest=282, peak=0.78, ripening_days=9)
TOMATOES = (Season(green=262, harvest=352, peak=0.68), Season(green=66, harvest=150, peak=0.72))
ALFALFA = Season(green=-40, harvest=420, peak=0.93, cut_days=31)
POTATOES = (Season(green=290, harvest=366, peak=0.9), Season(green=44, harvest=128, peak=0.92))

VALLEY = (
    Rotation(seasons=(WHEAT, MAIZE), share=0.3),
    Rotation(seasons=(CLOVER, COTTON), share=0.24),
    Rotation(seasons=(BEET, SORGHUM), share=0.16),
    Rotation(seasons=TOMATOES, share=0.1),
    Rotation(seasons=(), share=0.11, perennial=0.72),
    Rotation(seasons=(ALFALFA,), share=0.05),
    Rotation(seasons=(), share=0.04),
)
DESERT = (
    Rotation(seasons=(ALFALFA,), share=0.34),
    Rotation(seasons=POTATOES, share=0.24),
    Rotation(seasons=(WHEAT, MAIZE), share=0.26),
    Rotation(seasons=(), share=0.16),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """State of many fields on one day, each of shape ``(field,)``, float32, 0 to 1: shares of the ground."""

    green: Floats
    straw: Floats


def grow(rotation: Rotation, day_of_year: Floats, seed_phase: Floats) -> Growth:
    """Tell how green fields of one rotation are.

    Args:
        day_of_year: Day as each field sees it (early fields are ahead), shape ``(field,)``.
        seed_phase: 0 to 1 for each field: where in its cutting cycle it is.
    """
    green, straw = np.full_like(day_of_year, rotation.perennial), np.zeros_like(day_of_year)
    for season in rotation.seasons:
        for year in (-365, 0, 365):
            day = day_of_year + np.float32(year)
            green = np.maximum(green, _leaves(season, day, seed_phase))
            after = np.asarray(day - season.harvest, np.float32)
            straw = np.maximum(straw, _step(after / 3) * np.exp(-np.clip(after, 0, None) / 24))
    return Growth(green=green, straw=np.asarray(straw * (1 - green), np.float32))


def _leaves(season: Season, day: Floats, phase: Floats) -> Floats:
    """Green cover of one season, 0 to ``season.peak``."""
    grown, gone = _step((day - season.green) / 8), _step((day - season.harvest) / season.ripening_days)
    cover = np.asarray(season.peak * grown * (1 - gone), np.float32)
    if not season.cut_days:
        return cover
    since_cut = np.mod(day / np.float32(season.cut_days) + phase, 1)
    return np.asarray(cover * (0.45 + 0.55 * _step((since_cut - 0.25) * 12)), np.float32)


def _step(x: NDArray[np.floating]) -> Floats:
    """Logistic step from 0 to 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float32)
