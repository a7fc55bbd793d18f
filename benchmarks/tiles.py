"""Where requests go: a person who zooms in and pans, or nobody in particular."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from benchmarks.scene import bounds_wgs84

PAN = {8: (1, 1), 9: (2, 1), 10: (2, 2), 11: (3, 2), 12: (4, 2), 13: (3, 3)}
"""How many columns and rows of neighbouring tiles are seen on each level: thirty tiles in all."""
FOCUS = (0.27, 0.46)
"""Share of the way east and north. From here 9 tiles of the pan touch blocks that none before touched, 13 in each band:
an item, three headers and 27 ranges are the least for true colour. Elsewhere it is 9 to 17 tiles, mostly 13."""
RANDOM_LEVELS = (10, 11, 12, 13)


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of WebMercatorQuad."""

    z: int
    x: int
    y: int

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude."""
        return _lon_lat(self.z, self.x + 0.5, self.y + 0.5)

    @property
    def middle(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the 64 x 64 pixels in the middle."""
        west, north = _lon_lat(self.z, self.x + 0.375, self.y + 0.375)
        east, south = _lon_lat(self.z, self.x + 0.625, self.y + 0.625)
        return west, south, east, north


def pan() -> list[Tile]:
    """Zoom in on one place, and look around on each level, row by row."""
    west, south, east, north = bounds_wgs84()
    tiles = []
    for z, (columns, rows) in PAN.items():
        x, y = _tile_at(z, west + FOCUS[0] * (east - west), south + FOCUS[1] * (north - south))
        tiles += [Tile(z, x + column, y + row) for row in range(rows) for column in range(columns)]
    return tiles


def scattered(count: int = 30, seed: int = 1) -> list[Tile]:
    """Different tiles anywhere inside of the scene."""
    west, south, east, north = bounds_wgs84()
    chance, found = random.Random(seed), dict[Tile, None]()
    while len(found) < count:
        z = chance.choice(RANDOM_LEVELS)
        tile = Tile(z, *_tile_at(z, chance.uniform(west, east), chance.uniform(south, north)))
        if _is_inside(tile):
            found[tile] = None
    return list(found)


def _is_inside(tile: Tile) -> bool:
    """Whether the centre lies in the scene."""
    lon, lat = tile.centre
    west, south, east, north = bounds_wgs84()
    return west < lon < east and south < lat < north


def _tile_at(z: int, lon: float, lat: float) -> tuple[int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


def _lon_lat(z: int, x: float, y: float) -> tuple[float, float]:
    return x / 2**z * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**z))))
