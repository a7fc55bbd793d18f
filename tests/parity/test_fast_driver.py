"""The fast driver against the general one, which is rio-tiler: around every overview of real and made files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import morecantile
import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin
from rasterio.warp import transform

from app.errors import OutOfBounds
from app.limits.workers import Workers
from app.model.choice import Choice
from app.model.grid import Frame
from app.model.location import FileLocation
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import DatasetKind, DatasetRef, Format, ImageRequest, PointRequest, Selection
from app.model.source import Header, Source
from app.plan.reads import plan_reads, plan_sample
from app.plan.zooms import zoom_range
from app.read.cog.blocks import Blocks
from app.read.cog.driver import CogReader
from app.read.cog.files import Files
from app.read.gdal import GdalReader
from app.read.threads import GdalThreads
from tests.reading import reading
from tests.shared import DATA, needs_shared

TMS = morecantile.tms.get("WebMercatorQuad")
WGS84 = CRS.from_epsg(4326)
NOWHERE = DatasetRef(kind=DatasetKind.COG, url="", home="")

STRIPS = "it has strips, not tiles"
DECLINED = {
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1.tif": STRIPS,
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1_alpha.tif": STRIPS,
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1_extmask.tif": STRIPS,
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1_mask.tif": STRIPS,
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1_nodata.tif": STRIPS,
    **{f"cbers4a-wpm/CBERS_4A_WPM_20200730_209_139_L4_BAND{band}.tif": STRIPS for band in range(5)},
    "naip/m_3008501_ne_16_1_20110815.tif": STRIPS,
    "naip/m_3610332_se_13_060_20200903-downsampled.tif": STRIPS,
    "naip/m_4112001_sw_10_060_20220716.tif": STRIPS,
    "rasters/nocog.tif": STRIPS,
    "rasters/rasterio_float_nan.tif": STRIPS,
    "s2-v0-full/S2A_29RKH_20200219_0_L2A/L2A_PVI.tif": STRIPS,
    "rasters/au-3577-rotated.tif": "it is rotated or mirrored",
    "rasters/au-gcp.tif": "it is turned, or placed by ground control points",
    "rasters/inverted_lat.tif": "it is turned, or placed by ground control points",
}
"""Real files that the fast driver leaves to the general one; it takes all others."""
REAL = sorted(str(path.relative_to(DATA)) for path in DATA.rglob("*.tif")) if DATA.is_dir() else []

WORLDS = ["rasters/cog_fullearth.tif", "rasters/cog_world.tif"]
LOWEST_COMPARED = {
    "rasters/cog_cmap.tif": 3,
    "rasters/usda_naip_256_lzw_z3.tif": 1,
    "rasters/usda_naip_512_webp_z5.tif": 2,
    **dict.fromkeys(WORLDS, 2),
}
"""Zooms above a file's lowest. Of files that are aligned to the tiles, centres of low zooms fall exactly between two
pixels, and noise decides; the tile of the whole world is declined."""
NOT_SHOWN = {"rasters/cog_hirise_mars.tif", "rasters/rasterio_corrupt.tif", "rasters/zstd_cci_dem_9518.tif"}
"""Mars has no place on a map of the earth, the second names blocks behind its end, the third holds nodata only."""
YCBCR_MEAN = 0.6
"""Mean difference of JPEG blocks in YCbCr, of 255: libjpeg-turbo and GDAL's libjpeg round colours differently."""


