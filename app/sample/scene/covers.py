"""Which cover lies where: the parts of the land made side by side, and the borders between them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from app.sample.scene.desert import Desert, make_desert
from app.sample.scene.farmland import PLOTS, Farmland, make_farmland
from app.sample.scene.ground import Bools, Floats, Ground
from app.sample.scene.lake import Lake, make_lake
from app.sample.scene.lines import Lines, make_lines
from app.sample.scene.noise import fractal
from app.sample.scene.pivots import Pivots, make_pivots
from app.sample.scene.towns import make_towns


@dataclass(frozen=True, slots=True, kw_only=True)
class Covers:
    """The parts of the land, and where each of them shows.

    Attributes:
        town: How built-up each pixel is, 0 to 1, float32; fades outside ``fertile``.
        roofs: Brightness of roofs, about 1, float32.
        fertile: Old farmland, with its towns and lanes.
        field: Every field, in the valley and under pivots.
        pond: Fish ponds near the shore, which take the place of fields.
        lane: Lanes between blocks of fields.
    """

    desert: Desert
    lake: Lake
    farms: Farmland
    pivots: Pivots
    lines: Lines
    town: Floats
    roofs: Floats
    fertile: Bools
    field: Bools
    pond: Bools
    lane: Bools


def make_covers(ground: Ground) -> Covers:
    """Make the parts, in two threads (numpy lets go of the interpreter lock), and settle who has which pixel."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(make_desert, ground)
        farms, lake = make_farmland(ground), make_lake(ground)
        pivots, lines = make_pivots(ground), make_lines(ground)
        town, roofs = make_towns(ground, farms.centres_km)
        desert = future.result()
    fertile = _fertile(ground, farms) & ~lake.water & (lake.shore < 0.45)
    pond = fertile & (farms.plot % 5 < 2) & (lake.shore > 0.02) & (town < 0.5) & ~farms.lane
    field = (fertile | pivots.inside) & (town < 0.5) & ~pond
    return Covers(
        desert=desert,
        lake=lake,
        farms=farms,
        pivots=pivots,
        lines=lines,
        town=np.where(fertile, town, np.float32(0)),
        roofs=roofs,
        fertile=fertile,
        field=field,
        pond=pond,
        lane=(farms.lane | (farms.border_km < 0.008)) & fertile & field,
    )


def _fertile(ground: Ground, farms: Farmland) -> Bools:
    """South of a wandering line that follows the borders of fields."""
    edge = 1.5 + 0.1 * ground.east_km + 0.45 * np.sin(ground.east_km * 0.9 + 0.6)
    jitter = np.random.default_rng([2019, 96]).normal(0, 0.13, PLOTS).astype(np.float32)[farms.plot]
    return np.asarray(ground.north_km + np.float32(0.28) * fractal(ground, 1.7, 93, octaves=4) + jitter < edge)
