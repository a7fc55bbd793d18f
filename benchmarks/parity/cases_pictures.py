"""Requests whose answers are pixels."""

from __future__ import annotations

from itertools import product

from benchmarks.parity.case import Case, Group
from benchmarks.parity.places import (
    B04,
    BANDS,
    CLASSES,
    COUNTS,
    DEM,
    DEM_LV95,
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
    STRIPS,
    box,
    feature,
    matrix_set,
    shape,
    tile,
)

FORMATS = ("png", "jpg", "webp", "tif", "npy", "jp2")
TRUE_COLOUR = ["B04", "B03", "B02"]
NDVI = "(b1-b2)/(b1+b2)"
FORMULA = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"
COLORMAPS = ("viridis", "magma_r", "cfastie", "rplumbo", "schwarzwald", "terrain", "tab20", "jet", "gray", "rdylgn_r")
RESAMPLINGS = ("bilinear", "cubic", "cubic_spline", "lanczos", "average", "mode", "gauss", "rms")
WARPS = (
    "bilinear",
    "cubic",
    "cubic_spline",
    "lanczos",
    "average",
    "mode",
    "max",
    "min",
    "med",
    "q1",
    "q3",
    "sum",
    "rms",
)
ALGORITHMS = {
    "hillshade": [{}, {"azimuth": 200, "angle_altitude": 20.5}],
    "slope": [{}],
    "contours": [{"increment": 50, "minz": 0, "maxz": 3000}],
    "terrarium": [{}],
    "terrainrgb": [{}, {"interval": 0.5, "baseval": -500}],
    **{name: [{}] for name in ("cast", "ceil", "floor", "min", "max", "median", "mean", "std", "var", "sum")},
}


def formats() -> list[Case]:
    """Each format of each kind of raster."""
    group = Group(name="formats")
    files = (COUNTS, RGB, RGBA, GREY, SCALED, CLASSES, HEIGHTS, PHOTO)
    cases = [
        group.cog(f"{tile(file)}{ending}", file, **({"bidx": BANDS[file]} if file in BANDS else {}))
        for file, ending in product(files, ("", *(f".{name}" for name in FORMATS)))
    ]
    cases += [group.cog(f"{tile(file)}.pngraw", file) for file in (RGB, GREY, CLASSES)]
    cases += [group.cog(f"{tile(file, corner=True)}{ending}", file, bidx=[1, 2, 3])
              for file, ending in product((COUNTS, RGB), ("", ".png", ".tif", ".npy"))]  # fmt: skip
    cases += [group.cog(f"{tile(RGB)}.{ending}", RGB, return_mask=False) for ending in ("png", "tif", "npy")]
    cases += [
        group.cog(f"{tile(RGB)}.jpeg", RGB),
        group.cog(f"{tile(RGB)}.tiff", RGB),
        group.cog(tile(RGB), RGB, format="webp"),
    ]
    cases += [group.stac(f"preview.{ending}", SCENE, assets=TRUE_COLOUR, rescale="0,3000") for ending in FORMATS]
    return cases


def zooms() -> list[Case]:
    """Around every overview, of one band and of three assets of three resolutions; sizes, buffers, padding."""
    group = Group(name="zooms and sizes")
    cases = [group.cog(f"{tile(B04, zoom)}.npy", B04) for zoom in (6, 7, 8, 10, 11, 12, 13, 14)]
    cases += [group.stac(f"{tile(PRODUCT, zoom)}.npy", PRODUCT, assets=["B11", "B08", "B01"]) for zoom in range(6, 13)]
    cases += [group.cog(f"{tile(DEM, zoom)}.npy", DEM) for zoom in (6, 9, 11, 13)]
    cases += [group.cog(f"{tile(LANDCOVER, zoom)}.png", LANDCOVER) for zoom in (7, 10, 13)]
    cases += [group.cog(f"{tile(B04)}.npy", B04, tilesize=size) for size in (64, 128, 512, 1024)]
    cases += [group.cog(f"{tile(B04)}.npy", B04, buffer=buffer) for buffer in (0.5, 1, 8)]
    cases += [group.cog(f"{tile(B04)}.npy", B04, padding=4, reproject="cubic", resampling="cubic")]
    cases += [group.cog(f"{tile(B04)}.npy", B04, padding=2, buffer=2, tilesize=200)]
    return cases


