"""Is it a COG? Asked about files that GDAL's COG driver writes, files that it does not, and real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.shutil import copy
from rasterio.transform import from_origin

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

RASTERS = sorted(
    path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix.lower() in (".tif", ".tiff")
)
KEYS = {"Path", "Driver", "COG", "Compression", "ColorSpace", "COG_errors", "COG_warnings", "Profile", "GEO", "Tags",
        "Band Metadata", "IFD"}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validated")
    write(folder / "strips.tif")
    copy(folder / "strips.tif", folder / "bare.tif", driver="GTiff", tiled=True)
    copy(folder / "strips.tif", folder / "cog.tif", driver="COG", compress="deflate")
    write(folder / "later.tif", tiled=True)
    with rasterio.open(folder / "later.tif", "r+") as dataset:
        dataset.build_overviews([2, 4])
    return folder


def write(path: Path, **profile: Any) -> None:
    profile = {"crs": "EPSG:32636", "transform": from_origin(300_000, 3_300_000, 10, 10), "width": 1024, "height": 768,
               "count": 2, "dtype": "int16", "nodata": -1, **profile}  # fmt: skip
    with rasterio.open(path, "w", driver="GTiff", **profile) as dataset:
        dataset.write(np.arange(2 * 768 * 1024).reshape(2, 768, 1024).astype("int16"))
        dataset.scales, dataset.offsets = (0.1, 0.2), (5, 6)
        dataset.descriptions = ("red", None)
        dataset.update_tags(FLOWN="2019")
        dataset.update_tags(2, SENSOR="b")


class Server:
    """Asks about files on disk and upstream."""

    def __init__(self, base: str, files: Upstream) -> None:
        self.base, self.files = base, files

    def ask(self, name: str, **query: str) -> requests.Response:
        return requests.get(f"{self.base}/cog/validate", {"url": self.files.url(f"/{name}"), **query}, timeout=30)

    def told(self, name: str, **query: str) -> dict[str, Any]:
        answer = self.ask(name, **query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body.keys() == KEYS
        return body


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with upstream(folder) as files, serving(Settings(allow_hosts=files.host)) as base:
        yield Server(base, files)


def test_what_gdal_writes_as_a_cog_is_one(server: Server) -> None:
    told = server.told("cog.tif")
    assert told["COG"] is True
    assert told["COG_errors"] is told["COG_warnings"] is None
    assert told["Path"] == server.files.url("/cog.tif")


def test_a_cog_is_described_as_rasterio_sees_it(server: Server, folder: Path) -> None:
    told = server.told("cog.tif")
    with rasterio.open(folder / "cog.tif") as dataset:
        assert told["Driver"] == dataset.driver
        assert told["Compression"] == dataset.compression.value
        profile = told["Profile"]
        assert (profile["Bands"], profile["Width"], profile["Height"]) == (dataset.count, *dataset.shape[::-1])
        assert (profile["Dtype"], profile["Nodata"]) == (dataset.dtypes[0], dataset.nodata)
        assert (profile["Scales"], profile["Offsets"]) == (list(dataset.scales), list(dataset.offsets))
        assert told["GEO"]["CRS"] == str(dataset.crs)
        assert told["GEO"]["BoundingBox"] == list(dataset.bounds)
        assert told["Tags"]["Image Metadata"] == dataset.tags()
        assert told["Tags"]["Image Structure"] == dataset.tags(ns="IMAGE_STRUCTURE")
    assert told["Band Metadata"]["Band 1"]["Description"] == "red"
    assert told["Band Metadata"]["Band 2"]["Metadata"] == {"SENSOR": "b"}


def test_each_directory_of_a_cog_is_told(server: Server) -> None:
    assert server.told("cog.tif")["IFD"] == [
        {"Level": 0, "Width": 1024, "Height": 768, "Blocksize": [512, 512], "Decimation": 0},
        {"Level": 1, "Width": 512, "Height": 384, "Blocksize": [512, 512], "Decimation": 2},
    ]


def test_zooms_are_those_of_tilejson(server: Server) -> None:
    tilejson = requests.get(f"{server.base}/cog/tilejson.json", {"url": server.files.url("/cog.tif")}, timeout=30)
    geo = server.told("cog.tif")["GEO"]
    assert (geo["MinZoom"], geo["MaxZoom"]) == (tilejson.json()["minzoom"], tilejson.json()["maxzoom"])


def test_strips_are_no_cog(server: Server) -> None:
    told = server.told("strips.tif")
    assert told["COG"] is False
    assert told["Profile"]["Tiled"] is False
    assert any("not tiled" in error for error in told["COG_errors"])


def test_a_tiled_file_without_overviews_is_a_cog_unless_strict(server: Server) -> None:
    told = server.told("bare.tif")
    [warning] = told["COG_warnings"]
    assert "no overviews" in warning
    assert (told["COG"], told["COG_errors"]) == (True, None)
    assert server.told("bare.tif", strict="true")["COG"] is False


def test_overviews_that_were_made_later_stand_behind_the_pixels(server: Server) -> None:
    told = server.told("later.tif")
    assert told["COG"] is False
    assert any("before" in error for error in told["COG_errors"])


def test_a_file_is_judged_by_its_directories_alone(server: Server, folder: Path) -> None:
    before = len(server.files.ranges("/cog.tif"))
    server.told("cog.tif")
    assert len(server.files.ranges("/cog.tif")) - before <= 1
    assert (folder / "cog.tif").stat().st_size > 100_000


def test_strict_refuses_unknown_parameters_too(server: Server) -> None:
    body = problem_of(server.ask("cog.tif", strict="true", quiet="1"))
    assert body["status"] == 400
    assert "quiet" in body["detail"]


def test_what_is_no_tiff_is_a_problem(server: Server) -> None:
    server.files.fault("/page.tif", body=b"<html>" + bytes(100))
    assert problem_of(server.ask("page.tif"))["status"] == 424
    assert problem_of(server.ask("missing.tif"))["status"] == 424


@pytest.mark.parametrize("path", ["/cog/validate", "/cog/stac"])
def test_a_source_that_hangs_is_left_at_the_deadline(folder: Path, path: str) -> None:
    with upstream(folder) as files, serving(impatient(files)) as base:
        files.fault("/cog.tif", hang_at=1000)
        answer = requests.get(base + path, {"url": files.url("/cog.tif")}, timeout=30)
        assert problem_of(answer)["status"] == 504


def impatient(files: Upstream) -> Settings:
    return Settings(allow_hosts=files.host, tile_deadline_s=1, crop_deadline_s=1)


@needs_shared
@pytest.mark.parametrize("name", RASTERS)
def test_real_rasters_that_say_to_be_cogs_are_and_strips_are_not(name: str, real: str) -> None:
    answer = requests.get(f"{real}/cog/validate", {"url": name}, timeout=30)
    told = answer.json()
    assert answer.status_code == 200, told
    with rasterio.open(DATA / name) as dataset:
        if dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG":
            assert told["COG"], told["COG_errors"]
        if max(dataset.shape) > 512 and not dataset.profile["tiled"]:
            assert not told["COG"]
        internal = [file for file in dataset.files if file.endswith(".ovr")] == []
        sizes = [dataset.shape[::-1], *(size_of(name, level) for level in range(len(dataset.overviews(1))))]
    if internal:  # files beside a raster do not exist here
        assert [(each["Width"], each["Height"]) for each in told["IFD"]] == sizes


def size_of(name: str, level: int) -> tuple[int, int]:
    with rasterio.open(DATA / name, OVERVIEW_LEVEL=level) as overview:
        return overview.width, overview.height


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with serving(Settings(data_root=DATA)) as base:
        yield base
