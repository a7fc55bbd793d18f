"""Every raster of the shared data through the real server, from disk and over HTTP: a picture, or a clear reason."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.transform import from_bounds

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import upstream

RASTERS = sorted(
    path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix.lower() in (".tif", ".tiff")
)
NO_CRS = "no coordinate reference system"
NO_PLACE = {
    "rasters/rasterio_float_nan.tif": NO_CRS,
    "rasters/cog_hirise_mars.tif": "'Equirectangular MARS', cannot be transformed",
}
"""Rasters that can be seen, but not on a map."""


@dataclass(frozen=True)
class Server:
    """Asks about one raster, as its users would."""

    base: str
    prefix: str
    session: requests.Session

    def get(self, path: str, raster: str, **query: Any) -> requests.Response:
        answer = self.session.get(self.base + path, params={"url": self.prefix + raster, **query}, timeout=30)
        assert answer.status_code != 500, answer.text
        return answer

    def json(self, path: str, raster: str, **query: Any) -> Any:
        answer = self.get(path, raster, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def array(self, path: str, raster: str, **query: Any) -> NDArray[Any]:
        answer = self.get(path, raster, **query)
        assert answer.status_code == 200, answer.text
        return np.load(io.BytesIO(answer.content))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    with (
        requests.Session() as session,
        upstream(DATA) as files,
        serving(Settings(data_root=DATA, allow_hosts=files.host)) as base,
    ):
        yield {"disk": Server(base, "", session), "http": Server(base, files.url("/"), session)}


@pytest.fixture(params=["disk", "http"])
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    return servers[request.param]


@needs_shared
def test_there_are_many_rasters_to_try() -> None:
    assert len(RASTERS) >= 20


@needs_shared
@pytest.mark.parametrize("raster", RASTERS)
def test_info_tells_what_rasterio_tells(server: Server, raster: str) -> None:
    info = server.json("/cog/info", raster)
    with rasterio.open(DATA / raster) as dataset:
        assert (info["count"], info["dtype"]) == (dataset.count, dataset.dtypes[0])
        assert (info["crs"] is None) == (dataset.crs is None and not dataset.gcps[0])
        if not dataset.gcps[0]:
            assert (info["width"], info["height"]) == (dataset.width, dataset.height)
            assert sorted(info["bounds"]) == pytest.approx(sorted(dataset.bounds))  # south-up ones are turned


@needs_shared
@pytest.mark.parametrize("raster", RASTERS)
def test_previews_can_be_seen_and_computed_with(server: Server, raster: str) -> None:
    picture = server.get("/cog/preview.png", raster, max_size=64)
    assert (picture.status_code, picture.content[:4]) == (200, b"\x89PNG")
    array = server.array("/cog/preview.npy", raster, max_size=64)
    with rasterio.open(DATA / raster) as dataset:
        data_bands = sum(ColorInterp.alpha != band for band in dataset.colorinterp)
    assert array.shape[0] == data_bands + 1
    assert max(array.shape[1:]) <= 64
    assert set(np.unique(array[-1])) <= {0, 255}
    assert not array[:-1, array[-1] == 0].any()


@needs_shared
@pytest.mark.parametrize("raster", sorted(set(RASTERS) - NO_PLACE.keys()))
def test_tilejson_leads_to_tiles_and_points_that_are_there(server: Server, raster: str) -> None:
    tilejson = server.json("/cog/tilejson.json", raster)
    lon, lat, _ = tilejson["center"]
    left, bottom, right, top = tilejson["bounds"]
    assert -180 <= left < right <= 180
    assert -90 <= bottom < top <= 90
    assert 0 <= tilejson["minzoom"] <= tilejson["maxzoom"] <= 24
    tile = requests.get(_filled(tilejson["tiles"][0], tilejson["maxzoom"], lon, lat), timeout=30)
    assert (tile.status_code, tile.headers.get("X-Tile")) == (200, None), tile.text[:200]
    point = server.json(f"/cog/point/{lon},{lat}", raster)
    assert len(point["values"]) == len(point["band_names"]) > 0


@needs_shared
@pytest.mark.parametrize("raster", NO_PLACE)
@pytest.mark.parametrize(
    "path", ["/cog/tilejson.json", "/cog/tiles/4/8/8.png", "/cog/point/0,0", "/cog/bounds", "/cog/crop/0,0,1,1.npy"]
)
def test_what_has_no_place_on_earth_says_so(server: Server, raster: str, path: str) -> None:
    answer = server.get(path, raster)
    assert answer.status_code == 424
    assert NO_PLACE[raster] in problem_of(answer)["detail"]


@needs_shared
def test_data_across_the_antimeridian_have_their_center_there(server: Server) -> None:
    """TileJSON bounds must not wrap, so they are all longitudes; the center is the true one."""
    tilejson = server.json("/cog/tilejson.json", "rasters/cog_dateline.tif")
    assert tilejson["bounds"][::2] == [-180, 180]
    assert abs(tilejson["center"][0]) > 179
    left, _, right, _ = server.json("/cog/bounds", "rasters/cog_dateline.tif")["bounds"]
    assert (round(left), round(right)) == (178, -179)


@needs_shared
def test_a_broken_block_is_the_files_fault_and_its_overviews_still_show(server: Server) -> None:
    assert server.get("/cog/preview.png", "rasters/rasterio_corrupt.tif", max_size=64).status_code == 200
    whole = server.get("/cog/preview.png", "rasters/rasterio_corrupt.tif")
    assert (whole.status_code, problem_of(whole)["type"]) == (424, "upstream-unusable")


def _filled(template: str, zoom: int, lon: float, lat: float) -> str:
    """Fill a Web Mercator tile URL (the slippy map formula of OpenStreetMap's wiki)."""
    across = 2**zoom
    x = min(int((lon + 180) / 360 * across), across - 1)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across)
    return template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))


