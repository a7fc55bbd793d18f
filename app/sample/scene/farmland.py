"""Old farmland: districts of small fields, each district ruled in its own direction, with lanes and ditches between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.sample.scene.ground import Bools, Floats, Ground
from app.sample.scene.noise import fractal

CELL_KM = 0.008
PLAN_CELLS = 1400
DISTRICT_KM = 1.9
DISTRICTS_ACROSS = 9
REACH_KM = 2.6
PLOTS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Farmland:
    """Fields of the valley, drawn over the whole square; the land decides where they show.

    Attributes:
        plot: Number of the field of each pixel, from 0 to ``PLOTS - 1``, intp; neighbours nearly always differ.
        lane: True on the lanes between blocks of fields.
        border_km: Kilometres to the edge of the district, where drains and roads run.
        centres_km: Middles of the districts, shape ``(district, 2)``, ``(east, north)``.
    """

    plot: NDArray[np.intp]
    lane: Bools
    border_km: Floats
    centres_km: NDArray[np.float64]


def make_farmland(ground: Ground) -> Farmland:
    """Lay one plan of fields, turned and shifted, under every district."""
    district, border, centres = _districts(ground)
    rng = np.random.default_rng([2019, 41])
    turn = rng.normal(0.1, 0.35, len(centres)).astype(np.float32)[district]
    bend = np.float32(0.022) * fractal(ground, 0.9, 42, octaves=2)
    east, north = ground.east_km + bend, ground.north_km - bend
    cos, sin = np.cos(turn), np.sin(turn)
    shift = rng.integers(0, PLAN_CELLS, (2, len(centres)))
    column = ((east * cos + north * sin) / np.float32(CELL_KM)).astype(np.intp) + shift[0][district]
    row = ((north * cos - east * sin) / np.float32(CELL_KM)).astype(np.intp) + shift[1][district]
    cut = _plan()[row % PLAN_CELLS, column % PLAN_CELLS]
    plot = (cut * 7 + district * 613) % PLOTS
    return Farmland(plot=plot.astype(np.intp), lane=cut == 0, border_km=border, centres_km=centres)


def _districts(ground: Ground) -> tuple[NDArray[np.intp], Floats, NDArray[np.float64]]:
    """Cells around scattered middles, with bent edges: index of the cell, kilometres to its edge, the middles."""
    rng = np.random.default_rng([2019, 43])
    lattice = (np.arange(DISTRICTS_ACROSS) - DISTRICTS_ACROSS // 2) * DISTRICT_KM
    centres = np.stack(np.meshgrid(lattice, lattice), -1).reshape(-1, 2)
    centres = centres + rng.uniform(-0.75, 0.75, centres.shape)
    bend = np.float32(0.12) * fractal(ground, 1.6, 44, octaves=3)
    east, north = ground.east_km + bend, ground.north_km + bend[::-1]
    nearest = np.full(bend.shape, REACH_KM, np.float32)
    second, index = nearest.copy(), np.zeros((ground.size, ground.size), np.intp)
    for number, (x, y) in enumerate(centres.astype(np.float32)):
        near = ground.window(x - REACH_KM, y - REACH_KM, x + REACH_KM, y + REACH_KM)
        away = np.hypot(east[near] - x, north[near] - y)
        closer = away < nearest[near]
        second[near] = np.where(closer, nearest[near], np.minimum(second[near], away))
        index[near][closer] = number
        nearest[near] = np.minimum(nearest[near], away)
    return index, np.asarray((second - nearest) / 2, np.float32), centres


def _plan() -> NDArray[np.int32]:
    """Cut a square into blocks, then fields: their numbers from 1, lanes 0, shape ``(PLAN_CELLS, PLAN_CELLS)``."""
    rng = np.random.default_rng([2019, 45])
    plan = np.zeros((PLAN_CELLS, PLAN_CELLS), np.int32)
    todo, number = [(0, 0, PLAN_CELLS, PLAN_CELLS)], 0
    while todo:
        top, left, high, wide = todo.pop()
        area_ha = high * wide * CELL_KM**2 * 100
        if area_ha < rng.uniform(2.2, 10) or min(high, wide) < 9:
            number += 1
            plan[top : top + high, left : left + wide] = number
            continue
        gap = 2 if area_ha > 24 else 0
        share = rng.uniform(0.36, 0.64)
        if wide > high * rng.uniform(0.55, 1.2):
            cut = int(wide * share)
            todo += [(top, left, high, cut), (top, left + cut + gap, high, wide - cut - gap)]
        else:
            cut = int(high * share)
            todo += [(top, left, cut, wide), (top + cut + gap, left, high - cut - gap, wide)]
    return plan
