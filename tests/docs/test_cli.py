"""The commands of docs/cli.md are run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from rasterio.transform import from_origin

from app.cli import main
from app.commands.later import LATER
from tests.small_scenes import SQUARE, make_scenes

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in re.findall(r"^ {4}swath .*$", PAGE, re.MULTILINE)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the page's ``scene.tif``, ``scenes`` and ``fields.geojson``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWATH_JOBS_PROCESSES", "1")
    (tmp_path / "scenes").mkdir()
    make_scenes(tmp_path / "scenes", 2)
    (tmp_path / "fields.geojson").write_text(json.dumps(SQUARE))
    profile = {"driver": "COG", "dtype": "uint16", "count": 1, "height": 600, "width": 600, "crs": "EPSG:32636"}
    with rasterio.open("scene.tif", "w", transform=from_origin(285000, 3268000, 20, 20), **profile) as dataset:
        dataset.write(np.arange(360_000, dtype=np.uint16).reshape(1, 600, 600))
    return tmp_path


@pytest.mark.parametrize("command", [line for line in COMMANDS if "https://" not in line])
def test_each_command_of_the_page_works(folder, command):
    words = shlex.split(command)[1:]
    run = CliRunner().invoke(main, words)
    assert run.exit_code == 0, run.output
    assert "-o" not in words or (folder / words[words.index("-o") + 1]).stat().st_size


def test_each_command_has_a_paragraph():
    assert set(LATER) <= set(re.findall(r"^## `swath ([a-z]+)`$", PAGE, re.MULTILINE))
