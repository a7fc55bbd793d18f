"""Small COGs of every kind that the real data lack, and STAC items of them; the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.transform import Affine, from_bounds
from rasterio.warp import transform_bounds

SIZE = 700
UTM, UTM_GRID = "EPSG:32633", Affine(60, 0, 500_000, 0, -60, 5_200_020)
MERCATOR_GRID = Affine(80, 0, 1_700_000, 0, -80, 5_900_000)
CLASSES = {1: (10, 120, 40, 255), 2: (220, 200, 60, 255), 3: (30, 60, 220, 255), 4: (200, 20, 30, 255)}
BOX = transform_bounds(UTM, "EPSG:4326", 500_000, 5_200_020 - 60 * SIZE, 500_000 + 60 * SIZE, 5_200_020)
"""Where the rasters in UTM lie, in degrees."""
MOSAIC = {"mosaicjson": "0.0.3", "version": "1.0.0", "minzoom": 7, "maxzoom": 9, "quadkey_zoom": 7, "bounds": BOX,
          "tiles": {"1202213": ["https://example.com/a.tif"]}}  # fmt: skip
Pixels = NDArray[np.generic]


def make_rasters(folder: Path) -> None:
    """Write all rasters and items into an empty folder."""
    y, x = np.mgrid[:SIZE, :SIZE]
    relief = 900 + 500 * np.sin(x / 40) * np.cos(y / 55) + (x * 7 + y * 13) % 37
    corner = x + y < SIZE // 3
    bands = np.stack([np.where(corner, 0, relief * factor + 200) for factor in (0.8, 1, 1.3, 2.4)])
    rgb = np.stack([relief * factor / 8 for factor in (0.6, 0.8, 1)]).astype(np.uint8)
    classes = ((x // 35 + y // 50) % 5).astype(np.uint8)[None]

    _cog(folder / "counts.tif", bands.astype(np.uint16), nodata=0, statistics=(200, 3500))
    _cog(folder / "rgb.tif", rgb, mask=~corner)
    _cog(folder / "rgba.tif", np.concatenate([rgb, np.where(corner, 0, 255)[None].astype(np.uint8)]), alpha=True)
    _cog(folder / "grey.tif", rgb[:1])
    _cog(folder / "scaled.tif", (bands[:2] - 900).astype(np.int16), nodata=-32768, scales=(0.0001, 0.01), offset=-0.1)
    _cog(folder / "classes.tif", classes, crs="EPSG:3857", grid=MERCATOR_GRID, nodata=0, colormap=CLASSES)
    degrees = from_bounds(12, 40, 14, 42, SIZE, SIZE)
    heights = np.where(corner, np.nan, relief)[None].astype(np.float32)
    _cog(folder / "heights.tif", heights, crs="EPSG:4326", grid=degrees, nodata=np.nan)
    (folder / "item.json").write_text(json.dumps(_item("made", {"counts": 4, "rgb": 3, "scaled": 2, "grey": 1})))
    (folder / "mosaic.json").write_text(json.dumps(MOSAIC))
    (folder / "not-an-item.json").write_text('{"type": "Collection", "id": "none"}')
    (folder / "not-json.json").write_text("<html>")
    (folder / "not-a-raster.tif").write_bytes(b"II*\0" + bytes(64))
    (folder / "lost.json").write_text(json.dumps(_item("lost", {"counts": 4, "gone": 1})))


def _cog(path: Path, data: Pixels, *, crs: str = UTM, grid: Affine = UTM_GRID, **extra: Any) -> None:
    """Write a COG of blocks of 256 with overviews, and what ``extra`` tells beside its pixels."""
    draft = path.with_suffix(".plain")
    count, height, width = data.shape
    shape = {"count": count, "height": height, "width": width, "dtype": data.dtype}
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(draft, "w", driver="GTiff", crs=crs, transform=grid, nodata=extra.get("nodata"), **shape) as file,
    ):
        file.write(data)
        _describe(file, extra)
    options = {"BLOCKSIZE": "256", "COMPRESS": "DEFLATE", "OVERVIEW_RESAMPLING": "NEAREST"}
    rasterio.shutil.copy(str(draft), str(path), driver="COG", **options)
    draft.unlink()


def _describe(file: Any, extra: dict[str, Any]) -> None:
    if "mask" in extra:
        file.write_mask(extra["mask"])
    if "alpha" in extra:
        file.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    if "colormap" in extra:
        file.write_colormap(1, extra["colormap"])
    for band in file.indexes if "statistics" in extra else ():
        low, high = extra["statistics"]
        file.update_tags(band, STATISTICS_MINIMUM=low, STATISTICS_MAXIMUM=high)
    if "scales" in extra:
        file.scales, file.offsets = extra["scales"], (extra["offset"],) * file.count


def _item(name: str, assets: dict[str, int]) -> dict[str, Any]:
    left, bottom, right, top = BOX
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/render/v2.0.0/schema.json"],
        "id": name,
        "bbox": list(BOX),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": "2020-06-01T10:00:00Z",
            "renders": {"grey": {"assets": ["grey"], "colormap_name": "viridis", "rescale": [[0, 200]]}},
        },
        "links": [],
        "assets": {
            asset: {"href": f"./{asset}.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]}
            for asset in assets
        },
    }
