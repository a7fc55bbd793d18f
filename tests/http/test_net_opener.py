"""GDAL reads one file through Python: the same pixels, no neighbour, no socket of its own, the true causes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio import _vsiopener
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from app.errors import DeadlineExceeded, LimitExceeded, Overloaded, SwathError, UpstreamFailed, UpstreamUnusable
from app.model.location import FileLocation, RemoteLocation
from app.net.budget import Budget, spending
from app.net.local import LocalSource
from app.net.remote import HEAD_BYTES
from app.net.source import ByteSource
from app.read.files import SoleFile
from app.read.opener import open_dataset
from app.settings import Settings
from tests.reading import reading
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

T = TypeVar("T")
REAL = [
    "rasters/cog_int16.tif", "rasters/cog_cmap.tif", "rasters/cog_scale.tif", "rasters/cog_rgb_mask.tif",
    "rasters/nocog.tif",
    "rasters/cog_rgba.tif", "rasters/au-gcp.tif", "rasters/au-3577-rotated.tif", "rasters/usda_naip_256_lzw_z3.tif",
    "rasters/rasterio_float_nan.tif", "rasters/cog_hirise_mars.tif", "dem/dem_lv95.tif",
    "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1.tif",
]  # fmt: skip
EXTERNAL_MASK = "aerial-rgb/hro_colorado/201404_13SED190110_201404_0x1500m_CL_1_extmask.tif"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COG of 1024 x 1024 without compression: every block is 128 KiB at a known place."""
    path = tmp_path_factory.mktemp("rasters")
    values = np.arange(1024 * 1024, dtype=np.uint16).reshape(1024, 1024)
    options = {"crs": "EPSG:32636", "transform": rasterio.transform.from_origin(300_000, 3_300_000, 10, 10)}
    with rasterio.open(
        path / "source.tif", "w", driver="GTiff", width=1024, height=1024, count=1, dtype="uint16", nodata=0,
        tiled=True, blockxsize=256, blockysize=256, **options,
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
        dataset.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
    rasterio.shutil.copy(path / "source.tif", path / "cog.tif", driver="COG", compress="NONE", blocksize=256)
    (path / "page.tif").write_text("<!doctype html><title>Not here</title>")
    (path / "wms.tif").write_text(
        "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service></GDAL_WMS>"
    )
    (path / "vrt.tif").write_text(
        f"<VRTDataset rasterXSize='1' rasterYSize='1'><SourceFilename>{path}/cog.tif</SourceFilename></VRTDataset>"
    )
    (path / "empty.tif").write_bytes(b"")
    (path / "cut.tif").write_bytes((path / "cog.tif").read_bytes()[:-200_000])
    return path


@pytest.fixture
def server(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def local(path: Path, pool: ThreadPoolExecutor) -> LocalSource:
    real = path.resolve()
    return LocalSource(FileLocation(real.parent, real), pool)


def remote(
    server: Upstream, path: str, work: Callable[[ByteSource], T], budget: Budget | None = None, **settings: Any
) -> T:
    """Open a URL on the loop and work on it in a thread, as the readers do."""

    async def run() -> T:
        async with reading(Settings(allow_hosts=server.host, **settings)) as room:
            with spending(budget):
                source = await room.store.open(RemoteLocation(server.url(path)))
                return await asyncio.to_thread(work, source)

    return asyncio.run(run())


def whole(source: ByteSource) -> tuple[Any, ...]:
    with open_dataset(source) as dataset:
        return everything(dataset)


def everything(dataset: rasterio.DatasetReader) -> tuple[Any, ...]:
    shape = (min(dataset.height, 300), min(dataset.width, 300))
    window = Window(0, 0, min(dataset.width, 700), min(dataset.height, 700))
    return (
        dataset.profile,
        dataset.tags(),
        dataset.gcps,
        dataset.overviews(1),
        dataset.read(window=window).tobytes(),
        dataset.read(out_shape=(dataset.count, *shape)).tobytes(),
        dataset.dataset_mask(out_shape=shape).tobytes(),
    )


@needs_shared
@pytest.mark.parametrize("name", REAL)
def test_pixels_and_header_are_those_of_an_ordinary_open(name: str, pool: ThreadPoolExecutor) -> None:
    source = local(DATA / name, pool)
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(DATA / name) as dataset:
        assert repr(whole(source)) == repr(everything(dataset))
    source.close()


@needs_shared
@pytest.mark.parametrize("name", ["rasters/cog_int16.tif", "rasters/nocog.tif", "rasters/cog_rgb_mask.tif"])
def test_pixels_over_the_network_are_the_same(name: str) -> None:
    with upstream(DATA) as server, rasterio.open(DATA / name) as dataset:
        assert repr(remote(server, f"/{name}", whole)) == repr(everything(dataset))
        assert {asked.path for asked in server.log} == {f"/{name}"}


@needs_shared
def test_an_external_mask_is_never_asked_for() -> None:
    """The ``.msk`` lies beside the file; so might anything else."""
    assert (DATA / (EXTERNAL_MASK + ".msk")).exists()
    with upstream(DATA) as server:
        remote(server, f"/{EXTERNAL_MASK}", whole)
        assert {asked.path for asked in server.log} == {f"/{EXTERNAL_MASK}"}


def test_a_window_costs_one_request_for_the_header_and_one_for_all_its_blocks(server: Upstream) -> None:
    """2 x 2 blocks of 128 KiB are two runs of two: GDAL asks for them at once, so they go out together."""

    def read(source: ByteSource) -> list[tuple[int, int]]:
        with open_dataset(source) as dataset:
            dataset.read(1, window=Window(256, 256, 512, 512))
        return source.log

    log = remote(server, "/cog.tif", read)
    assert log[0] == (0, HEAD_BYTES)
    assert len(log) == 3
    assert 4 * 131_072 <= sum(length for _, length in log[1:]) <= 4 * 131_072 + 65_536


def test_a_small_picture_reads_the_overview_only(server: Upstream) -> None:
    def read(source: ByteSource) -> int:
        with open_dataset(source) as dataset:
            dataset.read(1, out_shape=(256, 256))
        return source.bytes_read

    assert remote(server, "/cog.tif", read) < 131_072 + 2 * HEAD_BYTES


def test_a_reprojected_read_works(server: Upstream, folder: Path) -> None:
    def read(source: ByteSource) -> bytes:
        with open_dataset(source) as dataset, WarpedVRT(dataset, crs="EPSG:3857") as warped:
            return bytes(warped.read(1, out_shape=(200, 200)).tobytes())

    with rasterio.open(folder / "cog.tif") as dataset, WarpedVRT(dataset, crs="EPSG:3857") as warped:
        expected = warped.read(1, out_shape=(200, 200)).tobytes()
    assert remote(server, "/cog.tif", read) == expected


@pytest.mark.parametrize("name", ["page", "wms", "vrt", "empty"])
def test_what_is_no_geotiff_is_refused_without_foreign_words(name: str, folder: Path, pool: ThreadPoolExecutor) -> None:
    """Also what another driver of GDAL would open, and follow."""
    with pytest.raises(UpstreamUnusable) as caught, open_dataset(local(folder / f"{name}.tif", pool)):
        pass
    assert caught.value.detail == f"{name}.tif is not a GeoTIFF this server can read."


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503}, Overloaded), ({"status": 500}, UpstreamFailed), ({"status": 403}, UpstreamUnusable),
        ({"cut_at": 10}, UpstreamFailed), ({"wrong_range": True}, UpstreamFailed), ({"delay_s": 9}, DeadlineExceeded),
        ({"headers": {"ETag": '"new"'}}, UpstreamFailed),
    ],
)  # fmt: skip
def test_the_true_cause_of_a_failed_read_is_raised(
    server: Upstream, fault: dict[str, Any], error: type[SwathError]
) -> None:
    def read(source: ByteSource) -> None:
        with open_dataset(source) as dataset:
            server.fault("/cog.tif", **fault)
            dataset.read(1, window=Window(256, 256, 512, 512))

    with pytest.raises(error) as caught:
        remote(server, "/cog.tif", read, upstream_timeout_s=0.3)
    assert type(caught.value) is error
    assert "cog.tif" not in str(caught.value.detail) or error is UpstreamFailed


