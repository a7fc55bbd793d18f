"""Broken requests: what is not there, not right, or not readable."""

from __future__ import annotations

from benchmarks.parity.case import Case, Group
from benchmarks.parity.places import B04, COUNTS, GREY, HEIGHTS, MADE, RGB, SCENE, box, collection, feature, shape, tile

CORRUPT = "real/rasters/rasterio_corrupt.tif"
UNREADABLE = ("made/none.tif", "made/not-a-raster.tif", "made/not-json.json")


def sources() -> list[Case]:
    """Files that are not there or cannot be read."""
    group = Group(name="broken sources")
    cases = [group.cog(path, file) for file in UNREADABLE for path in ("info", "preview.png", tile(B04))]
    items = ("made/none.json", "made/not-an-item.json", "made/not-json.json", COUNTS)
    cases += [group.stac(path, file, assets=["counts"]) for file in items for path in ("info", "preview.png")]
    cases += [group.stac(path, "made/lost.json", assets=["gone"]) for path in ("info", tile(MADE), "statistics")]
    cases += [group.stac("preview.npy", "made/lost.json", assets=["counts", "gone"])]
    cases += [group.cog("preview.png", CORRUPT), group.cog("info", CORRUPT)]
    cases += [
        group.cog("info", None, url=url) for url in ("", "nothing", "http://127.0.0.1:1/a.tif", "ftp://127.0.0.1/a.tif")
    ]
    cases += [group.cog("info", None), group.stac("info", None, assets="B04"), group.stac("assets", None)]
    return cases


def parameters() -> list[Case]:
    """Values that no parameter has."""
    group = Group(name="broken parameters")
    wrong = (
        {"bidx": [9]}, {"bidx": [0]}, {"bidx": "a"}, {"bidx": [-1]}, {"expression": "b9"}, {"expression": "b1+"},
        {"expression": "name"}, {"expression": ""}, {"expression": "b1;;b2"}, {"colormap_name": "none"}, {"colormap": "{"},
        {"colormap": '{"a": "#fff"}'}, {"colormap": '{"1": "nothing"}'}, {"colormap": "[1, 2]"}, {"rescale": "1"},
        {"rescale": "a,b"}, {"rescale": "1,2,3"}, {"rescale": "nan,1"}, {"color_formula": "gamma"}, {"color_formula": "none rgb 1"},
        {"color_formula": "gamma rgb -1"}, {"resampling": "none"}, {"reproject": "gauss"}, {"nodata": "a"}, {"unscale": "perhaps"},
        {"algorithm": "none"}, {"algorithm": "hillshade", "algorithm_params": "{"}, {"return_mask": "maybe"},
        {"algorithm": "hillshade", "algorithm_params": '{"azimuth": 999}'}, {"tilesize": 0}, {"tilesize": -5}, {"tilesize": "a"},
        {"buffer": -1}, {"buffer": "a"}, {"padding": -1},
    )  # fmt: skip
    cases = [group.cog(f"{tile(COUNTS)}.png", COUNTS, **({"bidx": [1]} | how)) for how in wrong]
    cases += [group.cog("preview.png", GREY, **how) for how in (
        {"max_size": 0}, {"max_size": -1}, {"width": 0}, {"width": -1, "height": 5}, {"width": "a"}, {"dst_crs": "epsg:0"},
        {"dst_crs": "nothing"}, {"dst_crs": ""},
    )]  # fmt: skip
    cases += [group.cog("statistics", GREY, **how) for how in (
        {"p": "a"}, {"p": [101]}, {"p": [-1]}, {"histogram_bins": 0}, {"histogram_bins": "a"}, {"histogram_range": "5"},
        {"histogram_range": "9,1"}, {"histogram_bins": "3,2,1"}, {"categorical": "perhaps"}, {"c": "a"},
    )]  # fmt: skip
    cases += [group.stac("preview.png", SCENE, **how) for how in (
        {}, {"assets": ["none"]}, {"assets": ["B04|bidx=2"]}, {"assets": ["B04|bidx=a"]}, {"assets": ["B04|nothing=1"]},
        {"assets": ["B04|bidx"]}, {"assets": ["B04"], "expression": "b2"}, {"assets": [""]},
    )]  # fmt: skip
    cases += [group.stac("WebMercatorQuad/tilejson.json", SCENE, assets=["none"]), group.stac("renders/none", MADE)]
    return cases


