"""What requests can name, as TiTiler lists it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import requests
from morecantile import TileMatrixSet
from morecantile import tms as matrix_sets
from PIL import Image
from rio_tiler.colormap import cmap

from tests.problems import problem_of


def get(base: str, path: str, **query: object) -> requests.Response:
    return requests.get(base + path, params=query, timeout=30)


def test_every_tile_matrix_set_is_listed_and_leads_to_its_definition(sample_server: str) -> None:
    listed = get(sample_server, "/tileMatrixSets").json()["tileMatrixSets"]
    assert {each["id"] for each in listed} == set(matrix_sets.list())
    for each in listed:
        [link] = each["links"]
        read = TileMatrixSet.model_validate(requests.get(link["href"], timeout=30).json())
        assert read.id == each["id"]
        assert read.model_dump() == matrix_sets.get(each["id"]).model_dump()


def test_every_colormap_is_listed_and_leads_to_its_colours(sample_server: str) -> None:
    listed = get(sample_server, "/colorMaps").json()["colormaps"]
    assert {each["id"] for each in listed} == set(cmap.list())
    assert all(each["links"][0]["href"].endswith(f"/colorMaps/{each['id']}") for each in listed)
    written = get(sample_server, "/colorMaps/viridis").json()
    assert {int(value): tuple(color) for value, color in written.items()} == cmap.get("viridis")
    assert get(sample_server, "/colorMaps/viridis", f="json").json() == written


@pytest.mark.parametrize("name", sorted(cmap.list()))
def test_every_colormap_has_a_picture(sample_server: str, name: str) -> None:
    answer = get(sample_server, f"/colorMaps/{name}", f="png")
    assert answer.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (256, 20)


def test_the_picture_of_a_colormap_runs_from_its_first_colour_to_its_last(sample_server: str) -> None:
    first, last = cmap.get("viridis")[0], cmap.get("viridis")[255]
    asked = {"format": "png", "orientation": "vertical", "width": 3, "height": 512}
    picture = Image.open(io.BytesIO(get(sample_server, "/colorMaps/viridis", **asked).content)).convert("RGBA")
    pixels = np.asarray(picture)
    assert pixels.shape == (512, 3, 4)
    assert tuple(pixels[0, 0]) == tuple(pixels[1, 2]) == first
    assert tuple(pixels[511, 0]) == last


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/colorMaps/viridis", {"format": "npy"}, "format of pictures"),
        ("/colorMaps/viridis", {"format": "png", "width": 100_000}, "1 to 2048"),
        ("/colorMaps/viridis", {"format": "png", "orientation": "up"}, "vertical"),
        ("/colorMaps/viridis", {"witdh": 3, "strict": "true"}, "did you mean width"),
    ],
)
def test_what_is_wrong_is_said(sample_server: str, path: str, query: dict[str, object], word: str) -> None:
    answer = get(sample_server, path, **query)
    assert answer.status_code == 400
    assert word in problem_of(answer)["detail"]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/tileMatrixSets/WebMercatorQuat", "WebMercatorQuad"),
        ("/colorMaps/virids", "viridis"),
        ("/algorithms/hilshade", "hillshade"),
        ("/indices/ndv", "ndvi"),
    ],
)
def test_what_a_path_names_and_is_not_there_is_not_found(sample_server: str, path: str, word: str) -> None:
    answer = get(sample_server, path)
    assert (answer.status_code, problem_of(answer)["type"]) == (404, "not-found")
    assert word in problem_of(answer)["detail"]
