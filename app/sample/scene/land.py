"""The land: everything that stays through the year, painted once and shared by all scenes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene import spectra
from app.sample.scene.covers import Covers, make_covers
from app.sample.scene.farmland import PLOTS
from app.sample.scene.fields import Fields, desert_fields, valley_fields
from app.sample.scene.ground import Bools, Floats, Ground
from app.sample.scene.noise import fractal, ramp, smooth


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """What does not change.

    Attributes:
        still: Shape ``(band, y, x)``, float32: Sentinel-2 numbers of all but fields, times its share of the pixel.
        sown: Shape ``(y, x)``, float32: share of the pixel that is field, times the texture of the field.
        plot: Shape ``(y, x)``, intp: row of the field in the colours of a day (valley first, then desert).
        slope_east, slope_north: Rise in metres per metre, float32.
        water: Where there is water.
    """

    ground: Ground
    still: Floats
    sown: Floats
    plot: NDArray[np.intp]
    slope_east: Floats
    slope_north: Floats
    water: Bools
    valley: Fields
    desert: Fields


def make_land(ground: Ground) -> Land:
    """Lay desert, then towns and water over it, cut out the fields, and draw the narrow lines."""
    covers = make_covers(ground)
    still, sown = _draw_lines(covers, _paint_areas(ground, covers))
    texture = _texture(ground, covers)
    level = covers.fertile | covers.lake.water | covers.pivots.inside
    slope_east, slope_north = _slopes(ground, covers.desert.height_m, level)
    return Land(
        ground=ground,
        still=still * texture,
        sown=sown * texture,
        plot=np.where(covers.pivots.inside & ~covers.fertile, PLOTS + covers.pivots.plot, covers.farms.plot),
        slope_east=slope_east,
        slope_north=slope_north,
        water=covers.lake.water | covers.pond,
        valley=valley_fields(PLOTS),
        desert=desert_fields(covers.pivots.count),
    )


def _paint_areas(ground: Ground, covers: Covers) -> Floats:
    """Colour all that is wide and not a field; shape ``(band, y, x)``, 0 on fields."""
    desert, lake = covers.desert, covers.lake
    salt = lake.shore * ramp(smooth(ground, 0.3, 91), -1.2, 0.6)
    reeds = ramp(lake.shore, 0.5, 0.95) * ramp(smooth(ground, 0.5, 92), 0.2, 0.8)
    still = np.broadcast_to(np.array(spectra.PALE_SAND, np.float32)[:, None, None], (4, ground.size, ground.size))
    for colour, share in (
        (spectra.GRAVEL, desert.gravel),
        (spectra.DUNE_SAND, desert.dune),
        (spectra.ROCK, desert.rock),
    ):
        still = _paint(still, colour, share)
    still = _paint(still, spectra.ROOFS, covers.town, covers.roofs)
    for colour, share in (
        (spectra.SALT_FLAT, salt),
        (spectra.REEDS, reeds),
        (spectra.SHALLOW_WATER, lake.water.astype(np.float32)),
        (spectra.DEEP_WATER, np.where(lake.water, 1 - np.exp(-lake.depth * 4), np.float32(0))),
        (spectra.POND, covers.pond.astype(np.float32)),
    ):
        still = _paint(still, colour, share)
    return np.where(covers.field, np.float32(0), still)


def _draw_lines(covers: Covers, still: Floats) -> tuple[Floats, Floats]:
    """Draw lanes, canals and roads over everything.

    Returns:
        ``still`` with the lines, and the share of each pixel that is left to the field in it, 0 to 1.
    """
    lines, dry = covers.lines, ~covers.lake.water
    sown = covers.field.astype(np.float32)
    for colour, share in (
        (spectra.LANE, covers.lane * np.float32(0.75)),
        (spectra.TRACK, (covers.pivots.arm & ~covers.fertile).astype(np.float32)),
        (spectra.TREES, lines.trees * covers.fertile),
        (spectra.TRACK, lines.track * dry),
        (spectra.CANAL, lines.canal * dry),
        (spectra.ASPHALT, lines.road * dry),
    ):
        still, sown = _paint(still, colour, share), sown * (1 - share)
    return still, sown


def _paint(still: Floats, colour: spectra.Spectrum, share: Floats, bright: Floats | float = 1) -> Floats:
    """Cover ``share`` of each pixel with a colour."""
    return np.asarray(still * (1 - share) + np.array(colour, np.float32)[:, None, None] * (share * bright), np.float32)


def _texture(ground: Ground, covers: Covers) -> Floats:
    """Brightness around 1: grain, patches, and the rings that wheels leave; calm on water."""
    grain = np.float32(0.03) * smooth(ground, 0.025, 94) + np.float32(0.035) * fractal(ground, 0.4, 95, octaves=3)
    rings = np.float32(0.04) * covers.pivots.wheel * ~covers.fertile
    return np.asarray(np.where(covers.lake.water, 1, 1 + grain + rings), np.float32)


def _slopes(ground: Ground, height_m: Floats, level: Bools) -> tuple[Floats, Floats]:
    """Rise toward east and toward north, metres per metre, float32; none where the ground was levelled."""
    south, east = np.gradient(height_m, np.float32(ground.pixel_m))
    return np.where(level, np.float32(0), east), np.where(level, np.float32(0), -south)