# --- masks of which the truth is known ---

SIZE = 32
TRUTH = np.random.default_rng(7).random((SIZE, SIZE)) > 0.4
"""True = valid."""
INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32"]
FLOATS = ["float32", "float64"]
MASKS = [
    *[("nodata", dtype) for dtype in INTEGERS + FLOATS],
    *[("nan nodata", dtype) for dtype in FLOATS],
    *[("undeclared nan", dtype) for dtype in FLOATS],
    *[("internal mask", dtype) for dtype in ["uint8", "uint16", "int16", "float32"]],
    *[("alpha", dtype) for dtype in ["uint8", "uint16"]],
    *[("half transparent", dtype) for dtype in ["uint8", "uint16"]],
]


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("masked")
    for kind, dtype in MASKS:
        write_masked(folder / f"{kind} {dtype}.tif", kind, dtype)
    with serving(Settings(data_root=folder)) as base, requests.Session() as session:
        yield Server(base, "", session)


def values(dtype: str) -> NDArray[Any]:
    """Shape ``(y, x)``: whole numbers 1 to 100, in steps of a half for floats."""
    numbers = 1 + np.arange(SIZE * SIZE).reshape(SIZE, SIZE) % 100
    return (numbers / (2 if dtype.startswith("float") else 1)).astype(dtype)


def write_masked(path: Path, kind: str, dtype: str) -> None:
    invalid = {"nodata": 103, "nan nodata": np.nan, "undeclared nan": np.nan}.get(kind)
    data = values(dtype) if invalid is None else np.where(TRUTH, values(dtype), invalid).astype(dtype)
    with_alpha = kind in ("alpha", "half transparent")
    profile = {
        "driver": "GTiff",
        "width": SIZE,
        "height": SIZE,
        "count": 1 + with_alpha,
        "dtype": dtype,
        "crs": "EPSG:4326",
        "transform": from_bounds(10, 50, 11, 51, SIZE, SIZE),
        "nodata": invalid if "nodata" in kind else None,
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **profile) as file:
        file.write(data, 1)
        if kind == "internal mask":
            file.write_mask(TRUTH)
        if with_alpha:
            top = np.iinfo(dtype).max // (2 if kind == "half transparent" else 1)
            file.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
            file.write(np.where(TRUTH, top, 0).astype(dtype), 2)


@pytest.mark.parametrize("path", ["/cog/preview.npy", "/cog/crop/10,50,11,51.npy", "/cog/crop/10,50,11,51/32x32.npy"])
@pytest.mark.parametrize(("kind", "dtype"), MASKS)
def test_the_last_plane_is_the_true_mask(masked: Server, kind: str, dtype: str, path: str) -> None:
    array = masked.array(path, f"{kind} {dtype}.tif")
    assert array.dtype == ("int16" if dtype == "int8" else dtype)  # 255 does not fit int8
    assert array.shape == (2, SIZE, SIZE)
    np.testing.assert_array_equal(array[1], np.where(TRUTH, 255, 0))
    np.testing.assert_array_equal(array[0], np.where(TRUTH, values(dtype), 0))


@pytest.mark.parametrize(("kind", "dtype"), MASKS)
def test_a_warped_tile_has_the_same_kind_of_mask(masked: Server, kind: str, dtype: str) -> None:
    """Nearest neighbour makes no new values: masked is 0, valid is a value of the file."""
    array = masked.array("/cog/tiles/8/135/86.npy", f"{kind} {dtype}.tif")
    assert set(np.unique(array[1])) == {0, 255}
    assert not array[0][array[1] == 0].any()
    assert set(np.unique(array[0][array[1] == 255])) <= set(np.unique(values(dtype)[TRUTH]))


@pytest.mark.parametrize(("kind", "dtype"), MASKS)
def test_a_point_is_null_exactly_where_the_mask_is(masked: Server, kind: str, dtype: str) -> None:
    for row, column in [(0, 0), (5, 9), *np.argwhere(~TRUTH)[:2], *np.argwhere(TRUTH)[:2]]:
        lon, lat = 10 + (column + 0.5) / SIZE, 51 - (row + 0.5) / SIZE
        [value] = masked.json(f"/cog/point/{lon},{lat}", f"{kind} {dtype}.tif")["values"]
        assert value == (values(dtype)[row, column] if TRUTH[row, column] else None)
