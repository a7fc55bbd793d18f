"""``algorithm=`` on every picture: without seams, under a name of its own, and refused with a reason."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
import requests
from PIL import Image
from rasterio.windows import Window

from app.compute.algorithms import ALGORITHMS
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

SIDE = 600
TILE = (512, 511)
"""Column and row of a tile of zoom 10 that lies on the terrain with the three to the east and south of it."""


@pytest.fixture(scope="module")
def heights() -> np.ndarray:
    rng = np.random.default_rng(6)
    rows, columns = np.mgrid[:SIDE, :SIDE] / 30
    return (500 * np.sin(rows) * np.cos(columns) + rng.uniform(0, 20, (SIDE, SIDE))).astype(np.float32)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, heights: np.ndarray) -> Iterator[str]:
    """A server with a terrain in the pixels of zoom 10 of Web Mercator, and four bands of another kind."""
    import rasterio
    from rasterio.transform import from_origin

    folder = tmp_path_factory.mktemp("algorithms")
    size = 2 * 20037508.342789244 / 2**10 / 256
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "crs": "EPSG:3857", "tiled": True, "blockxsize": 256,
               "blockysize": 256, "transform": from_origin(0, 300 * size, size, size)}  # fmt: skip
    with rasterio.open(folder / "dem.tif", "w", count=1, dtype="float32", **profile) as dataset:
        dataset.write(heights[np.newaxis])
    with rasterio.open(
        folder / "bands.tif", "w", count=4, dtype="uint8", nodata=0, photometric="minisblack", **profile
    ) as dataset:
        dataset.write(np.random.default_rng(7).integers(0, 255, (4, SIDE, SIDE), dtype=np.uint8))
    with serving(Settings(data_root=folder)) as url:
        yield url


def ask(base: str, path: str, name: str = "dem", **query: object) -> requests.Response:
    return requests.get(f"{base}/cog/{path}", params={"url": f"{name}.tif", **query}, timeout=30)


def array(answer: requests.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content))


def test_every_algorithm_is_listed_and_leads_to_its_description(base: str):
    listed = requests.get(f"{base}/algorithms", timeout=30).json()["algorithms"]
    assert [each["id"] for each in listed] == list(ALGORITHMS)
    for each in listed:
        told = requests.get(each["links"][0]["href"], timeout=30).json()
        assert told["title"] == each["title"]
        assert set(told) == {"title", "description", "inputs", "outputs", "parameters"}


@pytest.mark.parametrize("name", ["hillshade", "slope"])
def test_tiles_side_by_side_have_no_seam(base: str, name: str):
    """Four tiles are the four quarters of the one picture that covers them, to the last pixel."""
    column, row = TILE
    quarters = [[array(ask(base, f"tiles/10/{x}/{y}.npy", algorithm=name)) for x in (column, column + 1)]
                for y in (row, row + 1)]  # fmt: skip
    assert quarters[0][0].shape == (2, 256, 256)
    side = 2 * 20037508.342789244 / 2**10
    bounds = f"0,{-side},{2 * side},{side}"
    together = array(ask(base, f"bbox/{bounds}/512x512.npy", algorithm=name, coord_crs="EPSG:3857"))
    assert np.allclose(np.block(quarters), together, atol=1e-3)


def test_a_hillshade_is_that_of_the_pixels_around_it(base: str, heights: np.ndarray):
    """Worked out from the file: light from north-west, 45 degrees high, of a surface with normal (-c, r, 1)."""
    window = Window(0, 300 - 256, 256, 256)
    rows = slice(int(window.row_off) - 1, int(window.row_off + window.height) + 1)
    down, along = np.gradient(heights[rows, :258].astype(float))
    sun = np.array([-0.5, 0.5, np.sqrt(0.5)])
    light = (sun[0] * -along + sun[1] * down + sun[2]) / np.sqrt(1 + down**2 + along**2)
    made = array(ask(base, f"tiles/10/{TILE[0]}/{TILE[1]}.npy", algorithm="hillshade"))
    expected = (255 * (light + 1) / 2).astype(np.uint8)[1:-1, 1:256]
    assert np.array_equal(made[0][:, 1:], expected)
    assert made[1, :, 0].max() == 0  # west of it there is no data


def test_titilers_way_with_a_buffer_gives_the_same_tile(base: str):
    """TiTiler cuts its margin off the tile: who wants 256 pixels of it asks for ``buffer=3``."""
    path = f"tiles/10/{TILE[0]}/{TILE[1]}"
    plain, buffered, wide = (ask(base, f"{path}.npy", algorithm="hillshade", **more)
                             for more in ({}, {"buffer": 3}, {"buffer": 5}))  # fmt: skip
    assert buffered.content == plain.content
    assert buffered.headers["ETag"] == plain.headers["ETag"]
    assert array(wide).shape == (2, 260, 260)
    assert np.array_equal(array(wide)[:, 2:-2, 2:-2][:, :, 1:], array(plain)[:, :, 1:])
    blank = ask(base, "tiles/10/0/0.png", algorithm="hillshade", buffer=3, empty="blank")
    assert Image.open(io.BytesIO(blank.content)).size == (256, 256)


def test_the_answer_lies_where_it_would_lie_without_an_algorithm(base: str):
    for path in (f"tiles/10/{TILE[0]}/{TILE[1]}.npy", "crop/0.01,-0.1,0.2,0.1/50x60.npy", "preview.npy?max_size=100"):
        shaded, plain = ask(base, path, algorithm="hillshade"), ask(base, path)
        assert shaded.headers["Content-Bbox"] == plain.headers["Content-Bbox"]
        assert array(shaded).shape == array(plain).shape


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("path", [f"tiles/10/{TILE[0]}/{TILE[1]}.png", "preview.webp", "bbox/0.01,-0.1,0.2,0.1.tif"])
def test_every_algorithm_makes_pictures_and_arrays(base: str, name: str, path: str):
    bands = {"normalizedIndex": [1, 2], "bitonal": [1, 2, 3], "grayscale": [1, 2, 3], "std": [1, 2], "var": [1, 2]}
    answer = ask(base, path, "bands", algorithm=name, bidx=bands.get(name, [1]))
    assert answer.status_code == 200, answer.text


def test_without_bidx_an_algorithm_takes_all_bands(base: str):
    """A picture of four bands shows three of them; their mean is of all four."""
    values = array(ask(base, "preview.npy", "bands"))[:4]
    mean = array(ask(base, "preview.npy", "bands", algorithm="mean"))[0]
    shown = np.asarray(
        Image.open(io.BytesIO(ask(base, "preview.png", "bands", algorithm="mean", rescale="0,255").content))
    )
    assert np.allclose(mean, np.ma.masked_equal(values, 0).mean(axis=0).filled(0))
    assert np.array_equal(shown if shown.ndim == 2 else shown[..., 0], mean.astype(np.uint8))


def test_an_algorithm_comes_between_band_math_and_rescale(base: str):
    query = {"expression": "b1*2;b2*2", "algorithm": "sum", "rescale": "0,1000"}
    values = array(ask(base, "preview.npy", "bands", expression="b1*2;b2*2")).astype(int)
    made = array(ask(base, "preview.npy", "bands", **query))
    expected = np.clip((values[0] + values[1]) / 1000 * 255, 0, 255).astype(np.uint8)
    assert np.array_equal(made[0], expected)
    colored = ask(base, "preview.png", "bands", colormap_name="viridis", **query)
    assert Image.open(io.BytesIO(colored.content)).mode == "P"


def test_automatic_ranges_are_those_of_what_the_algorithm_makes(base: str):
    answer = ask(base, "preview.png", algorithm="slope", rescale="auto:0,100")
    low, high = map(float, answer.headers["X-Rescale"].split(","))
    assert 0 <= low < high < 90


def test_values_with_a_range_of_their_own_are_shown_in_it(base: str):
    """Floats are stretched by the range of their type, which shows nothing; a slope has 0 to 90 degrees."""
    path = f"tiles/10/{TILE[0]}/{TILE[1]}.png"
    plain, ranged = (ask(base, path, algorithm="slope", **more) for more in ({}, {"rescale": "0,90"}))
    pixels = [np.asarray(Image.open(io.BytesIO(answer.content))) for answer in (plain, ranged)]
    assert np.array_equal(*pixels)


def test_each_algorithm_and_parameter_has_a_name_of_its_own(base: str):
    path = f"tiles/10/{TILE[0]}/{TILE[1]}.png"
    asked = [{}, {"algorithm": "hillshade"}, {"algorithm": "slope"},
             {"algorithm": "hillshade", "algorithm_params": '{"azimuth": 90}'},
             {"algorithm": "hillshade", "algorithm_params": '{"buffer": 4}'}]  # fmt: skip
    tags = [ask(base, path, **query).headers["ETag"] for query in asked]
    assert len(set(tags)) == len(tags)
    same = ask(base, path, algorithm="hillshade", algorithm_params='{"buffer": 3.0, "azimuth": "45"}')
    assert same.headers["ETag"] == tags[1]


def test_a_colour_table_of_the_file_is_not_that_of_an_algorithm(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    profile = {"driver": "GTiff", "width": 16, "height": 16, "count": 1, "dtype": "uint8", "crs": "EPSG:3857"}
    with rasterio.open(tmp_path / "a.tif", "w", transform=from_origin(0, 0, 10, 10), **profile) as dataset:
        dataset.write(np.full((1, 16, 16), 5, np.uint8))
        dataset.write_colormap(1, {5: (255, 0, 0, 255)})
    with serving(Settings(data_root=tmp_path)) as base:
        own, made = (ask(base, "preview.png", "a", **query) for query in ({}, {"algorithm": "max"}))
    assert Image.open(io.BytesIO(own.content)).convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert Image.open(io.BytesIO(made.content)).convert("RGB").getpixel((0, 0)) == (5, 5, 5)


def test_a_tilejson_rehearses_the_algorithm_and_hands_it_on(base: str):
    told = ask(base, "tilejson.json", algorithm="hillshade", algorithm_params='{"azimuth":315}').json()["tiles"][0]
    assert "algorithm=hillshade&algorithm_params=%7B%22azimuth%22%3A315%7D" in told
    tile = told.format(z=10, x=TILE[0], y=TILE[1])
    assert requests.get(tile, timeout=30).status_code == 200
    assert ask(base, "tilejson.json", algorithm="grayscale").status_code == 400


def test_explain_tells_the_algorithm_with_all_its_parameters(base: str):
    told = ask(base, "explain", tile=f"10/{TILE[0]}/{TILE[1]}", algorithm="slope").json()
    assert told["algorithm"] == {"id": "slope", "parameters": {"buffer": 3, "z_exaggeration": 1.0}, "margin": 3}
    assert (told["grid"]["width"], told["reads"][0]["bands"]) == (256, [1])
    assert ask(base, "explain").json()["algorithm"] is None


@pytest.mark.parametrize("path", [f"tiles/10/{TILE[0]}/{TILE[1]}.png", "preview.png", "tilejson.json", "explain"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"algorithm": "hilshade"}, "did you mean 'hillshade'"),
        ({"algorithm": "x" * 5000}, "there are hillshade"),
        ({"algorithm": "hillshade", "algorithm_params": '{"azimut": 1}'}, "did you mean 'azimuth'"),
        ({"algorithm": "hillshade", "algorithm_params": '{"buffer": 100}'}, "0 to 99"),
        ({"algorithm": "hillshade", "algorithm_params": '{"buffer": 1e999}'}, "0 to 99"),
        ({"algorithm": "hillshade", "algorithm_params": '{"buffer": NaN}'}, "0 to 99"),
        ({"algorithm": "hillshade", "algorithm_params": '{"buffer": {"a": []}}'}, "0 to 99"),
        ({"algorithm": "hillshade", "algorithm_params": "azimuth=3"}, "not JSON"),
        ({"algorithm": "hillshade", "algorithm_params": "[1]"}, "not a JSON object"),
        ({"algorithm": "hillshade", "algorithm_params": "[" * 4000}, "not JSON"),
        ({"algorithm": "hillshade", "algorithm_params": '{"buffer": ' + "9" * 5000 + "}"}, "4096"),
        ({"algorithm": "contours", "algorithm_params": '{"minz": 5, "maxz": -5}'}, "below maxz"),
        ({"algorithm_params": "{}"}, "without algorithm"),
    ],
)
def test_what_is_wrong_is_said(base: str, path: str, query: dict[str, str], said: str):
    answer = ask(base, path, **query)
    assert answer.status_code == 400
    assert said in problem_of(answer)["detail"]


def test_an_unknown_algorithm_has_no_description(base: str):
    answer = requests.get(f"{base}/algorithms/Slope", timeout=30)
    assert answer.status_code == 404
    assert "did you mean 'slope'" in problem_of(answer)["detail"]
