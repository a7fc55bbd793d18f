"""The commands of docs/statistics.md are run, and their answers are what the page says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from app.settings import Settings
from tests.docs.commands import run_commands

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("statistics.md", sample_server, tmp_path_factory.mktemp("statistics"))


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def test_bands_come_in_the_order_asked_for(answers):
    whole = read(answers / "whole.json")
    assert {name: each["description"] for name, each in whole.items()} == {"b1": "B04_b1", "b2": "B08_b1"}


def test_indices_and_classes_are_measured(answers):
    [ndvi], [classes] = read(answers / "ndvi.json").values(), read(answers / "classes.json").values()
    assert -1 <= ndvi["min"] < ndvi["mean"] < ndvi["max"] <= 1
    assert sum(classes["histogram"][0]) == classes["valid_pixels"]


def test_a_field_comes_back_with_its_numbers(answers):
    field = read(answers / "field.geojson")
    assert field["properties"]["name"] == "north field"
    assert field["properties"]["statistics"]["b1"]["valid_percent"] > 99


def test_a_field_is_cut_out(answers):
    picture = Image.open(answers / "field.png")
    assert (picture.size, picture.mode) == ((256, 256), "RGBA")
    assert {picture.getpixel((0, 0))[3], picture.getpixel((128, 128))[3]} == {0, 255}


def test_limits_of_the_page_are_the_defaults():
    settings = Settings()
    assert f"{settings.features_max} features" in PAGE
    assert f"{settings.vertices_max:,} points".replace(",", " ") in PAGE
    assert f"{settings.body_max_mb:g} MiB" in PAGE.replace("\n", " ")
    assert f"{settings.crop_deadline_s:g} s" in PAGE