def matrix_sets() -> list[Case]:
    """A tile in each tile matrix set that covers the place."""
    group = Group(name="tile matrix sets")
    europe = ("CDB1GlobalGrid", "EuropeanETRS89_LAEAQuad", "GNOSISGlobalGrid", "UTM31WGS84Quad", "UPSArcticWGS84Quad",
              "WGS1984Quad", "WorldCRS84Quad", "WorldMercatorWGS84Quad", "WebMercatorQuad")  # fmt: skip
    zoom = {"CDB1GlobalGrid": 3, "UTM31WGS84Quad": 9, "UPSArcticWGS84Quad": 9, "EuropeanETRS89_LAEAQuad": 7}
    cases = [group.cog(f"{tile(B04, zoom.get(name, 9), name)}.npy", B04) for name in europe]
    cases += [group.stac(f"{tile(SCENE, zoom.get(name, 9), name)}.png", SCENE, assets=TRUE_COLOUR, rescale="0,4000")
              for name in europe]  # fmt: skip
    assert all(matrix_set(name) for name in europe)
    return cases


def colours() -> list[Case]:
    """Colormaps by name and by hand, ranges, and colour formulas."""
    group = Group(name="colours")
    cases = [group.cog(f"{tile(GREY)}.png", GREY, colormap_name=name) for name in COLORMAPS]
    cases += [group.cog(f"{tile(DEM)}.png", DEM, colormap_name=name, rescale="0,900") for name in COLORMAPS[:4]]
    steps = [[[0, 900], "#0000ff"], [[900, 1200], [0, 255, 0, 255]], [[1200, 3000], "#ff000080"]]
    for colormap in ({"1": "#ff0000", "2": [0, 255, 0], "3": [0, 0, 255, 128]}, {"0": "#000", "4": "#ffffff"}):
        cases += [group.cog(f"{tile(CLASSES)}.{ending}", CLASSES, colormap=colormap) for ending in ("png", "npy")]
    cases += [group.cog(f"{tile(HEIGHTS)}.{ending}", HEIGHTS, colormap=_json(steps)) for ending in ("png", "tif")]
    cases += [group.cog(f"{tile(SCL)}.png", SCL, colormap_name=name) for name in ("tab10", "set1")]
    cases += [group.cog(f"{tile(LANDCOVER)}.{ending}", LANDCOVER) for ending in ("webp", "npy", "tif")]
    for low_high in (["0,3000"], ["0,2000", "0,3000", "0,4000"], ["500.5,1500.25"], ["-1000,1000"]):
        cases += [group.cog(f"{tile(COUNTS)}.png", COUNTS, bidx=[3, 2, 1], rescale=low_high)]
        cases += [group.stac(f"{tile(SCENE)}.png", SCENE, assets=TRUE_COLOUR, rescale=low_high)]
    for formula in (FORMULA, FORMULA.lower(), "gamma rg 1.3 gamma b 0.9", "sigmoidal rgb 6 0.5", "saturation 0"):
        cases += [group.stac(f"{tile(SCENE)}.png", SCENE, assets=TRUE_COLOUR, color_formula=formula, rescale="0,3000")]
        cases += [group.cog(f"{tile(RGB)}.png", RGB, color_formula=formula)]
    cases += [group.stac(f"{tile(SCENE)}.npy", SCENE, assets=TRUE_COLOUR, color_formula=FORMULA)]
    cases += [group.cog(f"{tile(GREY)}.png", GREY, color_formula="gamma r 2")]
    return cases