def test_a_failure_that_gdal_swallows_is_raised_at_the_end(server: Upstream) -> None:
    def read(source: ByteSource) -> None:
        with open_dataset(source) as dataset:
            server.fault("/cog.tif", status=500)
            with contextlib.suppress(rasterio.errors.RasterioIOError):
                dataset.read(1, window=Window(256, 256, 512, 512))

    with pytest.raises(UpstreamFailed):
        remote(server, "/cog.tif", read)


def test_the_byte_budget_holds_inside_gdal(server: Upstream) -> None:
    allowance = Budget(megabytes=0.3, seconds=10, kind="TILE")
    with pytest.raises(LimitExceeded, match="SWATH_TILE_BYTES_MB"):
        remote(server, "/cog.tif", whole, allowance)


def test_blocks_behind_the_end_of_the_file_are_a_failure_and_never_stray_memory(
    folder: Path, pool: ThreadPoolExecutor
) -> None:
    """Without compression GDAL would hand out whatever its buffer held."""
    for _ in range(3):
        source = local(folder / "cut.tif", pool)
        with pytest.raises(UpstreamUnusable), open_dataset(source) as dataset:
            dataset.read(1)
        source.close()


def test_errors_of_the_caller_pass_unchanged(folder: Path, pool: ThreadPoolExecutor) -> None:
    for error in (KeyError("mine"), LimitExceeded("mine")):
        with pytest.raises(type(error)) as caught, open_dataset(local(folder / "cog.tif", pool)):
            raise error
        assert caught.value is error


