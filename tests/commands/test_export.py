"""``swath export`` writes what the server shows, whatever its size."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Entry, HeaderDict, TileType, deserialize_directory, zxy_to_tileid
from rio_cogeo.cogeo import cog_validate

from app.errors import DeadlineExceeded, NotFound, Overloaded, UpstreamFailed
from app.export import story
from app.export.pmtiles import write_pmtiles
from app.export.tiles import About
from app.export.work import WorkFile
from app.model.grid import Frame
from app.model.request import Format
from app.runtime import build_runtime
from app.settings import Settings
from tests.serving import serving

BBOX = "30.82,29.46,30.86,29.5"
STYLE = ("bidx=1", "rescale=0,4000")


@pytest.fixture(scope="module")
def server(scene):
    with serving(Settings(data_root=scene.parent)) as base:
        yield base


def ask(server: str, path: str) -> bytes:
    answer = requests.get(f"{server}/cog/{path}&url=scene.tif", timeout=30)
    assert answer.ok, answer.text
    return answer.content


def tiles_of(path: Path) -> dict[tuple[int, int, int], bytes]:
    with path.open("rb") as file:
        return dict(all_tiles(MmapSource(file)))


def test_a_cog_of_many_squares_is_valid_and_has_the_pixels_of_the_source(swath, monkeypatch):
    """2 MiB for a square: 512 x 512 pixels of two bands, so that 1200 x 900 are six."""
    monkeypatch.setenv("SWATH_ANSWER_MAX_MB", "4")
    run = swath("export", "scene.tif", "-o", "x.tif", "--compress", "zstd")
    assert (run.exit_code, run.output) == (0, "")
    valid, errors, warnings = cog_validate("x.tif", strict=True, quiet=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open("scene.tif") as source, rasterio.open("x.tif") as made:
        assert (made.crs, made.transform, made.compression.value) == (source.crs, source.transform, "ZSTD")
        assert np.array_equal(made.read([1, 2]), source.read())
        assert np.array_equal(made.read(3), np.where(source.dataset_mask(), 65535, 0))
    assert sorted(path.name for path in Path().iterdir()) == ["scene.tif", "x.tif"]


@pytest.mark.parametrize(
    "words",
    [
        ["expression=b1/b2;b2", "coord_crs=EPSG:32636", "--bbox", "283000,3260000,295000,3269000"],
        ["bidx=1", "rescale=0,4000", "colormap_name=viridis", "width=300", f"--bbox={BBOX}"],
        ["bidx=2", "return_mask=false", f"--bbox={BBOX}"],
    ],
)
def test_a_cog_is_that_of_the_crop(swath, monkeypatch, server, words):
    monkeypatch.setenv("SWATH_ANSWER_MAX_MB", "10")
    assert swath("export", "scene.tif", "-o", "x.tif", *words).exit_code == 0
    box = next(word for word in words if word[0] != "-" and "=" not in word) if "--bbox" in words else BBOX
    query = "&".join(word for word in words if "=" in word and not word.startswith("--"))
    with rasterio.open("x.tif") as made, rasterio.open(io.BytesIO(ask(server, f"bbox/{box}.tif?{query}"))) as crop:
        assert np.array_equal(made.read(), crop.read())
        assert np.array_equal(made.dataset_mask(), crop.dataset_mask())
        for told in ("transform", "crs", "dtypes", "descriptions", "colorinterp", "mask_flag_enums", "photometric"):
            assert getattr(made, told) == getattr(crop, told), told


def test_pmtiles_hold_the_tiles_of_the_server_in_order_and_say_where_they_are(swath, server):
    run = swath("export", "scene.tif", "-o", "x.pmtiles", "--zooms", "9-12", "format=webp", *STYLE)
    assert (run.exit_code, run.output) == (0, "")
    found = tiles_of(Path("x.pmtiles"))
    assert {zoom for zoom, _, _ in found} == {9, 10, 11, 12}
    for (z, x, y), body in found.items():
        assert body == ask(server, f"tiles/{z}/{x}/{y}.webp?{'&'.join(STYLE)}")
    with Path("x.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
    told = requests.get(f"{server}/cog/info.geojson?url=scene.tif", timeout=30).json()["bbox"]
    bounds = [header[f"{end}_{axis}_e7"] / 1e7 for end in ("min", "max") for axis in ("lon", "lat")]
    assert bounds == pytest.approx(told, abs=1e-6)
    assert (header["min_zoom"], header["max_zoom"], header["center_zoom"]) == (9, 12, 9)
    assert header["center_lon_e7"] / 1e7 == pytest.approx((told[0] + told[2]) / 2, abs=1e-6)
    assert (header["tile_type"], metadata["name"], metadata["type"]) == (TileType.WEBP, "scene.tif", "overlay")


def test_pmtiles_are_what_verify_asks_for(tmp_path):
    """Counts of the header, order of entries, places without gaps: of 20 000 tiles, every third one empty ground."""
    about = About(name="a", bounds_wgs84=(0, 0, 1, 1), center_wgs84=(0.5, 0.5), minzoom=8, maxzoom=8,
                  format=Format.PNG, attribution="<b>A & B</b>")  # fmt: skip
    first = zxy_to_tileid(8, 0, 0)
    random = np.random.default_rng(1)
    sizes = random.integers(1, 300, 20_000).tolist()
    bodies = {first + n: b"ground" if n % 12 < 4 else random.bytes(size) for n, size in enumerate(sizes) if n % 1000}
    with WorkFile(tmp_path / "work", "key") as work:
        for number in random.permutation([*bodies, first, first + 1000]).tolist():
            work.add(number, bodies.get(number))
        write_pmtiles(work, about, tmp_path / "x.pmtiles")
    body = (tmp_path / "x.pmtiles").read_bytes()
    reader = Reader(lambda offset, length: body[offset : offset + length])
    header = reader.header()
    entries = list(_entries(body, header))
    assert header["leaf_directory_length"] > 0
    assert header["clustered"]
    assert len(entries) == header["tile_entries_count"] < len(bodies)
    assert sum(entry.run_length for entry in entries) == header["addressed_tiles_count"] == len(bodies)
    assert len({entry.offset for entry in entries}) == header["tile_contents_count"] == len(set(bodies.values()))
    new_at, next_id = 0, 0
    for entry in entries:
        assert entry.tile_id >= next_id
        assert entry.offset <= new_at
        new_at, next_id = max(new_at, entry.offset + entry.length), entry.tile_id + entry.run_length
    assert (new_at, header["tile_data_offset"] + new_at) == (header["tile_data_length"], len(body))
    assert {zxy_to_tileid(*tile): found for tile, found in all_tiles(reader.get_bytes)} == bodies
    assert reader.metadata()["attribution"] == "&lt;b&gt;A &amp; B&lt;/b&gt;"


def _entries(body: bytes, header: HeaderDict) -> Iterator[Entry]:
    root, leaves = header["root_offset"], header["leaf_directory_offset"]
    for entry in deserialize_directory(body[root : root + header["root_length"]]):
        leaf = body[leaves + entry.offset : leaves + entry.offset + entry.length]
        yield from [entry] if entry.run_length else deserialize_directory(leaf)


def test_mbtiles_are_those_of_pmtiles_with_rows_from_the_south(swath):
    for name in ("x.mbtiles", "x.pmtiles"):
        assert swath("export", "scene.tif", "-o", name, "--zooms", "10-12", f"--bbox={BBOX}", *STYLE).exit_code == 0
    with closing(sqlite3.connect("x.mbtiles")) as db:
        rows = db.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
        told = dict(db.execute("SELECT name, value FROM metadata"))
        assert db.execute("PRAGMA application_id").fetchone()[0] == 0x4D504258
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert {(z, x, 2**z - 1 - row): body for z, x, row, body in rows} == tiles_of(Path("x.pmtiles"))
    assert [float(word) for word in told["bounds"].split(",")] == [float(word) for word in BBOX.split(",")]
    assert told["center"] == "30.84,29.48,10"
    kept = {name: told[name] for name in ("name", "format", "minzoom", "maxzoom", "type")}
    assert kept == {"name": "scene.tif", "format": "png", "minzoom": "10", "maxzoom": "12", "type": "overlay"}


def test_zooms_are_those_of_the_data_unless_given_and_tiles_of_any_size(swath, server):
    assert swath("export", "scene.tif", "-o", "x.pmtiles", "tilesize=512", "format=jpg", *STYLE).exit_code == 0
    found = tiles_of(Path("x.pmtiles"))
    told = requests.get(f"{server}/cog/tilejson.json?url=scene.tif", timeout=30).json()
    assert {zoom for zoom, _, _ in found} == set(range(told["minzoom"], told["maxzoom"] + 1))
    assert {Image.open(io.BytesIO(body)).size for body in found.values()} == {(512, 512)}


def test_tiles_without_data_are_left_out(swath):
    """The corner without data is 4 x 2 km: tiles of zoom 15 are one km wide."""
    box = "30.735,29.52,30.775,29.535"
    assert swath("export", "scene.tif", "-o", "x.mbtiles", "--zooms", "15", f"--bbox={box}", *STYLE).exit_code == 0
    import morecantile

    asked = list(morecantile.tms.get("WebMercatorQuad").tiles(*map(float, box.split(",")), [15]))
    with closing(sqlite3.connect("x.mbtiles")) as db:
        assert 0 < db.execute("SELECT count(*) FROM tiles").fetchone()[0] < len(asked)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["x.png"], 2, "ends in none of .tif, .pmtiles, .mbtiles"),
        (["x.tif", "--zooms", "8-12"], 2, "--zooms is for tiles"),
        (["x.tif", "format=png"], 2, "format is not a parameter"),
        (["x.tif", "--compress", "lzw"], 2, "deflate"),
        (["x.pmtiles", "--zooms", "12-8"], 2, "8-14"),
        (["x.pmtiles", "--zooms", "40"], 2, "0 to 30"),
        (["x.pmtiles", "tms=WorldCRS84Quad"], 2, "tms is not a parameter"),
        (["x.pmtiles", "format=npy"], 1, "png, jpg, webp, avif"),
        (["x.mbtiles", "format=avif"], 1, "png, jpg, webp"),
        (["x.mbtiles", "bidx=1,2"], 1, "one or three bands"),
        (["x.tif", "--bbox", "0,0,1,1"], 1, "outside the data"),
        (["x.mbtiles", "--bbox", "0,0,1,1"], 1, "no tile"),
        (["x.mbtiles", "bidx=1", "--zooms", "15", "--bbox", "30.735,29.527,30.737,29.528"], 1, "no pixel"),
        (["x.tif", "width=3000000", "height=3000000"], 1, "SWATH_EXPORT_MAX_MB"),
        (["x.pmtiles", "bidx=1", "--zooms", "22"], 1, "SWATH_EXPORT_TILES_MAX"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_left(swath, words, code, told):
    run = swath("export", "scene.tif", "-o", *words)
    assert told in run.stderr
    assert run.exit_code == code
    assert "Traceback" not in run.output
    assert [path.name for path in Path().iterdir()] == ["scene.tif"]


def test_a_raster_without_a_place_on_earth_is_refused(swath):
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 600, "width": 600}
    with rasterio.open("nowhere.tif", "w", **profile) as dataset:
        dataset.write(np.ones((1, 600, 600), np.uint8))
    run = swath("export", "nowhere.tif", "-o", "x.tif")
    assert run.exit_code == 1
    assert "no coordinate reference system" in run.stderr
    assert not list(Path().glob("x.tif*"))


def test_a_file_that_is_there_is_replaced_only_on_request(swath):
    Path("x.mbtiles").write_text("mine")
    words = ("export", "scene.tif", "-o", "x.mbtiles", "--zooms", "9", *STYLE)
    assert "--overwrite" in swath(*words).stderr
    assert Path("x.mbtiles").read_text() == "mine"
    assert swath(*words, "--overwrite").exit_code == 0
    assert Path("x.mbtiles").read_bytes()[:6] == b"SQLite"


def test_what_is_done_is_not_drawn_again_and_the_file_is_the_same(swath, monkeypatch):
    words = ("export", "scene.tif", "--zooms", "12-13", *STYLE, "-o")
    assert swath(*words, "whole.pmtiles").exit_code == 0
    monkeypatch.setenv("SWATH_EXPORT_MAX_MB", "0.5")
    stopped = swath(*words, "x.pmtiles")
    assert stopped.exit_code == 1
    assert "SWATH_EXPORT_MAX_MB" in stopped.stderr
    assert not Path("x.pmtiles").exists()
    with closing(sqlite3.connect("x.pmtiles.part")) as db:
        done = db.execute("SELECT count(*) FROM pieces").fetchone()[0]
    monkeypatch.delenv("SWATH_EXPORT_MAX_MB")
    drawn = []
    from app.export import tiles

    draw = tiles.draw_piece
    monkeypatch.setattr(tiles, "draw_piece", lambda rt, req, use: drawn.append(req) or draw(rt, req, use))
    assert swath(*words, "x.pmtiles").exit_code == 0
    assert len(drawn) > 0
    assert len(drawn) + done == _count_asked(12, 13)
    assert Path("x.pmtiles").read_bytes() == Path("whole.pmtiles").read_bytes()


def _count_asked(*zooms: int) -> int:
    import morecantile
    from rasterio.warp import transform_bounds

    with rasterio.open("scene.tif") as source:
        box = transform_bounds(source.crs, "EPSG:4326", *source.bounds, densify_pts=21)
    return len(list(morecantile.tms.get("WebMercatorQuad").tiles(*box, zooms)))


def test_the_beginning_of_another_export_is_not_gone_on_with(swath, monkeypatch):
    monkeypatch.setenv("SWATH_EXPORT_MAX_MB", "0.1")
    assert swath("export", "scene.tif", "-o", "x.pmtiles", "--zooms", "12", *STYLE).exit_code == 1
    other = swath("export", "scene.tif", "-o", "x.pmtiles", "--zooms", "12", "bidx=2", "rescale=0,4000")
    assert other.exit_code == 1
    assert "other parameters" in other.stderr
    Path("x.pmtiles.part").write_text("something else, of which sqlite knows nothing at all")
    assert "not the beginning" in swath("export", "scene.tif", "-o", "x.pmtiles", "--zooms", "12", *STYLE).stderr


def test_an_export_is_made_by_one_process_at_a_time(swath):
    with WorkFile(Path("x.pmtiles.part"), "another"):
        run = swath("export", "scene.tif", "-o", "x.pmtiles", "--zooms", "9", *STYLE)
    assert run.exit_code == 1
    assert "is in use" in run.stderr


@pytest.mark.parametrize("passing", [UpstreamFailed("a"), Overloaded("b"), DeadlineExceeded("c")])
def test_a_piece_that_fails_for_a_moment_is_drawn_again(tmp_path, monkeypatch, passing):
    monkeypatch.setattr(story, "PAUSES_S", (0, 0, 0))
    failures = [passing, passing, passing]
    drawn, told = export_of([b"a", b"b", None, b"a"], failures, tmp_path / "x")
    assert (drawn, told) == ([(0, b"a"), (1, b"b"), (3, b"a")], [0, 1, 1, 1, 1])
    assert not failures


@pytest.mark.parametrize(("error", "times"), [(UpstreamFailed("a"), 4), (NotFound("b"), 1)])
def test_a_piece_that_goes_on_to_fail_ends_the_export_and_keeps_the_others(tmp_path, monkeypatch, error, times):
    monkeypatch.setattr(story, "PAUSES_S", (0, 0, 0))
    failures = [error] * times
    with pytest.raises(type(error)):
        export_of([b"a", b"b"], failures, tmp_path / "x")
    assert not failures
    assert [path.name for path in tmp_path.iterdir()] == ["x.part"]
    assert export_of([b"a", b"b"], [], tmp_path / "x")[0] == [(0, b"a"), (1, b"b")]


def export_of(bodies, failures, output):
    """Export pieces, the first of which fails as told; gives those of the file, and what the bar was told."""
    told, kept = [], []

    async def draw(frame):
        if failures:
            raise failures.pop()
        return bodies[int(frame.buffer)]

    def assemble(work, path):
        kept.extend((number, work.body(digest)) for number, digest, _ in work.digests())
        path.write_bytes(b"whole")

    def pieces():
        return ((number, Frame(buffer=number)) for number in range(len(bodies)))

    async def run():
        rt = build_runtime(Settings())
        job = story.Export(key="k", count=len(bodies), pieces=pieces, draw=draw, at_once=1, assemble=assemble)
        try:
            await story.export(rt, job, output, told.append)
        finally:
            await rt.aclose()

    asyncio.run(run())
    assert output.read_bytes() == b"whole"
    return kept, told


def test_numbers_are_those_of_pmtiles():
    """0 is the world; the second zoom begins at 1, in its northwest, and goes along a Hilbert curve."""
    assert [zxy_to_tileid(*tile) for tile in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))] == [0, 1, 2, 3, 4]
