"""Every real raster there is: strips, rotation, ground control points, other planets, one of 31 bands."""

from __future__ import annotations

from benchmarks.parity.case import Case, Group
from benchmarks.parity.places import LANDSAT, PRODUCT, TODAY, tile

HRO = "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1"
FILES = (
    *(f"rasters/{name}.tif" for name in (
        "HLS_Fmask", "au-3577-rotated", "au-gcp", "cog_cmap", "cog_dateline", "cog_fullearth", "cog_hirise_mars", "cog_int16",
        "cog_rgb_mask", "cog_rgba", "cog_scale", "cog_tags", "cog_world", "inverted_lat", "nocog", "rasterio_cogeo",
        "rasterio_float_nan", "titiler_B01", "titiler_above_cog", "titiler_cog_with_nan", "usda_naip_256_lzw_z3",
        "usda_naip_512_webp_z5", "zstd_cci_dem_9518",
    )),
    *(f"{HRO}{kind}.tif" for kind in ("", "_alpha", "_extmask", "_mask", "_nodata")),
    *(f"naip/{name}.tif" for name in ("m_3008501_ne_16_1_20110815", "m_3610332_se_13_060_20200903-downsampled")),
    "mosaic-world/world_10000_0.tif",
    "cbers4a-wpm/CBERS_4A_WPM_20200730_209_139_L4_BAND1.tif",
)  # fmt: skip


def rasters() -> list[Case]:
    """What each is, its values, and its picture."""
    group = Group(name="real rasters")
    cases = []
    for file in (f"real/{name}" for name in FILES):
        cases += [group.cog("info", file), group.cog("preview.npy", file, max_size=200)]
        cases += [group.cog("statistics", file, max_size=100), group.cog("WebMercatorQuad/tilejson.json", file)]
    return cases


def items() -> list[Case]:
    """An item whose keys are common names, one whose files have many sizes, and Landsat."""
    group = Group(name="real items")
    cases = []
    for item, assets in ((TODAY, ["red", "nir"]), (PRODUCT, ["B02", "B11"]), (LANDSAT, ["SR_B2.TIF", "SR_B5.TIF"])):
        cases += [group.stac(path, item, assets=assets) for path in ("info", "asset_statistics")]
        cases += [group.stac("preview.npy", item, assets=assets[:1], max_size=150), group.stac("renders", item)]
        cases += [group.stac("preview.npy", item, assets=assets, expression="(b1-b2)/(b1+b2)", max_size=90)]
    cases += [group.stac("WebMercatorQuad/tilejson.json", LANDSAT, assets=["SR_B2.TIF"])]
    cases += [group.stac(f"{tile(TODAY)}.npy", TODAY, assets=["red", "green|bidx=1"])]
    cases += [group.stac("assets", item) for item in (TODAY, PRODUCT)]
    return cases
