"""Requests whose answers are numbers: points, statistics, and what a dataset is."""

from __future__ import annotations

from benchmarks.parity.case import Case, Group
from benchmarks.parity.places import (
    B04,
    CLASSES,
    COUNTS,
    DEM,
    GREY,
    HEIGHTS,
    LANDCOVER,
    LANDSAT,
    MADE,
    PHOTO,
    POINTS,
    PRODUCT,
    RGB,
    RGBA,
    SCALED,
    SCENE,
    SCL,
    collection,
    feature,
    shape,
)

NDVI = "(b1-b2)/(b1+b2)"


def points() -> list[Case]:
    """Values at a point of a raster, of assets, of an expression."""
    group = Group(name="points")
    cases = [group.cog(_point(file), file) for file in (COUNTS, RGB, RGBA, SCALED, CLASSES, HEIGHTS, B04, DEM, PHOTO)]
    cases += [group.cog(_point(COUNTS), COUNTS, **how) for how in (
        {"bidx": [3]}, {"bidx": [4, 1]}, {"expression": "b1+b2"}, {"expression": "b4/b1;b2"}, {"nodata": 0},
        {"resampling": "bilinear"},
    )]  # fmt: skip
    cases += [group.cog(_point(SCALED), SCALED, unscale=True)]
    cases += [group.cog("point/550000,5140000", B04, coord_crs="epsg:32633")]
    cases += [group.cog("point/15.31,46.95", B04), group.cog("point/15.02,46.94", COUNTS)]
    cases += [group.stac(_point(SCENE), SCENE, assets=assets) for assets in (["B04"], ["B04", "B08", "SCL"])]
    cases += [group.stac(_point(SCENE), SCENE, assets=["B08", "B04"], expression=NDVI)]
    cases += [group.stac(_point(MADE), MADE, assets=assets)
              for assets in (["counts|bidx=1"], ["counts|bidx=3"], ["counts|bidx=3,1", "grey"], ["counts|expression=b1*2"])]  # fmt: skip
    cases += [group.stac(_point(PRODUCT), PRODUCT, assets=["B11", "B01"])]
    return cases


def statistics() -> list[Case]:
    """Over the whole, over assets, and within shapes."""
    group = Group(name="statistics")
    cases = [group.cog("statistics", file) for file in (COUNTS, RGB, RGBA, SCALED, CLASSES, HEIGHTS, B04)]
    cases += [group.cog("statistics", COUNTS, **how) for how in (
        {"bidx": [2]}, {"expression": "b4/b1"}, {"expression": "b1;b2*2"}, {"max_size": 100}, {"width": 90, "height": 60},
        {"p": [5, 50, 95]}, {"histogram_bins": 5}, {"histogram_bins": "0,500,1000,2000"}, {"histogram_range": "0,1000"},
        {"histogram_bins": 4, "histogram_range": "100,900"}, {"resampling": "average", "max_size": 128}, {"nodata": 500},
    )]  # fmt: skip
    cases += [group.cog("statistics", file, categorical=True) for file in (CLASSES, SCL)]
    cases += [
        group.cog("statistics", CLASSES, categorical=True, c=[1, 3, 9]),
        group.cog("statistics", CLASSES, c=[1, 2]),
    ]
    cases += [group.cog("statistics", SCALED, unscale=True), group.cog("statistics", COUNTS, algorithm="sum")]
    cases += [group.stac("statistics", SCENE, assets=["B04", "B08"], **how)
              for how in ({}, {"expression": NDVI}, {"max_size": 200, "p": [10]}, {"algorithm": "normalizedIndex"})]  # fmt: skip
    cases += [group.stac("statistics", MADE, assets=[":all:"], max_size=100)]
    cases += [group.stac("asset_statistics", MADE, assets=assets, max_size=128)
              for assets in (["counts"], ["counts|bidx=2", "grey"], ["counts|expression=b1+b2"], [":all:"])]  # fmt: skip
    cases += [group.stac("asset_statistics", SCENE, assets=["SCL"], categorical=True)]
    cases += [group.cog("statistics", B04, BODY=body) for body in
              (shape(B04), collection(shape(B04), shape(B04, 0.02)))]  # fmt: skip
    cases += [group.cog("statistics", B04, BODY=shape(B04), **how) for how in (
        {"max_size": 50}, {"width": 40, "height": 30}, {"cover_scale": 4}, {"dst_crs": "epsg:3857", "max_size": 64},
        {"p": [25, 75], "histogram_bins": 3}, {"expression": "b1*2"}, {"categorical": True, "max_size": 20},
    )]  # fmt: skip
    metres = [[[545000, 5130000], [556000, 5131000], [551000, 5142000], [545000, 5130000]]]
    cases += [
        group.cog("statistics", B04, BODY=feature({"type": "Polygon", "coordinates": metres}), coord_crs="epsg:32633")
    ]
    cases += [group.stac("statistics", SCENE, BODY=shape(SCENE), assets=["B08", "B04"], **how)
              for how in ({}, {"expression": NDVI})]  # fmt: skip
    cases += [group.stac("statistics", MADE, BODY=collection(shape(MADE)), assets=["counts|bidx=2,1", "rgb"])]
    return cases


def about() -> list[Case]:
    """What a dataset is: bounds, bands, types."""
    group = Group(name="about a dataset")
    files = (COUNTS, RGB, RGBA, GREY, SCALED, CLASSES, HEIGHTS, B04, DEM, PHOTO, LANDCOVER)
    cases = [group.cog("info", file) for file in files]
    cases += [group.cog("info.geojson", file) for file in (COUNTS, HEIGHTS, "real/rasters/cog_dateline.tif")]
    cases += [group.cog("info.geojson", COUNTS, crs="epsg:3857")]
    cases += [group.stac("info", SCENE, assets=assets) for assets in (["B04"], ["B04", "SCL"], [":all:"])]
    cases += [group.stac("info", MADE, assets=[":all:"]), group.stac("info", LANDSAT, assets=["SR_B4.TIF"])]
    cases += [
        group.stac("info.geojson", SCENE, assets=["B04"]),
        group.stac("assets", SCENE),
        group.stac("assets", MADE),
    ]
    cases += [group.stac("assets", LANDSAT), group.stac("info", SCENE)]
    cases += [group.stac("renders", MADE), group.stac("renders/grey", MADE), group.stac("renders", SCENE)]
    cases += [
        *(group.cog("validate", file) for file in (COUNTS, DEM, B04)),
        *(group.cog("stac", file, datetime="2020-01-01T00:00:00Z") for file in (COUNTS, DEM, B04)),
    ]
    return cases


def _point(file: str) -> str:
    lon, lat = POINTS[file]
    return f"point/{lon:.6f},{lat:.6f}"


def numbers() -> list[Case]:
    """All of them."""
    return [*points(), *statistics(), *about()]