def test_there_is_one_file_read_only_and_nothing_beside_it(folder: Path, pool: ThreadPoolExecutor) -> None:
    file = SoleFile(local(folder / "cog.tif", pool))
    assert file.isfile(file.path)
    assert file.open(file.path, "rb").read(2) == b"II"
    for path, mode in ((file.path, "wb"), (file.path, "r+b"), (file.path + ".msk", "rb"), ("/etc/passwd", "rb")):
        with pytest.raises(FileNotFoundError):
            file.open(path, mode)
    assert not file.isfile(file.path + ".aux.xml")
    assert not file.isdir(file.path.partition("/")[0])
    with pytest.raises(FileNotFoundError):
        file.rm(file.path)


def test_nothing_is_asked_for_beside_the_file(
    folder: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[SoleFile] = []
    monkeypatch.setattr("app.read.opener.SoleFile", lambda source: files.append(SoleFile(source)) or files[-1])
    whole(local(folder / "cog.tif", pool))
    [file] = files
    assert [path for path in file.asked if not path.endswith(".msk")] == []


def test_many_threads_open_the_same_file_and_nothing_is_left_behind(folder: Path, pool: ThreadPoolExecutor) -> None:
    """rasterio keeps openers in a registry; it must be as empty afterwards as before."""
    expected = whole(local(folder / "cog.tif", pool))[4]
    failures: list[object] = []
    left: list[int] = []

    def work() -> None:
        try:
            for _ in range(8):
                source = local(folder / "cog.tif", pool)
                if whole(source)[4] != expected:
                    failures.append("other pixels")
                source.close()
        except Exception as error:  # noqa: BLE001 - reported by the assertion below
            failures.append(error)
        left.append(len(_vsiopener._OPENER_REGISTRY.get({})) + len(_vsiopener._OPEN_FILE_EXIT_STACKS.get({})))

    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert left == [0] * 16
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, SoleFile)]
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 1


def test_parallel_opens_over_the_network_are_independent(server: Upstream) -> None:
    async def run() -> list[bytes]:
        async with reading(Settings(allow_hosts=server.host)) as room:

            async def one() -> bytes:
                source = await room.store.open(RemoteLocation(server.url("/cog.tif")))
                return (await asyncio.to_thread(whole, source))[4]

            return await asyncio.gather(*(one() for _ in range(16)))

    assert len(set(asyncio.run(run()))) == 1


def process(code: str, *arguments: object) -> str:
    """Run code in a process of its own, which must end well and say nothing on stderr."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_server_process_registers_one_file_system_for_all_its_datasets_and_ends_cleanly(folder: Path) -> None:
    """As workers do: threads that run in a copy of the context in which GDAL was configured."""
    code = """
import contextvars, pathlib, sys, threading
from concurrent.futures import ThreadPoolExecutor
from app.model.location import FileLocation
from app.net.local import LocalSource
from app.read import opener
from rasterio import _vsiopener

opener.configure_gdal()
path, pool = pathlib.Path(sys.argv[1]).resolve(), ThreadPoolExecutor(1)
sums, seen = [], set()

def work():
    for _ in range(10):
        source = LocalSource(FileLocation(path.parent, path), pool)
        with opener.open_dataset(source) as dataset:
            seen.add(dataset.name.split("/")[1])
            sums.append(int(dataset.read(1, out_shape=(100, 100)).sum()))
            dataset.dataset_mask()
        source.close()

threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
registry, open_files = _vsiopener._OPENER_REGISTRY.get(), _vsiopener._OPEN_FILE_EXIT_STACKS.get()
print(len(sums), len(set(sums)), len(seen), opener._registered.get().files.count, len(registry), len(open_files))
"""
    assert process(code, folder / "cog.tif").split() == ["160", "1", "1", "0", "1", "1"]  # the anchor stays


def test_dangerous_drivers_are_not_even_registered() -> None:
    """In a process of its own: GDAL registers drivers once."""
    code = (
        "from app.read.opener import configure_gdal; configure_gdal(); import rasterio\n"
        "with rasterio.Env() as env: print(' '.join(env.drivers()))"
    )
    drivers = set(process(code).split())
    assert {"GTiff", "VRT", "MEM"} <= drivers
    assert not drivers & {
        "MRF",
        "WMS",
        "WMTS",
        "WCS",
        "HTTP",
        "DERIVED",
        "STACIT",
        "STACTA",
        "GTI",
        "EEDAI",
        "PLMOSAIC",
    }
    assert not drivers & {"HDF5", "netCDF", "PDF", "MBTiles", "GPKG", "SQLite", "Rasterlite", "KMLSUPEROVERLAY", "Zarr"}
