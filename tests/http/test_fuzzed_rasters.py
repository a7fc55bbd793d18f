"""What mutated rasters once broke: each file or request here was answered 500, or not at all."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from affine import Affine
from morecantile import Tile
from rasterio.enums import Resampling
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform

from app.api.matrix_sets import MatrixSets
from app.settings import Settings
from tests.hostile_tiff import tiff
from tests.problems import problem_of
from tests.serving import serving

Ask = Callable[..., requests.Response]
WORLD = 20037508.342789244


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


@pytest.fixture(scope="module", params=["auto", "gdal"])
def ask(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ask]:
    with ExitStack() as stack:
        base = stack.enter_context(serving(Settings(data_root=folder, driver=request.param)))
        yield lambda path, **query: requests.get(base + path, params=query, timeout=40)


def write(path: Path, **profile: Any) -> Path:
    profile = {"crs": "EPSG:32616", "transform": from_origin(601_135, 3_430_446, 26, 30), "width": 256, "height": 256,
               "count": 1, "dtype": "uint8", "tiled": True, "blockxsize": 128, "blockysize": 128,
               **profile}  # fmt: skip
    with rasterio.open(path, "w", driver="GTiff", **profile) as dataset:
        dataset.write(np.full((dataset.count, 256, 256), 200, dataset.dtypes[0]))
        if dataset.count == 4:
            dataset.colorinterp = [*dataset.colorinterp[:3], rasterio.enums.ColorInterp.alpha]
        dataset.build_overviews([2, 4], Resampling.nearest)
        dataset.scales = [0.5] * dataset.count
    return path


@pytest.mark.parametrize("reproject", ["nearest", "bilinear"])
@pytest.mark.parametrize("tms", ["WebMercatorQuad", "UPSArcticWGS84Quad"])
def test_a_speck_on_a_tile_of_the_whole_world_takes_no_longer_than_others(
    ask: Ask, folder: Path, tms: str, reproject: str
) -> None:
    write(folder / "speck.tif")
    started = time.monotonic()
    answer = ask(f"/cog/tiles/{tms}/0/0/0.npy", url="speck.tif", reproject=reproject, resampling=reproject)
    assert time.monotonic() - started < 3
    assert answer.status_code == 200
    assert np.load(io.BytesIO(answer.content)).shape == (2, 256, 256)


def test_a_speck_lies_where_rasterio_warps_it(ask: Ask, folder: Path) -> None:
    """About 150 pixels of the source per output pixel: those at its edge may be lost by rounding."""
    path = write(folder / "speck.tif")
    bounds = MatrixSets().find("WebMercatorQuad").xy_bounds(Tile(133, 209, 9))
    size = 16
    with rasterio.open(path) as source, WarpedVRT(
        source, crs="EPSG:3857", width=size, height=size, add_alpha=True,
        transform=rasterio.transform.from_bounds(*bounds, size, size),
    ) as warped:  # fmt: skip
        expected = warped.read(2) > 0
    answer = ask("/cog/tiles/9/133/209.npy", url="speck.tif", tilesize=size)
    values, mask = np.load(io.BytesIO(answer.content))
    assert expected.any()
    assert abs(int(expected.sum()) - int((mask > 0).sum())) <= 2
    assert set(values[mask > 0].tolist()) == {200}


@pytest.mark.parametrize("path", ["/cog/tiles/9/133/209.npy", "/cog/preview.npy", "/cog/point/-85.9,30.96"])
def test_a_raster_with_an_alpha_band_is_unscaled(ask: Ask, folder: Path, path: str) -> None:
    write(folder / "alpha.tif", count=4)
    answer = ask(path, url="alpha.tif", unscale="true", bidx="1")
    assert answer.status_code == 200, answer.text
    if path.endswith("npy"):
        values, mask = np.load(io.BytesIO(answer.content))
        assert (mask > 0).any()
        assert set(values[mask > 0].tolist()) == {100.0}
    else:
        assert answer.json()["values"] == [100.0]


def test_more_directories_than_a_raster_needs_are_not_read(ask: Ask, folder: Path) -> None:
    body = bytearray(tiff(64, 64, pixel_scale=1))
    [count] = struct.unpack_from("<H", body, 8)
    link = 10 + 12 * count
    directory = bytes(body[8:link])
    for _ in range(300):
        struct.pack_into("<I", body, link, len(body))
        link = len(body) + len(directory)
        body += directory + bytes(4)
    (folder / "pages.tif").write_bytes(body)
    answer = ask("/cog/info", url="pages.tif")
    assert answer.status_code == 424
    assert "more than 256 directories" in problem_of(answer)["detail"]


def test_a_raster_whose_pixels_have_no_size_is_refused(ask: Ask, folder: Path) -> None:
    write(folder / "thin.tif", crs="EPSG:4326", transform=from_origin(30, 29, 1, 5e-324))
    answer = ask("/cog/tiles/2/2/1.png", url="thin.tif")
    assert answer.status_code == 424, answer.text
    assert "no size" in problem_of(answer)["detail"]


def test_a_raster_that_reaches_far_beyond_the_pole_is_refused(ask: Ask, folder: Path) -> None:
    """816 million degrees to the south: in Web Mercator it has no height."""
    write(folder / "far.tif", crs="EPSG:4326", transform=from_origin(-180, 90, 150, 3_000_000))
    answer = ask("/cog/tiles/2/2/2.png", url="far.tif")
    assert answer.status_code in (200, 404, 424), answer.text


def test_more_bands_than_can_be_described_are_refused(ask: Ask, folder: Path) -> None:
    (folder / "bands.tif").write_bytes(tiff(64, 64, bands=1025, pixel_scale=1))
    assert "1024 are read at most" in problem_of(ask("/cog/info", url="bands.tif"))["detail"]


def test_statistics_that_are_no_numbers_are_refused(ask: Ask, folder: Path) -> None:
    with rasterio.open(write(folder / "statistics.tif"), "r+") as dataset:
        dataset.update_tags(
            1, STATISTICS_MINIMUM="1.x", STATISTICS_MAXIMUM="2", STATISTICS_MEAN="1", STATISTICS_STDDEV="1"
        )
    answer = ask("/cog/info", url="statistics.tif")
    assert answer.status_code == 424, answer.text
    assert "statistics" in problem_of(answer)["detail"]


def test_a_raster_whose_columns_go_west_has_an_outline(ask: Ask, folder: Path) -> None:
    """In metres its left is above its right, which is no antimeridian."""
    path = write(folder / "mirrored.tif", transform=Affine(-26, 0, 607_791, 0, -30, 3_430_446))
    [ring] = ask("/cog/stac", url="mirrored.tif").json()["geometry"]["coordinates"]
    with rasterio.open(path) as dataset:
        right, bottom, left, top = dataset.bounds
        corners = transform(dataset.crs, "EPSG:4326", [left, right, right, left], [bottom, bottom, top, top])
    assert np.array(ring[:4]) == pytest.approx(np.column_stack(corners), abs=1e-6)


def test_integers_that_are_complex_are_refused_where_they_would_be_drawn(ask: Ask, folder: Path) -> None:
    """GDAL has such a type, numpy has not."""
    profile = {"dtype": "complex_int16", "width": 64, "height": 64, "count": 1}
    with rasterio.open(folder / "complex.tif", "w", driver="GTiff", transform=from_origin(0, 9, 1, 1), **profile):
        pass
    for path in ("/cog/info", "/cog/preview.png", "/cog/stac"):
        answer = ask(path, url="complex.tif")
        assert answer.status_code == 424, answer.text
        assert "complex numbers" in problem_of(answer)["detail"]
    assert ask("/cog/validate", url="complex.tif").status_code == 200


def test_a_raster_that_shrinks_to_nothing_is_not_on_the_map(ask: Ask, folder: Path) -> None:
    write(folder / "beyond.tif", crs="EPSG:3857", transform=from_origin(3_430_000, 1e12, 100, 100))
    answer = ask("/cog/tiles/UPSArcticWGS84Quad/0/0/0.npy", url="beyond.tif")
    assert (answer.status_code, problem_of(answer)["type"]) == (404, "out-of-bounds")
