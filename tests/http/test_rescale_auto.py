"""``rescale=auto``: ranges of the whole, the same on every tile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

SIDE, BANDS = 400, 3


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Bands of different brightness; a corner is nodata (0)."""
    rng = np.random.default_rng(5)
    made = np.stack([rng.integers(1000 * band, 1000 * band + 500, (SIDE, SIDE)) for band in range(1, BANDS + 1)])
    made[:, :100, :100] = 0
    return made.astype(np.uint16)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> Iterator[Upstream]:
    folder: Path = tmp_path_factory.mktemp("auto")
    profile = {"driver": "GTiff", "dtype": "uint16", "count": BANDS, "width": SIDE, "height": SIDE, "nodata": 0,
               "crs": "EPSG:3857", "transform": from_origin(0, 40_000, 100, 100), "tiled": True, "blockxsize": 128,
               "blockysize": 128}  # fmt: skip
    for name, data in (("a", values), ("flat", np.full_like(values, 7)), ("empty", np.zeros_like(values))):
        with rasterio.open(folder / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(data)
    with upstream(folder) as server:
        yield server


@pytest.fixture
def base(files: Upstream) -> Iterator[str]:
    with serving(Settings(allow_hosts=(files.host,))) as base:
        yield base


def ask(base: str, files: Upstream, path: str = "preview.png", name: str = "a", **query: object) -> requests.Response:
    return requests.get(f"{base}/cog/{path}", params={"url": files.url(f"/{name}.tif"), **query}, timeout=30)


def told(answer: requests.Response) -> list[float]:
    assert answer.status_code == 200, answer.text
    assert "X-Rescale" in answer.headers["Access-Control-Expose-Headers"]
    return [float(value) for value in answer.headers["X-Rescale"].split(",")]


@pytest.mark.parametrize(("asked", "percentiles"), [("auto", (2, 98)), ("auto:10,90.5", (10, 90.5))])
def test_the_ranges_are_percentiles_of_each_band(base: str, files: Upstream, values: np.ndarray, asked, percentiles):
    expected = [np.percentile(band[band > 0], percentiles) for band in values]
    assert np.allclose(told(ask(base, files, rescale=asked)), np.ravel(expected), rtol=1e-5)


@pytest.mark.parametrize("path", ["preview.png", "tiles/10/512/511.png", "crop/0,0,0.1,0.1/50x50.png", "preview.npy"])
def test_the_picture_is_that_of_the_ranges_told(base: str, files: Upstream, path: str):
    auto = ask(base, files, path, rescale="auto")
    explicit = ask(base, files, path, rescale=auto.headers["X-Rescale"])
    assert auto.content == explicit.content
    assert auto.headers["ETag"] == explicit.headers["ETag"]
    assert "X-Rescale" not in explicit.headers


def test_every_tile_has_the_same_ranges_and_a_304_tells_them(base: str, files: Upstream):
    first, second = (ask(base, files, f"tiles/12/{x}/2045.png", rescale="auto") for x in (2048, 2050))
    assert told(first) == told(second)
    again = requests.get(first.url, headers={"If-None-Match": first.headers["ETag"]}, timeout=30)
    assert (again.status_code, again.headers["X-Rescale"]) == (304, first.headers["X-Rescale"])


def test_a_few_at_once_read_the_whole_once(base: str, files: Upstream):
    before = files.count()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda x: ask(base, files, f"tiles/12/{2048 + x}/2045.png", rescale="auto"), range(4)))
    assert len({answer.headers["X-Rescale"] for answer in answers}) == 1
    once = files.count() - before
    ask(base, files, "tiles/13/4096/4090.png", rescale="auto")
    assert files.count() - before == once


@pytest.mark.parametrize("name", ["flat", "empty"])
def test_bands_without_a_range_have_one_of_one(base: str, files: Upstream, name: str):
    assert told(ask(base, files, name=name, rescale="auto")) == ([7.0, 8.0] if name == "flat" else [0.0, 1.0]) * 3


def test_a_tilejson_rehearses_it_and_hands_it_on(base: str, files: Upstream):
    assert "rescale=auto" in ask(base, files, "tilejson.json", rescale="auto").json()["tiles"][0]


def test_an_expression_is_measured_after_band_math(base: str, files: Upstream):
    low, high = told(ask(base, files, rescale="auto:0,100", expression="(b3-b1)/(b3+b1)", colormap_name="viridis"))
    assert 0 < low < high < 1


@pytest.mark.parametrize(
    "value", ["auto:", "auto:2", "auto:98,2", "auto:2,101", "auto:-1,5", "auto:2,98,3", "auto:nan,98", "automatic"]
)
def test_other_spellings_are_refused(base: str, files: Upstream, value: str):
    answer = ask(base, files, rescale=value)
    assert answer.status_code == 400
    assert "auto:2,98" in problem_of(answer)["detail"]
    assert ask(base, files, rescale=["auto", "0,1"]).status_code == 400