def resamplings() -> list[Case]:
    """How pixels are resampled: while reading, while warping, up and down."""
    group = Group(name="resamplings")
    cases = [group.cog("preview.npy", B04, max_size=300, resampling=name) for name in RESAMPLINGS]
    cases += [group.cog(f"{tile(B04, 12)}.npy", B04, reproject=name) for name in WARPS]
    cases += [group.cog(f"{tile(HEIGHTS, 9)}.npy", HEIGHTS, resampling=name, reproject=name)
              for name in ("bilinear", "cubic", "average", "lanczos")]  # fmt: skip
    cases += [group.stac(f"{tile(PRODUCT, 8)}.npy", PRODUCT, assets=["B04", "B11"], resampling=name, reproject="bilinear")
              for name in ("bilinear", "average", "mode")]  # fmt: skip
    cases += [group.cog(f"bbox/{box(RGB)}.npy", RGB, width=90, height=70, resampling=name) for name in ("cubic", "rms")]
    return cases


def expressions() -> list[Case]:
    """Band math on positions, of one raster and of several assets."""
    group = Group(name="expressions")
    of_bands = ("b1", "b4/b1", NDVI, "b1+b2;b3-b1", "where(b1>1000,b1,0)", "sqrt(b1)*2", "b1*1.5", "b1**2", "-b1", "b1>b2",
                "minimum(b1,b2)", "log(b1)", "sin(b1)+cos(b2)", "(b4-b3)/(b4+6*b3-7.5*b1+1)", "b1;b2;b3;b4", "abs(b1-b4)")  # fmt: skip
    cases = [group.cog(f"{tile(COUNTS)}.npy", COUNTS, expression=text) for text in of_bands]
    cases += [group.cog(f"{tile(COUNTS)}.png", COUNTS, expression=NDVI, rescale="-1,1", colormap_name="rdylgn")]
    two = ["B08", "B04"]
    cases += [
        group.stac(f"{tile(SCENE)}.npy", SCENE, assets=two, expression=text) for text in (NDVI, "b1-b2;b2", "b2*2")
    ]
    cases += [
        group.stac(f"{tile(SCENE)}.png", SCENE, assets=two, expression=NDVI, rescale="-1,1", colormap_name="viridis")
    ]
    cases += [group.stac(f"{tile(SCENE)}.npy", SCENE, assets=two, asset_as_band=True, expression="B08/B04")]
    for assets in (["counts|bidx=2"], ["counts|bidx=3,1", "rgb|bidx=2"], ["counts|expression=b1*2"], ["scaled", "grey"],
                   ["counts|expression=b1+b2;b3", "grey"], ["grey", "grey"]):  # fmt: skip
        cases += [group.stac(f"{tile(MADE)}.npy", MADE, assets=assets)]
    cases += [group.stac(f"{tile(MADE)}.npy", MADE, assets=["counts|bidx=1,4", "grey"], expression="b1+b2-b3")]
    cases += [group.cog(f"{tile(COUNTS)}.npy", COUNTS, bidx=[4, 1], expression=text) for text in ("b1-b4", "b4")]
    cases += [group.cog(f"{tile(COUNTS)}.npy", COUNTS, bidx=bands) for bands in ([1], [4, 4], [1, 2, 3], [2, 1])]
    cases += [
        group.cog(f"{tile(COUNTS, zoom)}.npy", COUNTS, bidx=bands) for zoom in (9, 10) for bands in ([2], [1, 2, 3, 4])
    ]
    cases += [group.cog(f"{tile(COUNTS, zoom)}.npy", COUNTS) for zoom in (8, 9, 10, 12)]
    return cases


