"""The same picture asked for as in 2020, as in TiTiler 1.x and as in 2.4: the same bytes under the same name."""

from __future__ import annotations

import pytest
import requests

TILE = "12/2398/1696"
BOX = "30.80,29.45,30.88,29.52"

FORMULA_2020 = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"
FORMULA = "gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35"
RGB = {"assets": ["B04", "B03", "B02"]}
POSITIONS = "(b1-b2)/(b1+b2)"

QUERIES = {
    "colours": (
        {"assets": "B04,B03,B02", "color_formula": FORMULA_2020},
        {**RGB, "color_formula": FORMULA},
        {"assets": ["red", "green", "blue"], "color_formula": FORMULA},
    ),
    "stretched": (
        {"assets": "B08,B04,B03", "rescale": "0,3000,0,2000,0,2500"},
        {"assets": ["B08", "B04", "B03"], "rescale": ["0,3000", "0,2000", "0,2500"]},
        {"assets": ["nir", "red", "green"], "rescale": "[[0,3000],[0,2000],[0,2500]]"},
    ),
    "one band": (
        {"assets": "B08", "rescale": "0,4000", "color_map": "viridis", "resampling_method": "bilinear"},
        {"assets": "B08", "asset_bidx": "B08|1", "rescale": "0,4000", "colormap_name": "viridis",
         "resampling": "bilinear"},
        {"assets": "B08|bidx=1", "rescale": "0,4000", "colormap_name": "viridis", "resampling": "bilinear"},
    ),
    "index": (
        {"expression": "(B08-B04)/(B08+B04)", "rescale": "-1,1", "color_map": "viridis"},
        {"expression": "(B08_b1-B04_b1)/(B08_b1+B04_b1)", "rescale": "-1,1", "colormap_name": "viridis"},
        {"assets": ["B08", "B04"], "expression": POSITIONS, "rescale": "-1,1", "colormap_name": "viridis"},
        {"index": "NDVI", "rescale": "-1,1", "colormap": "viridis"},
        {"expression": "( nir - red ) / ( nir + red )", "asset_as_band": "true", "rescale": "-1,1",
         "colormap_name": "viridis"},
    ),
    "three results": (
        {"expression": "B08*2,B04/2,B03+B02", "rescale": "0,6000"},
        {"expression": "B08_b1*2;B04_b1/2;B03_b1+B02_b1", "rescale": "0,6000"},
        {"assets": ["B08", "B04", "B03", "B02"], "expression": "b1*2;b2/2;b3+b4", "rescale": "0,6000"},
    ),
    "math of one asset": (
        {"assets": "B04", "asset_expression": "B04|b1*2", "rescale": "0,5000"},
        {"asset_expression": "B04|b1*2", "rescale": "0,5000"},
        {"assets": "B04|expression=b1*2", "rescale": "0,5000"},
    ),
    "bands of a picture": (
        {"assets": "visual", "bidx": "3,2,1"},
        {"assets": "visual", "asset_indexes": "visual|3,2,1"},
        {"assets": "visual|bidx=3,2,1"},
        {"assets": "visual", "bidx": ["3", "2", "1"]},
    ),
    "warped": (
        {"assets": "B04", "rescale": "0,3000", "resampling_method": "cubic", "reproject_method": "bilinear"},
        {"assets": "B04", "rescale": "0,3000", "resampling": "cubic", "reproject_method": "bilinear"},
        {"assets": "B04", "rescale": "0,3000", "resampling": "cubic", "reproject": "bilinear"},
    ),
}  # fmt: skip

PATHS = {
    "tile": (f"tiles/{TILE}@1x.png", f"tiles/WebMercatorQuad/{TILE}@1x.png", f"tiles/WebMercatorQuad/{TILE}.png"),
    "large tile": (f"tiles/{TILE}@2x", f"tiles/{TILE}?scale=2", f"tiles/WebMercatorQuad/{TILE}?tilesize=512"),
    "crop": (f"crop/{BOX}/64x64.npy", f"crop/{BOX}.npy?width=64&height=64", f"bbox/{BOX}/64x64.npy"),
    "preview": ("preview.jpg?max_size=200", "preview?f=jpeg&max_size=200", "preview?format=jpg&max_size=200"),
}


@pytest.fixture(scope="module")
def item(sample_server: str) -> str:
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=20).json()["features"][0]
    return f"{sample_server}/v0/collections/{found['collection']}/items/{found['id']}"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
def test_a_picture_is_the_same_in_every_dialect(sample_server: str, item: str, query: str, path: str):
    spelt = QUERIES[query]
    paths = [PATHS[path][min(number, 2)] for number in range(len(spelt))]
    answers = [
        requests.get(f"{sample_server}/stac/{where}", params={"url": item, **asked, "strict": "true"}, timeout=30)
        for where, asked in zip(paths, spelt, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [200] * len(spelt), [a.text[:200] for a in answers]
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Content-Type"] for answer in answers}) == 1


def test_bands_of_a_tiff_keep_the_names_that_were_asked_for(sample_server: str, item: str):
    """A GeoTIFF says what its bands are, so two spellings are two files."""
    first, second = (
        requests.get(f"{sample_server}/stac/preview.tif", params={"url": item, "max_size": 64, **asked}, timeout=30)
        for asked in ({"expression": "B08*2"}, {"assets": "B08", "expression": "b1*2"})
    )
    assert first.headers["ETag"] != second.headers["ETag"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("colormap_nam", "colormap_name"), ("asset", "assets"), ("rescal", "rescale"), ("bnads", "bands")],
)
def test_a_parameter_of_no_dialect_is_named_and_in_strict_refused(sample_server: str, item: str, name: str, meant: str):
    asked = {"url": item, "assets": "visual", "max_size": 32, name: "x"}
    answer = requests.get(f"{sample_server}/stac/preview.png", params=asked, timeout=30)
    assert answer.headers["X-Ignored-Params"] == name
    answer = requests.get(f"{sample_server}/stac/preview.png", params={**asked, "strict": "true"}, timeout=30)
    assert answer.status_code == 400
    assert f"did you mean {meant}?" in answer.json()["detail"]
