"""``swath render`` draws what the server draws."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image

from app.settings import Settings
from tests.serving import serving

BBOX = "30.82,29.46,30.86,29.5"


@pytest.fixture(scope="module")
def server(scene):
    with serving(Settings(data_root=scene.parent)) as base:
        yield base


@pytest.mark.parametrize(
    ("output", "words", "path"),
    [
        ("a.png", ["rescale=0,3000", "max_size=300"], "preview.png?rescale=0,3000&max_size=300"),
        ("a.npy", ["bidx=2", f"--bbox={BBOX}"], f"crop/{BBOX}.npy?bidx=2"),
        (
            "a.webp",
            ["bidx=1", "rescale=0,3000", "--tile", "12/2398/1696"],
            "tiles/12/2398/1696.webp?bidx=1&rescale=0,3000",
        ),
        ("a.tif", ["expression=b1/b2", "width=64", f"--bbox={BBOX}"], f"crop/{BBOX}.tif?expression=b1/b2&width=64"),
    ],
)
def test_the_file_is_byte_for_byte_the_servers_answer(swath, server, output, words, path):
    run = swath("render", "scene.tif", "-o", output, *words)
    assert (run.exit_code, run.output) == (0, "")
    sep = "&" if "?" in path else "?"
    assert Path(output).read_bytes() == requests.get(f"{server}/cog/{path}{sep}url=scene.tif", timeout=30).content


def test_standard_output_takes_the_format_of_the_query(swath):
    run = swath("render", "scene.tif", "-o", "-", "format=png", "rescale=0,3000", "bidx=1", "max_size=100")
    assert Image.open(io.BytesIO(run.stdout_bytes)).size == (100, 75)


def test_a_file_that_is_there_is_replaced_only_on_request(swath):
    Path("a.npy").write_bytes(b"mine")
    refused = swath("render", "scene.tif", "-o", "a.npy")
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    assert Path("a.npy").read_bytes() == b"mine"
    assert swath("render", "scene.tif", "-o", "a.npy", "--overwrite", "max_size=1200").exit_code == 0
    with rasterio.open("scene.tif") as dataset:
        assert np.array_equal(np.load("a.npy")[:2], dataset.read())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["scene.tif", "rescal=0,1"], 2, "did you mean rescale?"),
        (["scene.tif", "rescale"], 2, "NAME=VALUE"),
        (["scene.tif", "url=other.tif"], 2, "url is not a parameter"),
        (["scene.tif", "--bbox", BBOX, "--tile", "1/2/3"], 2, "leave one out"),
        (["scene.tif", "--tile", "1/2"], 2, "12/2398/1696"),
        (["scene.tif", "--bbox", "1,2,3"], 1, "4 numbers"),
        (["scene.tif", "--bbox", "0,0,1,1"], 1, "outside the data"),
        (["scene.tif", "width=9000"], 1, "SWATH_CROP_SIZE_MAX"),
        (["scene.tif", "bidx=7"], 1, "has no band 7"),
        (["none.tif"], 2, "neither a URL nor a file"),
        (["http://127.0.0.1:1/a.tif"], 1, "SWATH_ALLOW_HOSTS"),
        (["file:///etc/passwd"], 1, "SWATH_DATA_ROOT"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_written(swath, words, code, told):
    run = swath("render", "-o", "a.png", *words)
    assert run.exit_code == code
    assert told in run.stderr
    assert "Traceback" not in run.output
    assert not list(Path().glob("a.png*"))


def test_a_folder_that_is_not_there_is_named(swath):
    run = swath("render", "scene.tif", "-o", "none/a.png")
    assert (run.exit_code, run.stderr) == (1, "Error: none is not a folder.\n")


def test_an_item_here_may_name_files_beside_it_and_no_others(swath, scene, tmp_path):
    item = '{"type":"Feature","stac_version":"1.0.0","id":"i","geometry":null,"assets":{"a":{"href":"%s"}}}'
    (tmp_path / "copy.tif").write_bytes(scene.read_bytes())
    Path("item.json").write_text(item % "./copy.tif")
    assert swath("render", "item.json", "-o", "a.npy", "assets=a").exit_code == 0
    Path("item.json").write_text(item % "/etc/passwd")
    assert "SWATH_DATA_ROOT" in swath("render", "item.json", "-o", "b.npy", "assets=a").stderr
