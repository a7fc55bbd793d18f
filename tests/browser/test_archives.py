"""PMTiles from somebody's own disk on the page."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import requests
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.settings import Settings
from tests.serving import serving

EARLIER = "S2A_36RTT_20190822_0_L2A"
LOOK = [("expression", "(B08-B04)/(B08+B04)"), ("rescale", "-1,1"), ("colormap_name", "magma")]
METRES_AT_ZOOM_0 = 2 * np.pi * 6378137 / 256  # in a pixel of web mercator
PICTURE = (600, 80, 480, 420)  # left, top, width and height on the screen, within the data

DROP = """([name, text]) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name));
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: files }));
}"""


def item_url(server: str) -> str:
    return f"{server}/v0/collections/sentinel-s2-l2a-cogs/items/{EARLIER}"


@pytest.fixture(scope="module")
def export(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What ``swath export`` writes, with more words, of a scene that the page does not begin with."""

    def write(*more: str) -> Path:
        path = tmp_path_factory.mktemp("export") / "nile.pmtiles"
        words = [item_url(sample_server), "-o", str(path), *(f"{name}={value}" for name, value in LOOK), *more]
        env = {**os.environ, "SWATH_ALLOW_HOSTS": urlsplit(sample_server).netloc}
        subprocess.run([sys.executable, "-m", "app.cli", "export", *words], env=env, check=True, timeout=100)
        return path

    return write


def drop(seen: Any, path: Path) -> None:
    seen.page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def crop_of_the_picture(seen: Any, server: str) -> np.ndarray:
    """The server's own rendering of ``PICTURE`` on the screen, as (y, x, rgb)."""
    zoom, lat, lon = (float(each) for each in seen.state()["at"][0].split("/"))
    frame = seen.page.locator("#map").bounding_box()
    metres = METRES_AT_ZOOM_0 / 2**zoom
    x, y = np.radians(lon) * 6378137, np.arctanh(np.sin(np.radians(lat))) * 6378137
    left = x + (PICTURE[0] - frame["x"] - frame["width"] / 2) * metres
    top = y - (PICTURE[1] - frame["y"] - frame["height"] / 2) * metres
    width, height = PICTURE[2:]
    box = f"{left},{top - height * metres},{left + width * metres},{top}"
    query = [("url", item_url(server)), *LOOK, ("coord_crs", "EPSG:3857"), ("dst_crs", "EPSG:3857")]
    answer = requests.get(f"{server}/stac/crop/{box}/{width}x{height}.png?{urlencode(query)}", timeout=10)
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


@pytest.mark.parametrize("words", [["--zooms=10-13"], ["--zooms=11-12", "tilesize=512", "format=webp"]])
def test_a_dropped_export_lies_over_the_map_where_the_server_would_draw_it(
    visit: Any, sample_server: str, export: Callable[..., Path], words: list[str]
) -> None:
    archive = export(*words)
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    before = len(seen.requests)
    drop(seen, archive)
    page.get_by_role("button", name="nile.pmtiles", exact=True).wait_for()
    seen.quiet()
    shown = seen.picture(*PICTURE)
    expected = crop_of_the_picture(seen, sample_server)
    assert expected.std() > 20
    assert difference(shown, expected) < 6
    assert not [url for url in seen.requests[before:] if EARLIER in url], "its bytes come from the file"
    assert page.locator("#archive-credit").inner_text() == "nile.pmtiles: Swath sample (synthetic)"

    page.get_by_label("Opacity of nile.pmtiles").press("Home")
    seen.quiet()
    assert difference(shown, seen.picture(*PICTURE)) > 30
    page.get_by_label("Opacity of nile.pmtiles").press("End")
    seen.quiet()
    assert difference(shown, seen.picture(*PICTURE)) < 1
    page.get_by_role("button", name="Show nile.pmtiles").click()
    seen.quiet()
    assert difference(shown, seen.picture(*PICTURE)) > 30
    page.get_by_role("button", name="Remove nile.pmtiles").click()
    assert page.locator("#archives").is_hidden()
    assert not seen.strangers(sample_server)
    assert not seen.complaints


def test_without_any_scene_an_archive_of_one_zoom_is_shown_and_credited(
    visit: Any, export: Callable[..., Path]
) -> None:
    """Its middle: on a phone all of it would be so far away that each of its tiles were a few pixels."""
    with serving(Settings(sample=False)) as base:
        seen = visit(base, width=320, height=640)
        seen.page.get_by_text("swath serve --sample").wait_for()
        seen.page.locator("#file").set_input_files(export("--zooms=15"))
        seen.page.locator("#archive-credit").wait_for()
        seen.quiet()
        assert seen.picture(20, 100, 200, 200).std() > 20
        assert not seen.complaints


def one_tile(path: Path, tile_type: TileType, **more: Any) -> Path:
    header = {"tile_type": tile_type, "tile_compression": Compression.NONE, "min_lon_e7": 0, "min_lat_e7": 0,
              "max_lon_e7": 10_000_000, "max_lat_e7": 10_000_000, "center_zoom": 0, "center_lon_e7": 0,
              "center_lat_e7": 0}  # fmt: skip
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(0, 0, 0), b"one tile")
        writer.finalize(header | more, {})
    return path


def test_a_file_that_cannot_be_shown_is_told_below_the_field_and_the_map_stays(
    visit: Any, sample_server: str, export: Callable[..., Path], tmp_path: Path
) -> None:
    archive = export("--zooms=10-13")

    def patched(name: str, offset: int, value: bytes) -> Path:
        body = bytearray(archive.read_bytes())
        body[offset : offset + len(value)] = value
        return written(name, bytes(body))

    def written(name: str, body: bytes) -> Path:
        (tmp_path / name).write_bytes(body)
        return tmp_path / name

    seen = visit(sample_server)
    seen.tiles()
    whole = archive.read_bytes()
    far = (2**40).to_bytes(8, "little")
    for path, words in (
        (written("text.pmtiles", b"no archive"), "is no PMTiles archive"),
        (written("empty.pmtiles", b""), "is no PMTiles archive"),
        (written("short.pmtiles", b"PMTiles\x03"), "directory cannot be read"),
        (written("cut.pmtiles", whole[: len(whole) // 2]), "ends before its last tile"),
        (patched("noise.pmtiles", 127, b"\xff" * 60), "directory cannot be read"),
        (patched("huge.pmtiles", 16, far), "directory cannot be read"),
        (patched("zooms.pmtiles", 100, b"\x05\xff"), "make no sense"),
        (one_tile(tmp_path / "bounds.pmtiles", TileType.PNG, min_lon_e7=20_000_000), "make no sense"),
        (one_tile(tmp_path / "vector.pmtiles", TileType.MVT), "has vector tiles"),
        (one_tile(tmp_path / "other.pmtiles", TileType.UNKNOWN), "does not say that its tiles are pictures"),
    ):
        seen.page.locator("#file").set_input_files(path)
        seen.page.wait_for_function(f"() => document.querySelector('#error').textContent.startsWith('{path.name} ')")
        assert words in seen.page.locator("#error").inner_text(), path.name
    assert seen.page.locator("#archives").is_hidden()
    drop(seen, archive)
    seen.page.get_by_role("button", name="nile.pmtiles", exact=True).wait_for()
    assert seen.page.locator("#error").is_hidden()
    assert not seen.complaints
