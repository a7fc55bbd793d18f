"""How a dataset is shown to somebody who asked for nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.model.item import Asset, AssetBand, Item
from app.settings import Settings
from app.stac.presets import item_bands, item_presets
from tests.problems import problem_of
from tests.serving import serving


def asset(key: str, *names: str, offset: float = 0.0, **more: Any) -> Asset:
    bands = (AssetBand(names=names, offset=offset),) if names else ()
    return Asset(key=key, href=f"{key}.tif", bands=bands, **more)


def item(*assets: Asset, **more: Any) -> Item:
    return Item(id="scene", location=None, assets={each.key: each for each in assets}, **more)


def test_common_names_make_composites_and_ratios():
    found = item_presets(item(asset("B2", "blue"), asset("B3", "green"), asset("B4", "red"), asset("B5", "nir08")))
    assert [each.key for each in found] == ["true_color", "false_color", "ndvi", "ndwi"]
    assert found[0].params["assets"] == ("red", "green", "blue")
    assert found[0].params["rescale"] == ("auto",)
    assert found[2].params["expression"] == ("(nir-red)/(nir+red)",)


def test_an_offset_does_not_cancel_in_a_ratio():
    [ndvi] = [
        each for each in item_presets(item(asset("a", "red", offset=-0.2), asset("b", "nir"))) if each.key == "ndvi"
    ]
    assert ndvi.params["unscale"] == ("true",)


def test_a_ready_made_picture_comes_first():
    found = item_presets(item(asset("red", "red"), asset("green", "green"), asset("blue", "blue"), asset("visual")))
    assert found[0].params["assets"] == ("visual",)
    assert [each.key for each in found] == ["visual", "true_color"]


def test_without_names_the_first_data_are_shown():
    found = item_presets(item(asset("mask", roles=("mask",)), asset("sar", roles=("data",), title="VV")))
    assert [(each.title, each.params) for each in found] == [("VV", {"assets": ("sar",)})]


def test_a_band_whose_asset_is_no_word_goes_by_its_common_name_in_formulas():
    [first, second] = item_bands(item(asset("SR_B4.TIF", "red"), asset("QA.TIF")))
    assert (first.variable, second.variable) == ("red", None)


def write(path: Path, values: np.ndarray) -> None:
    """A GeoTIFF of ``(band, y, x)`` values at the Nile."""
    count, height, width = values.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": values.dtype.name}
    with rasterio.open(path, "w", crs="EPSG:32636", transform=from_origin(3e5, 3.2e6, 10, 10), **profile) as file:
        file.write(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("presets")
    ramp = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    write(folder / "float.tif", (ramp * 0.3)[None].astype("float32"))
    write(folder / "dem.tif", (ramp * 900)[None].astype("float32"))
    write(folder / "sixteen.tif", (ramp * 4000)[None].astype("uint16"))
    write(folder / "photo.tif", np.stack([ramp * 200] * 3).astype("uint8"))
    write(folder / "five.tif", np.stack([ramp * 4000] * 5).astype("uint16"))
    many = {f"band{n}": {"href": "sixteen.tif", "type": "image/tiff"} for n in range(36)}
    many["gone"] = {"href": "gone.tif", "roles": ["visual"], "type": "image/tiff"}
    document = {
        "type": "Feature", "id": "many", "stac_version": "1.0.0", "geometry": None, "properties": {"datetime": None},
        "links": [], "assets": many,
        "renders": {"lost": {"assets": ["nothing"]}, "plain": {"assets": ["band3"], "title": "Plain"}},
    }  # fmt: skip
    (folder / "many.json").write_text(json.dumps(document))
    return folder


@pytest.fixture(scope="module")
def server(folder: Path):
    with serving(Settings(data_root=folder)) as base:
        yield base


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("float", {"bidx": ["1"], "rescale": ["auto"], "colormap_name": ["viridis"], "resampling": ["bilinear"]}),
        ("dem", {"bidx": ["1"], "rescale": ["auto"], "colormap_name": ["terrain"], "resampling": ["bilinear"]}),
        ("sixteen", {"bidx": ["1"], "rescale": ["auto"], "resampling": ["bilinear"]}),
        ("photo", {"resampling": ["bilinear"]}),
        ("five", {"bidx": ["1", "2", "3"], "rescale": ["auto"], "resampling": ["bilinear"]}),
    ],
)
def test_a_raster_is_shown_by_its_kind_and_no_picture_of_it_is_black(server: str, name: str, params: dict):
    body = requests.get(f"{server}/cog/presets", params={"url": f"{name}.tif"}, timeout=10).json()
    assert body["presets"][0]["params"] == params
    assert [each["id"] for each in body["presets"]] == (["default", "hillshade"] if name == "dem" else ["default"])
    query = {"url": f"{name}.tif", **params}
    picture = np.load(io.BytesIO(requests.get(f"{server}/cog/preview.npy", params=query, timeout=10).content))
    shown = picture[:-1][:, picture[-1] > 0]
    assert shown.min() < 30
    assert shown.max() > 190


def test_renders_come_first_those_that_cannot_be_shown_are_left_out_and_bare_ones_are_stretched(server: str):
    body = requests.get(f"{server}/stac/presets", params={"url": "many.json"}, timeout=10).json()
    assert [each["id"] for each in body["presets"]] == ["plain", "visual"]
    assert body["presets"][0]["params"]["rescale"] == ["auto"]
    assert len(body["bands"]) == 37
    alone = requests.get(f"{server}/cog/bounds?url=sixteen.tif", timeout=10).json()
    assert body["bounds"] == pytest.approx(alone["bounds"])


def test_what_cannot_be_opened_is_not_shown_first(server: str, folder: Path):
    document = json.loads((folder / "many.json").read_text())
    names = {"band1": "red", "band2": "green", "band3": "blue"}
    for key, name in names.items():
        document["assets"][key]["eo:bands"] = [{"common_name": name}]
    (folder / "gone.json").write_text(json.dumps({**document, "renders": {}}))
    body = requests.get(f"{server}/stac/presets", params={"url": "gone.json"}, timeout=10).json()
    assert [each["id"] for each in body["presets"]] == ["true_color", "visual"]


def test_what_is_not_there_is_the_usual_problem(server: str):
    assert problem_of(requests.get(f"{server}/cog/presets", params={"url": "no.tif"}, timeout=10))["status"] == 424
