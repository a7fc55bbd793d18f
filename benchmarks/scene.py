"""A scene like one of Sentinel-2: in size, layout, and above all entropy, which decides what decoding costs."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

from benchmarks.noise import PLOTS, Floats, fractal, grain, plots
from benchmarks.place import cache_folder

VERSION = 1
FULL = 10980
EXTENT_M = 109_800
WEST, NORTH, EPSG = 300_000, 3_400_020, 32636
STRIP = 512
SWATH_EDGE = 0.12
"""Where the edge of the swath cuts the north-west corner off, as a share of the width."""
WATER_BELOW = -0.5
"""Lakes lie where a noise is below this: about a quarter of the scene."""

# Asset: common name, level of bare soil, change by plants, by relief, and grain, in digital numbers of level 2A.
BANDS = {
    "B02": ("blue", 900, -250, 160, 6),
    "B03": ("green", 1250, -150, 220, 6),
    "B04": ("red", 1700, -700, 300, 7),
    "B08": ("nir", 2500, 1300, 380, 7),
}
VISUAL_MAX = 3000
PHOTO_GRAIN = 45
"""Texture of the picture, in digital numbers, alike in all bands: without it JPEG would be far too small."""
BAND_OPTIONS = {"COMPRESS": "DEFLATE", "PREDICTOR": "YES"}
VISUAL_OPTIONS = {"COMPRESS": "JPEG", "QUALITY": "85"}


def scene(size: int) -> Path:
    """Folder of the scene of this width, which is made the first time (two minutes and 1 GB for the full one)."""
    final = cache_folder() / f"scene-{size}-v{VERSION}"
    if not final.is_dir():
        print(f"Making the scene of {size} x {size} in {final} ...", flush=True)
        draft = Path(tempfile.mkdtemp(prefix=".scene-", dir=final.parent))
        try:
            _write(draft, size)
            draft.rename(final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return final


def warm_page_cache(folder: Path) -> None:
    """Read every file once, so that no server pays for the disk."""
    for path in folder.glob("*.tif"):
        with path.open("rb") as file:
            while file.read(1 << 22):
                pass


def bounds_wgs84() -> tuple[float, float, float, float]:
    """Bounds of the scene, whatever its width in pixels."""
    box = transform_bounds(f"EPSG:{EPSG}", "EPSG:4326", WEST, NORTH - EXTENT_M, WEST + EXTENT_M, NORTH)
    return box[0], box[1], box[2], box[3]


def _write(folder: Path, size: int) -> None:
    plain = {name: folder / f"{name}.plain" for name in (*BANDS, "visual")}
    files = {name: _create(path, size, 3 if name == "visual" else 1) for name, path in plain.items()}
    for rows, bands in _strips(size):
        window = ((rows.start, rows.stop), (0, size))
        for name, pixels in bands.items():
            files[name].write(pixels, 1, window=window)
        photo = np.stack([bands[name] for name in ("B04", "B03", "B02")]) + PHOTO_GRAIN * grain(rows, size, 300)
        files["visual"].write(np.clip(photo * (255 / VISUAL_MAX), 0, 255).astype(np.uint8), window=window)
    for name, path in plain.items():
        files[name].close()
        options = VISUAL_OPTIONS if name == "visual" else BAND_OPTIONS
        cog = {"driver": "COG", "BLOCKSIZE": "512", "OVERVIEW_RESAMPLING": "AVERAGE", "NUM_THREADS": "ALL_CPUS"}
        rasterio.shutil.copy(str(path), str(folder / f"{name}.tif"), **cog, **options)
        path.unlink()
        path.with_name(f"{path.name}.aux.xml").unlink(missing_ok=True)
    (folder / "item.json").write_text(json.dumps(_item(size), indent=1))


def _create(path: Path, size: int, count: int) -> Any:
    profile = {"dtype": "uint16", "nodata": 0} if count == 1 else {"dtype": "uint8", "photometric": "RGB"}
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=size,
        height=size,
        count=count,
        crs=f"EPSG:{EPSG}",
        transform=_grid(size),
        **profile,
    )


def _grid(size: int) -> Affine:
    return Affine(EXTENT_M / size, 0, WEST, 0, -EXTENT_M / size, NORTH)


def _strips(size: int) -> Iterator[tuple[slice, dict[str, NDArray[np.uint16]]]]:
    contrast = np.random.default_rng(7).standard_normal(PLOTS).astype(np.float32)
    for start in range(0, size, STRIP):
        rows = slice(start, min(start + STRIP, size))
        relief = fractal(rows, size, (1024, 256, 64, 16, 4), seed=1, gain=0.5)
        water = fractal(rows, size, (2048, 512, 128, 32), seed=50) < WATER_BELOW
        plants, valid = _plants(rows, size, contrast), _valid(rows, size)
        yield (
            rows,
            {
                name: np.where(water, _water(name, rows, size), _band(name, rows, size, relief, plants)) * valid
                for name in BANDS
            },
        )


def _plants(rows: slice, size: int, contrast: Floats) -> Floats:
    """How green it is: fields with sharp borders where the land is fertile, noise elsewhere."""
    fertile = fractal(rows, size, (2048, 512, 128), seed=20)
    bend = 0.2 * fractal(rows, size, (256, 64), seed=30)
    fields = contrast[plots(rows, size, 38, bend)] + 0.12 * contrast[plots(rows, size, 11, bend)]
    wild = fractal(rows, size, (128, 32, 8), seed=40)
    return np.asarray(np.where(fertile > 0, fields, 0.7 * wild), np.float32)


def _band(name: str, rows: slice, size: int, relief: Floats, plants: Floats) -> NDArray[np.uint16]:
    _, soil, green, shade, noise = BANDS[name]
    seed = 100 + list(BANDS).index(name)
    values = soil + green * 0.4 * plants + shade * relief + noise * grain(rows, size, seed)
    return np.asarray(np.clip(values, 1, 10_000), np.uint16)


def _water(name: str, rows: slice, size: int) -> NDArray[np.uint16]:
    """Dark and nearly even: what makes real scenes smaller than their fields alone would be."""
    ripples = grain(rows, size, 200 + list(BANDS).index(name))
    return (BANDS[name][1] / 4 + 2 * ripples).astype(np.uint16)


def _valid(rows: slice, size: int) -> NDArray[np.uint16]:
    y, x = np.arange(rows.start, rows.stop)[:, None], np.arange(size)
    return np.asarray(x + 0.25 * y > SWATH_EDGE * size, np.uint16)


def _item(size: int) -> dict[str, Any]:
    left, bottom, right, top = bounds_wgs84()
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
        ],
        "id": f"bench-{size}",
        "bbox": [left, bottom, right, top],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": "2019-06-01T08:30:00Z", "proj:epsg": EPSG, "synthetic": True},
        "links": [],
        "assets": {name: _asset(name, size) for name in (*BANDS, "visual")},
    }


def _asset(name: str, size: int) -> dict[str, Any]:
    names = ("B04", "B03", "B02") if name == "visual" else (name,)
    return {
        "href": f"./{name}.tif",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["visual" if name == "visual" else "data"],
        "eo:bands": [{"name": band, "common_name": BANDS[band][0]} for band in names],
        "proj:shape": [size, size],
        "proj:transform": list(_grid(size))[:6],
    }