def algorithms() -> list[Case]:
    """Each algorithm, with parameters too."""
    group = Group(name="algorithms")
    files = {"contours": HEIGHTS, "hillshade": HEIGHTS, "slope": HEIGHTS, "terrarium": HEIGHTS, "terrainrgb": HEIGHTS}
    cases = [
        group.cog(f"{tile(files.get(name, COUNTS))}.npy", files.get(name, COUNTS), algorithm=name,
                  **({"algorithm_params": params} if params else {}))
        for name, sets in ALGORITHMS.items() for params in sets
    ]  # fmt: skip
    cases += [group.cog(f"{tile(RGB)}.npy", RGB, algorithm=name) for name in ("grayscale", "bitonal")]
    cases += [group.stac(f"{tile(SCENE)}.npy", SCENE, assets=["B08", "B04"], algorithm="normalizedIndex")]
    cases += [group.stac("preview.png", SCENE, assets=["B08", "B04"], algorithm="normalizedIndex", rescale="-1,1",
                         colormap_name="viridis", max_size=256)]  # fmt: skip
    cases += [group.cog("preview.png", DEM_LV95, algorithm=name, max_size=256) for name in ("hillshade", "terrarium")]
    cases += [group.cog(f"bbox/{box(DEM)}/100x100.npy", DEM, algorithm="hillshade", buffer=3)]
    cases += [group.cog(f"{tile(COUNTS)}.npy", COUNTS, algorithm="sum", expression="b1;b2*2")]
    return cases


def previews() -> list[Case]:
    """The whole of a raster, in sizes and CRSs."""
    group = Group(name="previews")
    cases = [group.cog("preview.npy", file) for file in (COUNTS, SCALED, CLASSES, HEIGHTS, DEM_LV95, PHOTO)]
    cases += [group.cog("preview", file) for file in (RGB, GREY, PHOTO, DEM_LV95)]
    cases += [group.cog("preview.npy", B04, max_size=size) for size in (64, 333)]
    cases += [group.cog("preview.npy", B04, width=120), group.cog("preview.npy", B04, height=77)]
    cases += [group.cog("preview/150x90.npy", B04), group.cog("preview/150x90.png", RGB)]
    cases += [group.cog("preview.npy", B04, width=100, height=200, resampling="average")]
    cases += [group.cog(f"preview.{ending}", B04, dst_crs=crs, max_size=256)
              for ending, crs in product(("npy", "tif"), ("epsg:4326", "epsg:3857", "epsg:3035"))]  # fmt: skip
    cases += [group.cog("preview.npy", SCALED, unscale=flag) for flag in (True, False)]
    cases += [group.cog("preview.npy", GREY, nodata=value) for value in (0, 100, "nan")]
    cases += [group.cog("preview.npy", HEIGHTS, nodata=900, max_size=128)]
    cases += [group.stac("preview.npy", MADE, assets=["scaled"], unscale=True, max_size=100)]
    cases += [
        group.stac("preview.npy", LANDSAT, assets=assets, max_size=128)
        for assets in (["SR_B4.TIF"], ["SR_B2.TIF", "SR_B3.TIF"])
    ]
    return cases


