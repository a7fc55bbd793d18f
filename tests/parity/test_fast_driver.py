"""The fast driver against the general one, which is rio-tiler: around every overview of real and made files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import morecantile
import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin

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
from tests.reading import reading
from tests.shared import DATA, needs_shared

TMS = morecantile.tms.get("WebMercatorQuad")
WGS84 = CRS.from_epsg(4326)
NOWHERE = DatasetRef(kind=DatasetKind.COG, url="", home="")

SCENES = [
    "s2-v0-full/S2A_29RKH_20200219_0_L2A/" + name for name in ("B01.tif", "B04.tif", "B11.tif", "SCL.tif", "TCI.tif")
]
REAL = [
    *SCENES,
    "s2-timeseries/S2A_33TWM_20230815_0_L2A/B08.tif",
    "dem/Copernicus_DSM_COG_10_N00_00_E006_00_DEM.tif",
    "landcover/ESA_WorldCover_10m_2020_v100_N00E006_Map.tif",
    *(f"rasters/{name}.tif" for name in (
        "HLS_Fmask", "cog_cmap", "cog_fullearth", "cog_int16", "cog_rgb_mask", "cog_rgba", "cog_scale", "cog_tags",
        "cog_world", "titiler_B01", "titiler_above_cog", "titiler_cog_with_nan",
    )),
]  # fmt: skip

WORLDS = ["rasters/cog_fullearth.tif", "rasters/cog_world.tif"]
LOWEST_COMPARED = {"rasters/cog_cmap.tif": 3, **dict.fromkeys(WORLDS, 2)}
"""Zooms above a file's lowest. Of cog_cmap, which is aligned to the tiles, centres of low zooms fall exactly between
two pixels, and noise decides; the tile of the whole world is declined."""


class Unreached:
    """In the place of the general driver: what the fast one declines fails, lest it be compared with itself."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the fast driver asked the general one: {name}")


@asynccontextmanager
async def drivers(path: Path, *, declines: bool = False) -> AsyncIterator[tuple[GdalReader, CogReader, Source, Header]]:
    """Give both drivers, and a source with its header; the fast one has the general one only if it ``declines``."""
    threads, workers = Workers(4, "gdal"), Workers(2, "cpu")
    try:
        async with reading() as net:
            general = GdalReader(net.store, threads, pixels_max=4e10)
            files = Files(net.store, general, max_bytes=2**24, ttl_s=300)
            other: Any = general if declines else Unreached()
            fast = CogReader(net.store, other, files, Blocks(2**27, workers))
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


def tile_plan(source: Source, header: Any, zoom_offset: int, step: int) -> Plan:
    """A tile near the centre of the source, ``zoom_offset`` above its lowest useful zoom."""
    low, _ = zoom_range([header], TMS)
    left, bottom, right, top = header.bounds_wgs84
    tile = TMS.tile((left + right) / 2, (bottom + top) / 2, max(0, low - 1 + zoom_offset))
    bounds = TMS.xy_bounds(morecantile.Tile(tile.x + step, tile.y, tile.z))
    crs = TMS.rasterio_crs
    frame = Frame(bounds=tuple(bounds), bounds_crs=crs, crs=crs, width=256, height=256)
    return plan_frame(source, header, frame)


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
@pytest.mark.parametrize("name", REAL)
def test_tiles_of_real_files_are_those_of_the_general_driver(name):
    zooms = range(LOWEST_COMPARED.get(name, 0), 7)
    plans = [
        lambda source, header, z=zoom, dx=step: tile_plan(source, header, z, dx) for zoom in zooms for step in (0, 1)
    ]
    for general, fast in pairs((DATA / name).resolve(), plans):
        assert_alike(general, fast)


@needs_shared
@pytest.mark.parametrize("name", WORLDS)
def test_the_tile_of_the_whole_world_is_left_to_the_general_driver(name):
    """Between 9 nodes the coordinates of half a circle of latitude are not exact enough."""
    [(general, fast)] = pairs((DATA / name).resolve(), [lambda s, h: tile_plan(s, h, 0, 0)], declines=True)
    assert np.array_equal(general.data, fast.data)
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
    profile = {"driver": "COG", "dtype": dtype, "count": bands, "height": 600, "width": 700, "crs": "EPSG:32633",
               "transform": from_origin(500000, 5200000, 30, 30), "blocksize": 128, **options}  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        if kind == "alpha":
            values[-1] = np.where(hole, 0, 255)
            dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)
        dataset.write(values)
        if kind == "mask":
            dataset.write_mask(~hole)
    return path


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
    "sparse": {"kind": "sparse", "nodata": 7, "compress": "deflate", "sparse_ok": True},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_cog_is_read_as_the_general_driver_reads_it(folder, case):
    path = made(folder, case.replace(" ", "-"), **CASES[case])
    plans = [lambda source, header, z=zoom: tile_plan(source, header, z, 0) for zoom in range(6)]
    plans.append(lambda source, header: plan_frame(source, header, Frame(max_size=200)))
    for general, fast in pairs(path, plans):
        assert_alike(general, fast)


def test_crops_in_other_projections_are_those_of_the_general_driver(folder):
    path = made(folder, "crops", compress="deflate", nodata=0)
    boxes = [((15.05, 46.85, 15.2, 46.94), WGS84), ((505000, 5185000, 515000, 5195000), CRS.from_epsg(32633))]
    frames = [Frame(bounds=bounds, bounds_crs=crs, crs=crs, width=200, height=150) for bounds, crs in boxes]
    plans = [lambda source, header, f=frame: plan_frame(source, header, f) for frame in frames]
    for general, fast in pairs(path, plans):
        assert_alike(general, fast)


@pytest.mark.parametrize("resampling", [Resampling.bilinear.name, Resampling.average.name])
def test_what_is_not_nearest_is_left_to_the_general_driver(folder, resampling):
    path = made(folder, f"resampled-{resampling}", compress="deflate")
    frame = Frame(bounds=(15.05, 46.85, 15.2, 46.94), bounds_crs=WGS84, crs=WGS84, width=64, height=64)
    plans = [lambda s, h: plan_frame(s, h, frame, resampling=resampling, reproject=resampling)]
    [(general, fast)] = pairs(path, plans, declines=True)
    assert np.array_equal(general.data, fast.data)


def test_points_are_identical(folder):
    """200 points, some of them outside, some in a hole."""
    path = made(folder, "points", kind="nodata", nodata=0, compress="deflate")
    answers = asyncio.run(points(path))
    assert all((general is None) == (fast is None) for general, fast in answers)
    inside = [(general, fast) for general, fast in answers if general is not None]
    assert 0 < len(inside) < len(answers)
    for general, fast in inside:
        assert (general.data.tolist(), general.mask.tolist()) == (fast.data.tolist(), fast.mask.tolist())


async def points(path: Path) -> list[Any]:
    async with drivers(path) as (general, fast, source, header):
        answers = []
        for lon, lat in np.random.default_rng(5).uniform((14.95, 46.7), (15.3, 47), (200, 2)):
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
