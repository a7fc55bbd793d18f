"""A folder of many small scenes, for work on all of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

WEST, NORTH, STEP, SIDE = 30.0, 30.0, 0.001, 32
POINT = [WEST + 10.5 * STEP, NORTH - 5.5 * STEP]
"""In the middle of column 10, row 5."""
SQUARE = {
    "type": "Feature",
    "properties": {},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[WEST + x * STEP, NORTH - y * STEP] for x, y in ((4, 4), (12, 4), (12, 12), (4, 12), (4, 4))]],
    },
}
"""Rows and columns 4 to 11."""


def values_of(number: int) -> np.ndarray[Any, Any]:
    """Pixels of the band of a scene, shape (SIDE, SIDE), uint16."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    return (1 + number + 3 * columns + 7 * rows).astype("uint16")


def make_scenes(folder: Path, count: int) -> list[str]:
    """Write so many scenes, one a day from 2019 on; gives their ids, by date."""
    for number in range(count):
        name = f"scene-{number:04}"
        profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "width": SIDE, "height": SIDE, "nodata": 0,
                   "crs": "EPSG:4326", "transform": Affine(STEP, 0, WEST, 0, -STEP, NORTH), "tiled": True,
                   "blockxsize": 32, "blockysize": 32, "compress": "deflate"}  # fmt: skip
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as raster:
            raster.write(values_of(number), 1)
        (folder / f"{name}.json").write_text(json.dumps(_item(name, number)))
    return [f"scene-{number:04}" for number in range(count)]


def _item(name: str, number: int) -> dict[str, Any]:
    east, south = WEST + SIDE * STEP, NORTH - SIDE * STEP
    ring = [[WEST, south], [east, south], [east, NORTH], [WEST, NORTH], [WEST, south]]
    moment = datetime(2019, 1, 1, 10, tzinfo=UTC) + timedelta(days=number)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "small",
        "bbox": [WEST, south, east, NORTH],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": moment.isoformat().replace("+00:00", "Z")},
        "assets": {
            "data": {"href": f"./{name}.tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized"}
        },
        "links": [],
    }
