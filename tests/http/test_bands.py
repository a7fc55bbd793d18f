"""Bands of an asset by the names that the item gives them, and the values it says they have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from tests.serving import serving

BANDS = ("red", "green", "blue", "nir")
SCALES = [{"scale": 0.0001, "offset": -0.1 - number} for number in range(4)]
SIDE = 64


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raster of four bands, one that knows its own scale, and an item that tells of both."""
    folder = tmp_path_factory.mktemp("bands")
    values = np.random.default_rng(1).integers(1, 10_000, (4, SIDE, SIDE), dtype=np.uint16)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 4, "width": SIDE, "height": SIDE, "crs": "EPSG:32636",
               "transform": from_origin(500_000, 3_300_000, 10, 10), "tiled": True, "blockxsize": 32,
               "blockysize": 32}  # fmt: skip
    for name, scale in (("image", 1), ("scaled", 0.5)):
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(values)
            dataset.scales = [scale] * 4
    described = {"eo:bands": [{"name": name} for name in BANDS], "raster:bands": SCALES}
    assets = {name: {"href": f"./{name}.tif", "type": "image/tiff", **described} for name in ("image", "scaled")}
    document = {"type": "Feature", "stac_version": "1.0.0", "id": "naip", "properties": {}, "assets": assets}
    (folder / "item.json").write_text(json.dumps(document))
    applied = {**document, "properties": {"earthsearch:boa_offset_applied": True}}
    (folder / "applied.json").write_text(json.dumps(applied))
    return folder


@pytest.fixture(scope="module", params=["auto", "gdal"])
def base(folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(Settings(data_root=folder, driver=request.param)) as base:
        yield base


def ask(base: str, folder: Path, item: str = "item.json", path: str = "preview.npy", **query: object) -> np.ndarray:
    answer = requests.get(f"{base}/stac/{path}", params={"url": str(folder / item), **query}, timeout=20)
    assert answer.status_code == 200, answer.text
    return np.load(BytesIO(answer.content))


@pytest.mark.parametrize(
    "query",
    [
        {"assets": "nir,red"},
        {"assets": ["nir", "red"]},
        {"assets": "image|bands=nir,red"},
        {"assets": "image|bidx=4,1"},
        {"assets": "image", "bands": "nir,red"},
        {"assets": "image", "bidx": [4, 1]},
        {"bands": "nir,red"},
        {"bands": ["nir", "red"]},
        {"asset_bidx": "image|4,1"},
    ],
)
def test_bands_of_a_file_are_picked_by_name(base: str, folder: Path, query: dict[str, object]):
    with rasterio.open(folder / "image.tif") as dataset:
        assert (ask(base, folder, **query)[:-1] == dataset.read((4, 1))).all()


@pytest.mark.parametrize("parameter", ["expression", "band_expression"])
def test_band_math_over_names_of_bands(base: str, folder: Path, parameter: str):
    with rasterio.open(folder / "image.tif") as dataset:
        red, _, _, nir = dataset.read().astype(float)
    got = ask(base, folder, **{parameter: "(nir-red)/(nir+red)"})
    assert np.allclose(got[0], (nir - red) / (nir + red), atol=1e-6)


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
def test_unscale_applies_what_the_item_tells_of_each_band(base: str, folder: Path, resampling: str):
    raw = ask(base, folder, assets="nir,red", resampling=resampling, width=48, height=48)
    got = ask(base, folder, assets="nir,red", resampling=resampling, width=48, height=48, unscale=True)
    assert np.allclose(got[0], raw[0] * 0.0001 - 3.1, atol=2e-4)
    assert np.allclose(got[1], raw[1] * 0.0001 - 0.1, atol=2e-4)


def test_the_scale_of_the_file_wins_over_that_of_the_item(base: str, folder: Path):
    raw, got = (ask(base, folder, assets="scaled|bidx=4", unscale=unscale) for unscale in (False, True))
    assert np.allclose(got[0], raw[0] * 0.5)


def test_the_offset_of_sentinel_2_is_not_applied_twice(base: str, folder: Path):
    raw, got = (ask(base, folder, "applied.json", assets="red", unscale=unscale) for unscale in (False, True))
    assert np.allclose(got[0], raw[0] * 0.0001)


def test_a_point_is_scaled_like_a_picture(base: str, folder: Path):
    raw = requests.get(
        f"{base}/stac/point/500105,3299895",
        params={"url": str(folder / "item.json"), "assets": "nir", "coord_crs": "EPSG:32636"},
        timeout=20,
    ).json()["values"]
    got = requests.get(
        f"{base}/stac/point/500105,3299895",
        params={"url": str(folder / "item.json"), "assets": "nir", "coord_crs": "EPSG:32636", "unscale": "true"},
        timeout=20,
    ).json()["values"]
    assert np.allclose(got, raw[0] * 0.0001 - 3.1)


def test_a_tilejson_of_a_raster_tells_its_bands(tmp_path: Path):
    """In the words of TiTiler; ``minmax`` only where the file has statistics."""
    profile = {"driver": "GTiff", "dtype": "int16", "count": 2, "width": 8, "height": 8, "crs": "EPSG:4326",
               "transform": from_origin(10, 50, 0.1, 0.1)}  # fmt: skip
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as dataset:
        dataset.set_band_description(2, "snow")
        dataset.update_tags(2, STATISTICS_MINIMUM=-3, STATISTICS_MAXIMUM=9)
    with serving(Settings(data_root=tmp_path)) as base:
        told = requests.get(f"{base}/cog/tilejson.json", params={"url": str(tmp_path / "a.tif")}, timeout=20).json()
    assert told["band_descriptions"] == [["b1", "b1"], ["b2", "snow"]]
    assert (told["data_type"], told["minmax"], told["raster_layers"]) == ("int16", [[-3, 9]], {})
