"""The land: everything that stays through the year, put together once and shared by all scenes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene import spectra
from app.sample.scene.desert import Desert, make_desert
from app.sample.scene.farmland import PLOTS, Farmland, make_farmland
from app.sample.scene.fields import Fields, desert_fields, valley_fields
from app.sample.scene.ground import Bools, Floats, Ground
from app.sample.scene.lake import Lake, make_lake
from app.sample.scene.lines import make_lines
from app.sample.scene.noise import fractal, ramp, smooth
from app.sample.scene.pivots import make_pivots
from app.sample.scene.towns import make_towns


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """What does not change.

    Attributes:
        still: Shape ``(band, y, x)``, float32, Sentinel-2 numbers of all that is not a field, times its share of the pixel.
        sown: Shape ``(y, x)``, float32: share of the pixel that is field, 0 to 1, times the texture of the field.
        plot: Shape ``(y, x)``, intp: row of the field in the colours of a day (valley first, then desert).
        slope_east, slope_north: Rise in metres per metre.
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
    """Lay desert, then fields, towns and water over it, then the narrow lines."""
    with ThreadPoolExecutor(max_workers=2) as pool:  # numpy lets go of the interpreter lock
        making = [pool.submit(make, ground) for make in (make_desert, make_farmland)]
        lake, pivots, lines = make_lake(ground), make_pivots(ground), make_lines(ground)
    town, roofs = make_towns(ground, farms.centres_km)
    fertile = _fertile(ground, farms) & ~lake.water & (lake.shore < 0.45)
    field = (fertile | pivots.inside) & (town < 0.5)
    pond = fertile & (farms.plot % 5 < 2) & (lake.shore > 0.02) & (town < 0.5) & ~farms.lane

    still = _desert_colour(ground, desert)
    still = _paint(still, spectra.ROOFS, np.where(fertile, town, 0), roofs)
    still = _paint(still, spectra.SALT_FLAT, lake.shore * ramp(smooth(ground, 0.3, 91), -1.2, 0.6))
    still = _paint(still, spectra.REEDS, ramp(lake.shore, 0.5, 0.95) * ramp(smooth(ground, 0.5, 92), 0.2, 0.8))
    still = _lake_colour(still, lake)
    still = _paint(still, spectra.POND, pond)
    field &= ~pond
    lanes = farms.lane & fertile & field | (farms.border_km < 0.008) & fertile & field
    still = np.where(field, 0, still)
    cover = np.where(field, np.float32(1), 0)
    plot = np.where(pivots.inside & ~fertile, PLOTS + pivots.plot, farms.plot)
    for colour, share in (
        (spectra.LANE, lanes * np.float32(0.75)),
        (spectra.TRACK, pivots.arm & ~fertile),
        (spectra.TREES, lines.trees * fertile),
        (spectra.TRACK, lines.track * ~lake.water),
        (spectra.CANAL, lines.canal * ~lake.water),
        (spectra.ASPHALT, lines.road * ~lake.water),
    ):
        still, cover = _paint(still, colour, share), cover * (1 - share)
    texture = _texture(ground, desert, farms, pivots.wheel * ~fertile, lake.water)
    slope_east, slope_north = _slopes(ground, desert.height_m, fertile | lake.water | pivots.inside)
    return Land(
        ground=ground,
        still=still * texture,
        sown=np.asarray(cover * texture, np.float32),
        plot=plot,
        slope_east=slope_east,
        slope_north=slope_north,
        water=lake.water | pond,
        valley=valley_fields(PLOTS),
        desert=desert_fields(pivots.count),
    )


def _slopes(ground: Ground, height_m: Floats, level: Bools) -> tuple[Floats, Floats]:
    """Rise toward east and toward north, metres per metre; none where the ground was levelled."""
    south, east = np.gradient(height_m, np.float32(ground.pixel_m))
    return np.where(level, 0, east).astype(np.float32), np.where(level, 0, -south).astype(np.float32)


def _fertile(ground: Ground, farms: Farmland) -> Bools:
    """South of a wandering line that follows the borders of fields."""
    edge = 1.5 + 0.1 * ground.east_km + 0.45 * np.sin(ground.east_km * 0.9 + 0.6)
    jitter = np.random.default_rng([2019, 96]).normal(0, 0.13, PLOTS).astype(np.float32)[farms.plot]
    return np.asarray(ground.north_km + np.float32(0.28) * fractal(ground, 1.7, 93, octaves=4) + jitter < edge)


def _desert_colour(ground: Ground, desert: Desert) -> Floats:
    base = np.broadcast_to(np.array(spectra.PALE_SAND, np.float32)[:, None, None], (4, ground.size, ground.size))
    base = _paint(base, spectra.GRAVEL, desert.gravel)
    base = _paint(base, spectra.DUNE_SAND, desert.dune)
    return _paint(base, spectra.ROCK, desert.rock)


def _lake_colour(still: Floats, lake: Lake) -> Floats:
    still = _paint(still, spectra.SHALLOW_WATER, lake.water)
    return _paint(still, spectra.DEEP_WATER, np.where(lake.water, 1 - np.exp(-lake.depth * 4), 0))


def _paint(still: Floats, colour: spectra.Spectrum, share: object, bright: object = 1) -> Floats:
    share = np.asarray(share, np.float32)
    return np.asarray(still * (1 - share) + np.array(colour, np.float32)[:, None, None] * (share * bright), np.float32)


def _texture(ground: Ground, desert: Desert, farms: Farmland, wheel: Floats, water: Bools) -> Floats:
    grain = np.float32(0.03) * smooth(ground, 0.025, 94) + np.float32(0.035) * fractal(ground, 0.4, 95, octaves=3)
    return np.asarray(np.where(water, 1, 1 + grain + np.float32(0.04) * wheel), np.float32)