def places() -> list[Case]:
    """Tiles, boxes, points and shapes that are nowhere, or not where data are."""
    group = Group(name="broken places")
    cases = [group.cog(f"tiles/{path}", B04) for path in (
        "WebMercatorQuad/10/0/0", "WebMercatorQuad/10/5000/5000", "WebMercatorQuad/40/0/0", "WebMercatorQuad/-1/0/0",
        "WebMercatorQuad/a/0/0", "Nothing/10/556/362", "WebMercatorQuad/10/556/362.gif", "WebMercatorQuad/10/556/362.none",
        "WebMercatorQuad/10/556.5/362", "UPSAntarcticWGS84Quad/5/3/3",
    )]  # fmt: skip
    cases += [group.cog(f"bbox/{path}", B04) for path in (
        "0,0,1,1.png", "1,1,0,0.png", "a,0,1,1.png", "0,0,1.png", "nan,0,1,1.png", f"{box(B04)}/0x0.png", f"{box(B04)}/ax5.png",
        f"{box(B04)}.none", f"{box(B04)}", "15.7,46.4,15.7,46.4.npy", "-200,-100,200,100.png?",
    )]  # fmt: skip
    cases += [group.cog(f"point/{path}", B04) for path in ("0,0", "a,0", "500,95", "nan,0", "15.72", "15.72,46.45,1")]
    cases += [group.cog("bbox/0,0,1,1.npy", B04, coord_crs=crs) for crs in ("nothing", "epsg:32633")]
    cases += [group.cog("map", B04, **how) for how in (
        {"bbox": "0,0,1"}, {"bbox": "a,b,c,d"}, {"width": 0}, {"height": -3}, {"f": "none"}, {"crs": "nothing"},
        {"bbox-crs": "nothing", "bbox": "0,0,1,1"},
    )]  # fmt: skip
    lon, lat = 15.72, 46.45
    open_ring = {"type": "Polygon", "coordinates": [[[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1]]]}
    shapes = (
        feature({"type": "Point", "coordinates": [lon, lat]}), feature(open_ring), feature(None), {}, [], "text",
        feature({"type": "Polygon", "coordinates": []}), feature({"type": "Nothing"}), {"type": "Polygon"}, collection(),
        shape(HEIGHTS), feature({"type": "LineString", "coordinates": [[lon, lat], [lon + 0.1, lat]]}), collection(shape(HEIGHTS)),
    )  # fmt: skip
    cases += [group.cog(path, B04, BODY=body) for body in shapes for path in ("statistics", "feature.npy")]
    return cases


def methods() -> list[Case]:
    """Methods and paths that are none."""
    group = Group(name="broken routes")
    cases = [group.cog(path, RGB, METHOD=verb) for path, verb in
             (("info", "HEAD"), ("preview.png", "HEAD"), ("info", "POST"), ("preview.png", "DELETE"), ("statistics", "PUT"))]  # fmt: skip
    cases += [
        group.cog(path, RGB)
        for path in ("none", "tiles/WebMercatorQuad/10/556", "preview.none", "feature.png", "bbox/", "point/")
    ]
    return [
        *cases,
        group.root("/nothing"),
        group.root("/tileMatrixSets/none"),
        group.root("/algorithms/none"),
        group.root("/colorMaps/none"),
    ]


def faults() -> list[Case]:
    """All of them."""
    return [*sources(), *parameters(), *places(), *methods()]