class Unreached:
    """In the place of the general driver: what the fast one declines fails, lest it be compared with itself."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the fast driver asked the general one: {name}")


@asynccontextmanager
async def drivers(path: Path, *, declines: bool = False) -> AsyncIterator[tuple[GdalReader, CogReader, Source, Header]]:
    """Give both drivers, and a source with its header; the fast one has the general one only if it ``declines``."""
    threads, workers = GdalThreads(60), Workers(2, "cpu")
    try:
        async with reading() as net:
            general = GdalReader(net.store, threads, pixels_max=4e10)
            files = Files(net.store, general, max_bytes=2**24, ttl_s=300)
            other: Any = general if declines else Unreached()
            fast = CogReader(net.store, other, files, Blocks(2**27, workers), workers)
            source = Source(name=path.name, location=FileLocation(path.parents[-2], path))
            [header] = await files.headers([source])
            assert header.layout is not None, header.declined
            yield general, fast, source, header
    finally:
        threads.close()
        workers.close()


def pairs(path: Path, plans: list[Any], *, declines: bool = False) -> list[tuple[Raster, Raster]]:
    """Read plans (made by functions of a source and its header) with both drivers; out-of-bounds ones are left out."""

    async def read_all() -> list[tuple[Raster, Raster]]:
        async with drivers(path, declines=declines) as (general, fast, source, header):
            read = []
            for make in plans:
                try:
                    plan = make(source, header)
                except OutOfBounds:
                    continue
                read.append(((await general.read(plan))[0](), (await fast.read(plan))[0]()))
            return read

    read = asyncio.run(read_all())
    assert any(general.mask.any() for general, _ in read), "no plan has a pixel to compare"
    return read


@cache
def focus(path: Path) -> tuple[float, float]:
    """Longitude and latitude of the valid pixel nearest to the middle of a file."""
    with rasterio.open(path) as dataset:
        rows, columns = np.nonzero(dataset.read_masks(1, out_shape=(64, 64)))
        nearest = np.argmin((rows - 31.5) ** 2 + (columns - 31.5) ** 2)
        x, y = dataset.transform * (
            (columns[nearest] + 0.5) * dataset.width / 64,
            (rows[nearest] + 0.5) * dataset.height / 64,
        )
        [lon], [lat] = transform(dataset.crs, WGS84, [x], [y])
        return (lon + 180) % 360 - 180, lat


def tile_plan(source: Source, header: Any, zoom_offset: int, step: int, **selection: Any) -> Plan:
    """A tile near the centre of the source, ``zoom_offset`` above its lowest useful zoom."""
    low, _ = zoom_range([header], TMS)
    assert isinstance(source.location, FileLocation)
    tile = TMS.tile(*focus(source.location.path), max(0, low - 1 + zoom_offset))
    bounds = TMS.xy_bounds(morecantile.Tile(tile.x + step, tile.y, tile.z))
    crs = TMS.rasterio_crs
    frame = Frame(bounds=tuple(bounds), bounds_crs=crs, crs=crs, width=256, height=256)
    return plan_frame(source, header, frame, **selection)


def plan_frame(source: Source, header: Any, frame: Frame, **selection: Any) -> Plan:
    req = ImageRequest(dataset=NOWHERE, selection=Selection(**selection), frame=frame, format=Format.NPY)
    return plan_reads(Choice(name="x", sources=(source,)), [header], req)


def assert_alike(general: Raster, fast: Raster) -> None:
    """97 % of pixels identical (in most files 99.9 %), masks in 99.9 % (99.98 % in most), dtype and names the same."""
    assert (fast.data.dtype, fast.data.shape, fast.names) == (general.data.dtype, general.data.shape, general.names)
    assert fast.descriptions == general.descriptions
    assert (fast.mask == general.mask).mean() >= 0.999
    both = fast.mask & general.mask
    assert (fast.data == general.data)[both].mean() >= 0.97 if both.any() else True
    assert (fast.data[~fast.mask] == 0).all()


@needs_shared
@pytest.mark.parametrize("name", DECLINED)
def test_a_file_that_the_fast_driver_does_not_read_is_declined_with_a_reason(name):
    async def header() -> Any:
        path = (DATA / name).resolve()
        async with reading() as net:
            threads = GdalThreads(60)
            files = Files(net.store, GdalReader(net.store, threads, pixels_max=4e10), max_bytes=2**20, ttl_s=300)
            [header] = await files.headers([Source(name=path.name, location=FileLocation(DATA.resolve(), path))])
            threads.close()
            return header

    assert asyncio.run(header()).declined == DECLINED[name]


@needs_shared
@pytest.mark.parametrize("name", sorted({*REAL} - DECLINED.keys() - NOT_SHOWN))
def test_tiles_of_real_files_are_those_of_the_general_driver(name):
    zooms = range(LOWEST_COMPARED.get(name, 0), 7)
    plans = [
        lambda source, header, z=zoom, dx=step: tile_plan(source, header, z, dx) for zoom in zooms for step in (0, 1)
    ]
    for general, fast in pairs((DATA / name).resolve(), plans):
        if is_ycbcr(DATA / name):
            assert np.array_equal(general.mask, fast.mask)
            assert np.abs(general.data.astype(float) - fast.data).mean() <= YCBCR_MEAN
        else:
            assert_alike(general, fast)


def is_ycbcr(path: Path) -> bool:
    with rasterio.open(path) as dataset:
        return dataset.profile.get("photometric") == "ycbcr"


@needs_shared
@pytest.mark.parametrize("name", WORLDS)
def test_the_tile_of_the_whole_world_is_left_to_the_general_driver(name):
    """Between 9 nodes the coordinates of half a circle of latitude are not exact enough."""
    with pytest.raises(AssertionError, match="asked the general one: read"):
        pairs((DATA / name).resolve(), [lambda s, h: tile_plan(s, h, 0, 0)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made").resolve()


def made(folder: Path, name: str, **options: Any) -> Path:
    """Write a 700 x 600 COG of smooth values with holes."""
    dtype, bands, kind = options.pop("dtype", "uint16"), options.pop("bands", 1), options.pop("kind", "plain")
    y, x = np.mgrid[0:600, 0:700]
    top = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1000
    values = np.stack([(np.sin(x / (9 + b)) + np.cos(y / 7) + 2) / 4 * top * 0.9 + 1 for b in range(bands)]).astype(
        dtype
    )
    hole = ((x - 350) ** 2 + (y - 300) ** 2) < 100**2
    if kind == "nodata":
        values[:, hole] = options["nodata"]
    if kind == "sparse":
        values[:, 200:450, 100:500] = options["nodata"]
    path = folder / f"{name}.tif"
    if "driver" not in options:
        options["blocksize"] = 128
    profile = {"driver": "COG", "dtype": dtype, "count": bands, "height": 600, "width": 700, "crs": "EPSG:32633",
               "transform": from_origin(500000, 5200000, 30, 30), **options}  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        if kind == "alpha":
            values[-1] = np.where(hole, 0, top)
            dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)
        dataset.write(values)
        if kind == "mask":
            dataset.write_mask(~hole)
    return path


TILED = {"tiled": True, "blockxsize": 128, "blockysize": 128}
PLAIN, PREDICTED = {"compress": "deflate"}, {"compress": "deflate", "predictor": "yes"}
CASES = {
    **{f"deflate {t}": {"dtype": t, **PLAIN} for t in "uint8 int16 uint16 int32 float32 float64".split()},
    **{f"predictor {t}": {"dtype": t, **PREDICTED} for t in "uint8 int16 uint16 uint32 float32 float64".split()},
    "uncompressed": {"compress": "none"},
    "three bands": {"bands": 3, "dtype": "uint8", "compress": "deflate", "predictor": "yes"},
    "nodata": {"kind": "nodata", "nodata": 0, "compress": "deflate"},
    "nodata nan": {"kind": "nodata", "nodata": float("nan"), "dtype": "float32", "compress": "deflate"},
    "mask": {"kind": "mask", "bands": 3, "dtype": "uint8", "compress": "deflate"},
    "alpha": {"kind": "alpha", "bands": 4, "dtype": "uint8", "compress": "deflate"},
    "lzw": {"compress": "lzw", "predictor": "yes"},
    "lzw float": {"compress": "lzw", "predictor": "yes", "dtype": "float32"},
    "zstd": {"compress": "zstd", "predictor": "yes", "dtype": "int16"},
    "lerc": {"compress": "lerc", "dtype": "float32"},
    "lerc zstd": {"compress": "lerc_zstd", "dtype": "uint16"},
    "lzma": {"compress": "lzma"},
    "webp": {"compress": "webp", "WEBP_LOSSLESS": True, "dtype": "uint8", "bands": 3},
    "webp alpha": {"compress": "webp", "WEBP_LOSSLESS": True, "dtype": "uint8", "bands": 4, "kind": "alpha"},
    "jpeg rgb": {"driver": "GTiff", "compress": "jpeg", "photometric": "rgb", "dtype": "uint8", "bands": 3, **TILED},
    "planes": {"driver": "GTiff", "compress": "deflate", "interleave": "band", "bands": 4, **TILED},
    "planes jpeg": {"driver": "GTiff", "compress": "jpeg", "interleave": "band", "bands": 3, "dtype": "uint8", **TILED},
    "planes alpha": {"driver": "GTiff", "compress": "lzw", "interleave": "band", "bands": 4, "kind": "alpha", **TILED},
    "big endian": {"driver": "GTiff", "compress": "lzw", "predictor": 2, "ENDIANNESS": "BIG", **TILED},
    "alpha of 16 bits": {"kind": "alpha", "bands": 4, "compress": "deflate"},
    "sparse": {"kind": "sparse", "nodata": 7, "compress": "deflate", "sparse_ok": True},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_cog_is_read_as_the_general_driver_reads_it(folder, case):
    path = made(folder, case.replace(" ", "-"), **CASES[case])
    plans = [lambda source, header, z=zoom: tile_plan(source, header, z, 0) for zoom in range(6)]
    if case not in ("jpeg rgb", "planes jpeg"):  # without overviews: GDAL averages their blocks
        plans.append(lambda source, header: plan_frame(source, header, Frame(max_size=200)))
    for general, fast in pairs(path, plans):
        assert_alike(general, fast)


def test_scale_and_offset_are_applied_as_the_general_driver_applies_them(folder):
    path = made(folder, "scaled", bands=2, kind="nodata", nodata=0, compress="deflate")
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.scales, dataset.offsets = (0.1, 2.5), (-70000.0, 3.0)
    frame = Frame(bounds=(15.05, 46.85, 15.2, 46.94), bounds_crs=WGS84, crs=WGS84, width=64, height=64)
    [(general, fast)] = pairs(path, [lambda s, h: plan_frame(replace(s, unscale=True), h, frame)])
    assert_alike(general, fast)
    assert fast.data.dtype == np.float32
    assert fast.data.min() < 0


def test_crops_in_other_projections_are_those_of_the_general_driver(folder):
    path = made(folder, "crops", compress="deflate", nodata=0)
    boxes = [((15.05, 46.85, 15.2, 46.94), WGS84), ((505000, 5185000, 515000, 5195000), CRS.from_epsg(32633))]
    frames = [Frame(bounds=bounds, bounds_crs=crs, crs=crs, width=200, height=150) for bounds, crs in boxes]
    plans = [lambda source, header, f=frame: plan_frame(source, header, f) for frame in frames]
    for general, fast in pairs(path, plans):
        assert_alike(general, fast)


METHODS = [("bilinear", "nearest"), ("nearest", "bilinear"), ("bilinear", "bilinear"), ("cubic", "cubic"),
           ("cubic_spline", "nearest"), ("lanczos", "lanczos"), ("average", "average"), ("mode", "mode"),
           ("gauss", "nearest"), ("rms", "rms"), ("nearest", "max"), ("nearest", "min"), ("nearest", "med"),
           ("nearest", "q1"), ("nearest", "q3")]  # fmt: skip
RESAMPLED = {
    "smooth nodata": {"kind": "nodata", "nodata": 0, "compress": "deflate"},
    "smooth nan": {"kind": "nodata", "nodata": float("nan"), "dtype": "float32", "compress": "deflate"},
    "smooth mask": {"kind": "mask", "bands": 3, "dtype": "uint8", "compress": "deflate"},
    "smooth alpha": {"kind": "alpha", "bands": 4, "dtype": "uint8", "compress": "deflate"},
}
SCENE_BAND = "s2-timeseries/S2A_33TWM_20230815_0_L2A/B08.tif"


@pytest.mark.parametrize(("resampling", "reproject"), METHODS)
@pytest.mark.parametrize("case", [*RESAMPLED, pytest.param(SCENE_BAND, marks=needs_shared)])
def test_other_resamplings_are_those_of_the_general_driver(folder, case, resampling, reproject):
    """Most tiles to the pixel; where lattices differ by a pixel, 99 of 100 values by up to 1.5 % of the range."""
    path = (DATA / case).resolve() if case == SCENE_BAND else made(folder, case.replace(" ", "-"), **RESAMPLED[case])
    methods = {"resampling": resampling, "reproject": reproject}
    plans = [lambda s, h, z=zoom: tile_plan(s, h, z, 0, **methods) for zoom in (1, 2, 4)]
    plans.append(lambda s, h: tile_plan(s, h, 3, 0, padding=4, **methods))
    identical = 0
    for general, fast in pairs(path, plans):
        assert (general.mask == fast.mask).mean() >= 0.9999
        both = general.mask & fast.mask
        difference = np.abs(general.data.astype(float) - fast.data)[both]
        assert np.percentile(difference, 99) <= 0.015 * max(1, np.ptp(general.data[both].astype(float)))
        identical += not difference.any()
    assert identical >= 2


@pytest.mark.parametrize("method", ["bilinear", "lanczos"])
def test_the_edges_of_a_tile_of_a_file_without_overviews_are_resampled_as_its_middle(folder, method):
    """Many source pixels to one of the output: the kernel reaches as many times farther."""
    path = made(folder, f"fine-{method}", driver="GTiff", compress="deflate", **TILED)
    frame = Frame(bounds=(15.06, 46.88, 15.14, 46.92), bounds_crs=WGS84, crs=WGS84, width=16, height=12)
    plans = [
        lambda s, h, more=padding: plan_frame(s, h, frame, resampling=method, reproject=method, padding=more)
        for padding in (0, 4)
    ]
    for general, fast in pairs(path, plans):
        difference = np.abs(general.data.astype(float) - fast.data)
        assert difference.max() <= 0.01 * np.ptp(general.data.astype(float))


def test_files_of_one_lattice_with_different_overviews_do_not_share_their_geometry(folder):
    paths = [made(folder, f"by-{factor}", driver="GTiff", compress="deflate", **TILED) for factor in (2, 3)]
    for path, factor in zip(paths, (2, 3), strict=True):
        with rasterio.open(path, "r+") as dataset:
            dataset.build_overviews([factor], Resampling.nearest)

    async def both() -> list[tuple[Raster, Raster]]:
        read = []
        async with drivers(paths[0]) as (general, fast, _, _):
            for path in paths:
                source = Source(name=path.name, location=FileLocation(path.parents[-2], path))
                [header] = await fast.headers([source])
                plan = tile_plan(source, header, 2, 0)
                read.append(((await general.read(plan))[0](), (await fast.read(plan))[0]()))
        return read

    for general, fast in asyncio.run(both()):
        assert general.mask.any()
        assert_alike(general, fast)


def test_floats_of_16_bits_are_left_to_gdal_which_widens_them(folder):
    path = made(folder, "half", dtype="float32", NBITS=16, compress="deflate")
    with pytest.raises(AssertionError, match="its samples have 16 bits"):
        asyncio.run(points(path, [(15.1, 46.9)]))


@pytest.mark.parametrize("method", ["bilinear", "average", "rms"])
def test_crops_and_previews_are_resampled_as_the_general_driver_does(folder, method):
    path = made(folder, f"resampled-{method}", kind="nodata", nodata=0, compress="deflate")
    boxes = [((15.05, 46.85, 15.2, 46.94), WGS84), ((505000, 5185000, 515000, 5195000), CRS.from_epsg(32633))]
    frames = [Frame(bounds=bounds, bounds_crs=crs, crs=crs, width=90, height=70) for bounds, crs in boxes]
    plans = [
        lambda s, h, f=frame: plan_frame(s, h, f, resampling=method, reproject=method)
        for frame in (*frames, Frame(max_size=200))
    ]
    for general, fast in pairs(path, plans):
        assert_alike(general, fast)


def test_a_preview_of_jpeg_without_overviews_is_left_to_the_general_driver(folder):
    """GDAL decodes JPEG blocks at an eighth of their size where the file has no overviews."""
    path = made(folder, "jpeg-preview", **CASES["jpeg rgb"])
    [(general, fast)] = pairs(path, [lambda s, h: plan_frame(s, h, Frame(max_size=100))], declines=True)
    assert np.array_equal(general.data, fast.data)


def test_points_are_identical(folder):
    """200 points, some of them outside, some in a hole."""
    path = made(folder, "points", kind="nodata", nodata=0, compress="deflate")
    answers = asyncio.run(points(path, np.random.default_rng(5).uniform((14.95, 46.7), (15.3, 47), (200, 2))))
    assert all((general is None) == (fast is None) for general, fast in answers)
    inside = [(general, fast) for general, fast in answers if general is not None]
    assert 0 < len(inside) < len(answers)
    for general, fast in inside:
        assert (general.data.tolist(), general.mask.tolist()) == (fast.data.tolist(), fast.mask.tolist())


@needs_shared
@pytest.mark.parametrize("name", sorted({*REAL} - DECLINED.keys() - NOT_SHOWN))
def test_points_of_real_files_are_identical(name):
    path = (DATA / name).resolve()
    answers = asyncio.run(points(path, np.random.default_rng(6).uniform(-0.02, 0.02, (10, 2)) + focus(path)))
    for general, fast in answers:
        assert (general is None) == (fast is None)
        if general is not None:
            assert np.array_equal(general.mask, fast.mask)
            difference = np.abs(general.data.astype(float) - fast.data.astype(float))
            assert (difference <= (3 if is_ycbcr(path) else 0)).all()


async def points(path: Path, places: Any) -> list[Any]:
    async with drivers(path) as (general, fast, source, header):
        answers = []
        for lon, lat in places:
            req = PointRequest(dataset=NOWHERE, selection=Selection(), x=lon, y=lat, crs=WGS84)
            plan = plan_sample(Choice(name="x", sources=(source,)), [header], req)
            pair: list[Raster | None] = []
            for reader in (general, fast):
                try:
                    pair.append((await reader.sample(plan))[0]())
                except OutOfBounds:
                    pair.append(None)
            answers.append(pair)
        return answers
