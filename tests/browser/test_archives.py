"""PMTiles from somebody's own disk on the page."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import requests
from morecantile import tms
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.settings import Settings
from tests.serving import serving

EARLIER = "S2A_36RTT_20190822_0_L2A"
LOOK = [("expression", "(B08-B04)/(B08+B04)"), ("rescale", "-1,1"), ("colormap_name", "magma")]
DEGREE = 10_000_000  # in the header of an archive
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


@pytest.mark.parametrize("has_center", [True, False])
def test_without_any_scene_an_archive_of_one_zoom_is_shown_and_credited(
    visit: Any, export: Callable[..., Path], has_center: bool
) -> None:
    """Its middle: on a phone all of it would be so far away that each of its tiles were a few pixels."""
    archive = export("--zooms=15")
    if not has_center:
        with archive.open("r+b") as file:
            file.seek(119)
            file.write(bytes(8))  # 0° E, 0° N, far from the Nile
    with serving(Settings(sample=False)) as base:
        seen = visit(base, width=320, height=640)
        seen.page.get_by_text("swath serve --sample").wait_for()
        seen.page.locator("#file").set_input_files(archive)
        seen.page.locator("#archive-credit").wait_for()
        seen.quiet()
        assert seen.picture(20, 100, 200, 200).std() > 20
        assert not seen.complaints


def archive_of(path: Path, tiles: Iterable[tuple[int, bytes]], metadata: object = None, **more: Any) -> Path:
    """Write pictures by their ids, by default for the degree beside 0° E, 0° N."""
    header = {"tile_type": TileType.PNG, "tile_compression": Compression.NONE, "min_lon_e7": 0, "min_lat_e7": 0,
              "max_lon_e7": DEGREE, "max_lat_e7": DEGREE}  # fmt: skip
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id, body in tiles:
            writer.write_tile(tile_id, body)
        writer.finalize(header | more, metadata)
    return path


def one_tile(path: Path, metadata: object = None, **more: Any) -> Path:
    return archive_of(path, [(0, picture_of("red"))], metadata, **more)


def picture_of(colour: str) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(body, "png")
    return body.getvalue()


def test_an_archive_deeper_than_the_scene_can_be_seen_as_long_as_it_is_there(
    visit: Any, sample_server: str, tmp_path: Path
) -> None:
    """One tile of zoom 22; the sample's scenes end with 14, and are enlarged up to 17."""
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    lat, lon = (float(each) for each in seen.state()["at"][0].split("/")[1:])
    tile = tms.get("WebMercatorQuad").tile(lon, lat, 22)
    sides = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    degrees = zip(sides, tms.get("WebMercatorQuad").bounds(tile), strict=True)
    bounds = {name: round(value * DEGREE) for name, value in degrees}
    tiles = [(zxy_to_tileid(22, tile.x, tile.y), picture_of("red"))]
    drop(seen, archive_of(tmp_path / "deep.pmtiles", tiles, **bounds))
    page.get_by_role("button", name="deep.pmtiles", exact=True).wait_for()
    seen.quiet()
    assert seen.zoom() > 22
    assert difference(seen.picture(700, 300, 60, 60), np.array([255, 0, 0])) < 1
    page.get_by_role("button", name="Remove deep.pmtiles").click()
    seen.quiet()
    assert seen.zoom() == 17
    assert not seen.complaints


def test_rows_of_archives_tell_what_is_shown_credit_what_is_in_sight_and_keep_the_focus(
    visit: Any, sample_server: str, tmp_path: Path
) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()

    def add(name: str, attribution: object) -> None:
        drop(seen, one_tile(tmp_path / name, {"attribution": attribution}))
        page.get_by_role("button", name=name, exact=True).wait_for()

    add("a.pmtiles", "<b>A</b>")
    eye = page.get_by_role("button", name="Show a.pmtiles")
    open_eye = eye.inner_html()
    eye.click()
    closed_eye = eye.inner_html()
    assert closed_eye != open_eye
    assert page.locator("#archive-credit").inner_text() == ""
    add("b.pmtiles", {"text": "an object"})
    add("c.pmtiles", "C")
    assert (eye.inner_html(), eye.get_attribute("aria-pressed")) == (closed_eye, "false")
    assert page.locator("#archive-credit").inner_text() == "c.pmtiles: C"
    eye.click()
    assert page.locator("#archive-credit").inner_text() == "c.pmtiles: C · a.pmtiles: A"

    focused = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    for gone, next_one in (("b", "Remove a.pmtiles"), ("a", "Remove c.pmtiles"), ("c", "File…")):
        page.get_by_role("button", name=f"Remove {gone}.pmtiles").press("Enter")
        assert page.evaluate(focused) == next_one
    assert not seen.complaints


def test_a_server_that_has_ended_meanwhile_is_told_where_an_archive_is_dropped(
    visit: Any, sample_server: str, tmp_path: Path
) -> None:
    seen = visit(sample_server)
    seen.tiles()
    seen.page.route("**/js/map/archive.js", lambda route: route.abort())
    drop(seen, one_tile(tmp_path / "a.pmtiles"))
    seen.page.locator("#error").get_by_text("The server does not answer. Is it still running?").wait_for()
    assert seen.complaints == ["Failed to load resource: net::ERR_FAILED"], "of the browser alone"


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
    wide = [(tile_id, b"ab"[tile_id % 2 :][:1]) for tile_id in range(300_000)]  # 4 bytes each; packed, some kB together
    for path, words in (
        (written("text.pmtiles", b"no archive"), "is no PMTiles archive"),
        (written("empty.pmtiles", b""), "is no PMTiles archive"),
        (written("short.pmtiles", b"PMTiles\x03"), "directory cannot be read"),
        (written("cut.pmtiles", whole[: len(whole) // 2]), "ends before its last tile"),
        (patched("noise.pmtiles", 127, b"\xff" * 60), "directory cannot be read"),
        (patched("huge.pmtiles", 16, far), "directory cannot be read"),
        (archive_of(tmp_path / "wide.pmtiles", wide), "directory cannot be read"),
        (patched("zooms.pmtiles", 100, b"\x05\xff"), "make no sense"),
        (one_tile(tmp_path / "bounds.pmtiles", min_lon_e7=2 * DEGREE), "make no sense"),
        (one_tile(tmp_path / "vector.pmtiles", tile_type=TileType.MVT), "has vector tiles"),
        (one_tile(tmp_path / "other.pmtiles", tile_type=TileType.UNKNOWN), "does not say that its tiles are pictures"),
    ):
        seen.page.locator("#file").set_input_files(path)
        seen.page.wait_for_function(f"() => document.querySelector('#error').textContent.startsWith('{path.name} ')")
        assert words in seen.page.locator("#error").inner_text(), path.name
    assert seen.page.locator("#archives").is_hidden()
    drop(seen, archive)
    seen.page.get_by_role("button", name="nile.pmtiles", exact=True).wait_for()
    assert seen.page.locator("#error").is_hidden()
    assert not seen.complaints