def boxes_and_shapes() -> list[Case]:
    """Crops by a box, and cut to a shape."""
    group = Group(name="boxes and shapes")
    cases = [group.cog(f"bbox/{box(file)}.npy", file) for file in (COUNTS, RGBA, SCALED, CLASSES, B04)]
    cases += [group.cog(f"bbox/{box(B04)}.{ending}", B04, rescale="0,4000") for ending in ("png", "jpg", "tif", "webp")]
    cases += [
        group.cog(f"bbox/{box(B04)}/64x64.npy", B04),
        group.cog(f"bbox/{box(B04)}/200x50.png", B04, rescale="0,4000"),
    ]
    cases += [group.cog(f"bbox/{box(B04)}.npy", B04, max_size=50), group.cog(f"bbox/{box(B04)}.npy", B04, width=80)]
    cases += [group.cog(f"bbox/{box(B04)}.{ending}", B04, dst_crs=crs, max_size=100)
              for ending, crs in product(("npy", "tif"), ("epsg:32633", "epsg:3857"))]  # fmt: skip
    cases += [group.cog("bbox/545000,5130000,560000,5150000.npy", B04, coord_crs="epsg:32633", max_size=100)]
    cases += [group.cog("bbox/1745000,5845000,1760000,5860000.npy", B04, coord_crs="epsg:3857", dst_crs="epsg:3857")]
    cases += [group.cog(f"bbox/{box(RGB, 0.5)}.{ending}", RGB, max_size=200) for ending in ("npy", "png")]
    cases += [group.stac(f"bbox/{box(SCENE)}/64x64.npy", SCENE, assets=assets) for assets in (["B02"], TRUE_COLOUR)]
    cases += [group.stac(f"bbox/{box(SCENE)}.npy", SCENE, assets=["B08", "B04"], expression=NDVI, width=64, height=64)]
    cases += [group.cog(path, B04, BODY=shape(B04)) for path in ("feature.npy", "feature/60x40.npy")]
    cases += [group.cog(f"feature{ending}", B04, BODY=shape(B04), rescale="0,4000") for ending in ("", ".png", ".tif")]
    cases += [group.cog("feature.npy", B04, BODY=shape(B04), **how)
              for how in ({"max_size": 40}, {"width": 50}, {"dst_crs": "epsg:3857", "max_size": 80})]  # fmt: skip
    lon, lat = POINTS[B04]
    squares = [
        [[[lon + dx, lat], [lon + dx + 0.03, lat], [lon + dx + 0.03, lat + 0.03], [lon + dx, lat]]] for dx in (0, 0.1)
    ]
    cases += [group.cog("feature.npy", B04, BODY=feature({"type": "MultiPolygon", "coordinates": squares}))]
    metres = [[[545000, 5130000], [556000, 5131000], [551000, 5142000], [545000, 5130000]]]
    cases += [
        group.cog("feature.npy", B04, BODY=feature({"type": "Polygon", "coordinates": metres}), coord_crs="epsg:32633")
    ]
    cases += [group.stac("feature.npy", SCENE, BODY=shape(SCENE), assets=TRUE_COLOUR, max_size=100)]
    cases += [
        group.stac(
            "feature.png", SCENE, BODY=shape(SCENE), assets=TRUE_COLOUR, rescale="0,4000", color_formula="gamma rgb 1.5"
        )
    ]
    return cases


def maps() -> list[Case]:
    """OGC API Maps."""
    group = Group(name="maps")
    cases = [group.cog("map", file) for file in (RGB, GREY, CLASSES)]
    cases += [group.cog("map", RGB, f=ending) for ending in ("jpg", "tif", "webp")]
    cases += [group.cog("map", RGB, ACCEPT=media) for media in ("image/jpeg", "image/png;q=0.5,image/jpeg")]
    cases += [group.cog("map", B04, f="png", rescale="0,4000", **how) for how in (
        {"width": 200}, {"height": 150}, {"width": 200, "height": 100}, {"crs": "epsg:3857"}, {"bbox": box(B04)},
        {"bbox": box(B04), "width": 120}, {"bbox": "545000,5130000,560000,5150000", "bbox-crs": "epsg:32633"},
        {"bbox": box(B04), "crs": "epsg:3857", "height": 100, "width": 100},
    )]  # fmt: skip
    cases += [group.stac("map", SCENE, assets=TRUE_COLOUR, rescale="0,4000", width=200)]
    cases += [group.cog("map", STRIPS, f="png", rescale="0,10000", width=100)]
    return cases


def _json(steps: list[object]) -> str:
    return str(steps).replace("'", '"')


def pictures() -> list[Case]:
    """All of them."""
    groups = (
        formats,
        zooms,
        matrix_sets,
        colours,
        resamplings,
        expressions,
        algorithms,
        previews,
        boxes_and_shapes,
        maps,
    )
    return [case for group in groups for case in group()]
