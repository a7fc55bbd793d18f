"""The rasters and items that are asked for, and where in them."""

from __future__ import annotations

from functools import cache
from typing import Any

import morecantile

from benchmarks.parity.rasters import BOX

COUNTS, RGB, RGBA, GREY, SCALED, CLASSES, HEIGHTS = (
    f"made/{name}.tif" for name in ("counts", "rgb", "rgba", "grey", "scaled", "classes", "heights")
)
MADE = "made/item.json"
SCENE = "real/s2-timeseries/S2A_33TWM_20230815_0_L2A/item.v0.json"
TODAY = "real/s2-timeseries/S2A_33TWM_20230815_0_L2A/item.v1.json"
"""The same scene with the keys of Earth Search today."""
PRODUCT = "real/s2-v0-full/S2A_29RKH_20200219_0_L2A/item.v0.json"
LANDSAT = "real/landsat-c2-l2/LC08_L2SP_001062_20201031/item.SR.local.json"
B04 = "real/s2-timeseries/S2A_33TWM_20230815_0_L2A/B04.tif"
SCL = "real/s2-timeseries/S2A_33TWM_20230815_0_L2A/SCL.tif"
DEM = "real/dem/Copernicus_DSM_COG_10_N00_00_E006_00_DEM.tif"
DEM_LV95 = "real/dem/dem_lv95.tif"
PHOTO = "real/aerial-rgb/noaa/20200307aC0853900w361030n.tif"
LANDCOVER = "real/landcover/ESA_WorldCover_10m_2020_v100_N00E006_Map.tif"
STRIPS = "real/rasters/nocog.tif"

BANDS = {COUNTS: [3, 2, 1]}
"""What is shown of a raster that has too many bands for a picture."""
POINTS = {
    **dict.fromkeys((COUNTS, RGB, RGBA, GREY, SCALED, MADE), ((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)),
    **dict.fromkeys((B04, SCL, SCENE, TODAY), (15.72, 46.45)),
    CLASSES: (15.5, 46.6),
    HEIGHTS: (13.02, 41.03),
    PRODUCT: (-11.5, 24.85),
    DEM: (6.51, 0.52),
    DEM_LV95: (7.097, 45.921),
    PHOTO: (-85.637, 36.161),
    LANDCOVER: (6.6, 0.3),
}
ZOOMS = {COUNTS: 11, MADE: 11, DEM_LV95: 16, PHOTO: 16, CLASSES: 11, HEIGHTS: 8, DEM: 10, LANDCOVER: 12}
"""A zoom at which a tile shows some of a raster; 10 of the others."""
CORNER = {COUNTS: (BOX[0] + 0.02, BOX[3] - 0.02), RGB: (BOX[0] + 0.02, BOX[3] - 0.02)}
"""Where a tile has pixels without data."""


def tile(file: str, zoom: int | None = None, tms: str = "WebMercatorQuad", *, corner: bool = False) -> str:
    """``tiles/SET/Z/X/Y`` of the tile under the middle of a raster, or of its corner without data."""
    lon, lat = CORNER[file] if corner else POINTS[file]
    found = matrix_set(tms).tile(lon, lat, ZOOMS.get(file, 10) if zoom is None else zoom)
    return f"tiles/{tms}/{found.z}/{found.x}/{found.y}"


@cache
def matrix_set(name: str) -> morecantile.TileMatrixSet:
    """A tile matrix set of morecantile."""
    return morecantile.tms.get(name)


def box(file: str, half: float = 0.05) -> str:
    """``minx,miny,maxx,maxy`` around the middle of a raster, in degrees."""
    lon, lat = POINTS[file]
    return f"{lon - half:.4f},{lat - half:.4f},{lon + half:.4f},{lat + half:.4f}"


def shape(file: str, half: float = 0.05, *, skew: float = 0.01) -> dict[str, Any]:
    """A GeoJSON Feature around the middle of a raster: a quadrangle that is no box."""
    lon, lat = POINTS[file]
    ring = [
        [lon - half, lat - half],
        [lon + half, lat - half + skew],
        [lon + half - skew, lat + half],
        [lon - half + skew, lat + half - skew],
        [lon - half, lat - half],
    ]
    return feature({"type": "Polygon", "coordinates": [ring]})


def feature(geometry: Any) -> dict[str, Any]:
    """A GeoJSON Feature."""
    return {"type": "Feature", "properties": {"name": "field"}, "geometry": geometry}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": [*features]}
