"""The commands of docs/mosaics.md are run, and their answers are what the page says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.api.dialect import PIXEL_SELECTION
from tests.docs.commands import DOCS, run_commands


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("mosaics.md", sample_server, tmp_path_factory.mktemp("mosaics"))


def test_a_map_client_finds_the_tiles(answers):
    told = json.loads((answers / "tilejson.json").read_text())
    assert "/search/tiles/WebMercatorQuad/{z}/{x}/{y}" in told["tiles"][0]
    assert "pixel_selection=median" in told["tiles"][0]


def test_the_median_of_a_year_has_neither_clouds_nor_holes(answers):
    picture = np.asarray(Image.open(answers / "median.png").convert("RGBA")).astype(float)
    assert (picture[..., 3] == 255).all()
    assert (picture[..., :3].min(axis=-1) > 240).mean() < 0.01


def test_a_point_has_the_values_of_three_scenes(answers):
    assert [len(each["values"]) for each in json.loads((answers / "point.json").read_text())["assets"]] == [1, 1, 1]


def test_several_scenes_are_in_the_first_clear_picture(answers):
    numbers = np.load(answers / "scenes.npy")[0]
    assert numbers.min() >= 1


def test_the_page_has_a_row_for_every_method():
    page = (DOCS / "mosaics.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert all(any(f"`{method}`" in row for row in rows) for method in PIXEL_SELECTION.values)
