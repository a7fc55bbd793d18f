"""Commands take the scenes of a search: a folder of items here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pmtiles.reader import MemorySource, Reader

from tests.small_scenes import SIDE, make_scenes, values_of

COUNT = 4
MEDIAN = np.median([values_of(number) for number in range(COUNT)], axis=0)
WORDS = ("--kind", "search", "assets=data", "pixel_selection=median")


@pytest.fixture(autouse=True)
def scenes(folder: Path) -> Path:
    """``scenes`` in the working directory: four dates of one place, with halves in their median."""
    home = folder / "scenes"
    home.mkdir()
    make_scenes(home, COUNT)
    return home


def test_a_median_is_drawn_without_a_server(swath):
    run = swath("render", "scenes", "-o", "median.npy", *WORDS)
    assert (run.exit_code, run.output) == (0, "")
    assert np.array_equal(np.load("median.npy")[0], MEDIAN)


def test_a_median_is_exported_as_a_cog(swath):
    run = swath("export", "scenes", "-o", "median.tif", *WORDS)
    assert run.exit_code == 0, run.output
    with rasterio.open("median.tif") as file:
        assert np.array_equal(file.read(1), MEDIAN)
        assert (file.shape, file.dtypes[0]) == ((SIDE, SIDE), "float64")


def test_a_median_is_exported_as_tiles(swath):
    run = swath("export", "scenes", "-o", "median.pmtiles", *WORDS, "rescale=0,400", "--zooms", "8-10")
    assert run.exit_code == 0, run.output
    header = Reader(MemorySource(Path("median.pmtiles").read_bytes())).header()
    assert (header["min_zoom"], header["max_zoom"]) == (8, 10)
    assert header["tile_entries_count"] >= 3


def test_the_first_scene_speaks_for_all(swath):
    run = swath("info", "scenes", "--kind", "search")
    assert json.loads(run.output)["data"]["width"] == SIDE


@pytest.mark.parametrize(("words", "told"), [(("pixel_selection=newest",), "newest"), (("assets=nope",), "nope")])
def test_what_makes_no_sense_is_said_in_a_sentence(swath, words, told):
    run = swath("render", "scenes", "-o", "a.png", "--kind", "search", *words)
    assert run.exit_code in (1, 2)
    assert told in run.output
    assert "Traceback" not in run.output
