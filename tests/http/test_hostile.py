"""A tile server is a machine that strangers aim: no file outside the folder, no private host, no endless work."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_bounds

from app.settings import Settings
from tests.hostile_hrefs import FILES, HOSTS, OTHER_SCHEMES
from tests.hostile_tiff import hostile_blocks, hostile_tiffs, tiff
from tests.offline import offline
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream
from tests.witnesses import listening, watching

REFUSED = (400, 403, 404, 414, 422, 424, 502)
LONGEST_S = 3.0


@dataclass
class Scene:
    """A server, its upstream, a folder of secrets that nobody may open, and a port that nobody may connect to.

    Attributes:
        root: ``SWATH_DATA_ROOT``.
        secrets: Beside the root: ``item.json`` and ``a.tif``, both of which the server could read.
    """

    base: str
    files: Upstream
    root: Path
    secrets: Path
    forbidden_port: int
    visits: list[Any] = field(default_factory=list)

    def get(self, path: str, **query: Any) -> requests.Response:
        started = time.monotonic()
        answer = requests.get(self.base + path, params=query, timeout=30)
        assert time.monotonic() - started < LONGEST_S
        return answer

    def refuse(self, path: str, **query: Any) -> dict[str, Any]:
        """Ask, and expect a problem that tells nothing."""
        answer = self.get(path, **query)
        assert answer.status_code in REFUSED, answer.text[:300]
        body = problem_of(answer)
        self.assert_silent(answer.text)
        return body

    def assert_silent(self, text: str) -> None:
        told = [word for word in ("root:", "/bin/", str(self.root), str(self.secrets), "SECRET") if word in text]
        assert not told

    def refuse_everywhere(self, href: str) -> list[dict[str, Any]]:
        """As ``url`` of an item and of a raster, and as the href of an item's asset, from the web and from disk."""
        item = json.dumps({"type": "Feature", "id": "it", "assets": {"a": {"href": href}}})
        self.files.fault("/hostile.json", body=item.encode())
        (self.root / "hostile.json").write_text(item)
        web = self.files.url("/hostile.json")
        return [
            self.refuse("/cog/preview.png", url=href),
            self.refuse("/stac/preview.png", url=href, assets="a"),
            self.refuse("/stac/preview.png", url=web, assets="a"),
            self.refuse("/stac/info", url=web),
            self.refuse("/stac/tilejson.json", url="hostile.json", assets="a"),
        ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("hostile")
    root, secrets, public = (folder / name for name in ("root", "secrets", "www/deeper/public"))
    for each in (root, secrets, public):
        each.mkdir(parents=True)
        write_raster(each / "a.tif")
        (each / "item.json").write_text('{"type":"Feature","id":"SECRET","assets":{"a":{"href":"a.tif"}}}')
    for name, body in {**hostile_tiffs(), **hostile_blocks()}.items():
        (public / f"{name}.tif").write_bytes(body)
    (root / "link.tif").symlink_to(secrets / "a.tif")
    (root / "away").symlink_to(secrets)
    with (
        offline(),
        listening() as (port, visits),
        upstream(public) as files,
        serving(Settings(allow_hosts=files.host, data_root=root, cache_items_mb=0)) as base,
    ):
        yield Scene(base, files, root, secrets, port, visits)


def write_raster(path: Path) -> None:
    profile = {"crs": "EPSG:4326", "transform": from_bounds(10, 50, 11, 51, 64, 64)}
    with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=1, dtype="uint16", **profile) as file:
        file.write(np.full((64, 64), 7, "uint16"), 1)


only_linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify and /proc are Linux")

# --- files ---


@only_linux
@pytest.mark.parametrize("written", FILES)
def test_no_file_outside_the_folder_is_opened(scene: Scene, written: str) -> None:
    href = written.format(secrets=scene.secrets, root=scene.root)
    with watching(scene.secrets) as opened:
        scene.refuse_everywhere(href)
    assert opened == []


@only_linux
def test_the_watch_would_notice(scene: Scene) -> None:
    with watching(scene.secrets) as opened:
        (scene.secrets / "a.tif").read_bytes()
    assert "a.tif" in opened


def test_what_lies_inside_the_folder_is_read(scene: Scene) -> None:
    assert scene.get("/cog/preview.png", url="a.tif").status_code == 200
    assert scene.get("/cog/preview.png", url=f"file://{scene.root}/a.tif").status_code == 200
    assert scene.get("/stac/preview.png", url="item.json", assets="a").status_code == 200


@pytest.mark.parametrize(
    ("existing", "missing"),
    [
        ("{secrets}/a.tif", "{secrets}/b.tif"), ("file://{secrets}/a.tif", "file://{secrets}/b.tif"),
        ("../secrets/a.tif", "../secrets/b.tif"), ("{secrets}/a.tif", "/no/such/folder/at/all.tif"),
        ("/etc/passwd", "/etc/passwd-that-is-not-there"), ("/etc", "/etcetera"), ("link.tif", "../nothing.tif"),
        ("away/a.tif", "away/b.tif"), ("/dev/null", "/dev/nulll"), ("{secrets}", "{secrets}-2"),
        ("/vsigzip/{secrets}/a.tif", "/vsigzip/{secrets}/b.tif"),
        ("GTIFF_DIR:1:{secrets}/a.tif", "GTIFF_DIR:1:{secrets}/b.tif"),
    ],
)  # fmt: skip
def test_the_answer_does_not_tell_whether_a_forbidden_file_exists(scene: Scene, existing: str, missing: str) -> None:
    answers = [
        [(body["status"], body["type"], body["detail"], body["errors"]) for body in scene.refuse_everywhere(href)]
        for href in (written.format(secrets=scene.secrets) for written in (existing, missing))
    ]
    assert answers[0] == answers[1]


# --- hosts ---


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_this_machine_is_connected(scene: Scene, host: str) -> None:
    for scheme in ("http", "https", "HTTP"):
        for body in scene.refuse_everywhere(f"{scheme}://{host}:{scene.forbidden_port}/a.tif"):
            assert body["type"] == "source-not-allowed"
    assert scene.visits == []


@pytest.mark.parametrize("written", OTHER_SCHEMES)
def test_no_other_scheme_connects(scene: Scene, written: str) -> None:
    scene.refuse_everywhere(written.format(port=scene.forbidden_port))
    assert scene.visits == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200",
        "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "[fd00:ec2::254]",
        "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]", "[2001:0:a9fe:a9fe::1]", "[fe80::5efe:a9fe:a9fe]", "0xa9fea9fe", "2852039166",
        "0251.0376.0251.0376", "169.254.43518",
    ],
)  # fmt: skip
def test_private_and_metadata_addresses_are_refused_alike(scene: Scene, address: str) -> None:
    for url in (f"http://{address}/latest/meta-data/", f"http://{address}:8080/a.tif"):
        body = scene.refuse("/cog/preview.png", url=url)
        assert (body["status"], body["type"]) == (403, "source-not-allowed")
        assert "SWATH_ALLOW_HOSTS" in body["detail"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/a.tif",
        "//127.1:{port}/a.tif",
        "http://[::1]:{port}/",
        "http://169.254.169.254/",
        "file://{secrets}/a.tif",
        "{secrets}/a.tif",
        "/vsigzip/x",
        "gopher://127.0.0.1:{port}/",
    ],
)
def test_redirects_lead_nowhere_that_is_forbidden(scene: Scene, target: str, status: int) -> None:
    """For items and for rasters; a path in a redirect is one of the same host, where there is no such file."""
    to = target.format(port=scene.forbidden_port, secrets=scene.secrets)
    for path, ask in (("/r.json", "/stac/preview.png"), ("/r.tif", "/cog/preview.png")):
        scene.files.fault(path, redirect=to, status=status)
        scene.refuse(ask, url=scene.files.url(path), assets="a")
    assert scene.visits == []


def test_links_in_an_item_are_judged_again_after_its_redirect(scene: Scene) -> None:
    """``a.tif`` beside an item that moved means the place it moved to, and ``//host`` is another host."""
    scene.files.fault("/moved.json", redirect="/item.json")
    assert scene.get("/stac/preview.png", url=scene.files.url("/moved.json"), assets="a").status_code == 200
    for body in scene.refuse_everywhere(f"//127.0.0.1:{scene.forbidden_port}/a.tif"):
        assert body["status"] in (403, 404)
    assert scene.visits == []


# --- coordinate systems ---

NO_CRS = [
    "http://127.0.0.1:{port}/crs", "https://127.0.0.1:{port}/crs", "file:///etc/passwd", "/etc/passwd",
    "/vsicurl/http://127.0.0.1:{port}/", "EPSG:4326 ", "EPSG:", "EPSG:0", "EPSG:999999", "EPSG:99999999999999999999",
    "EPSG:4326+5773", "EPSG:4326,EPSG:3857", "ESRI:102100", "IAU:49900", "+proj=longlat",
    "+init=/etc/passwd:1", "+proj=longlat +nadgrids=http://127.0.0.1:{port}/x", "+nadgrids=/etc/passwd", "WGS84",
    "4326", "ESRI::GEOGCS[]", "ESRIGTI:x", "IGNF:x",
    'GEOGCS["x",DATUM["y",SPHEROID["z",6378137,298]],PRIMEM["g",0],UNIT["d",0.017]]', '{{"type":"GeographicCRS"}}',
    "http://www.opengis.net.example.org/def/crs/EPSG/0/4326", "http://www.opengis.net/def/crs/EPSG/0/4326/../x",
    "[EPSG:4326", "[[EPSG:4326]]", "[/etc/passwd]", "urn:ogc:def:crs:EPSG::0",
    "urn:ogc:def:crs:EPSG::4326+5773", "urn:ogc:def:crs:ESRI::102100",
    "EPSG:٤٣٢٦", "EPSG:4978", "EPSG:5773", "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("written", NO_CRS)
def test_a_crs_is_only_a_number_of_a_map(scene: Scene, written: str) -> None:
    crs = written.format(port=scene.forbidden_port)
    for path, name in (
        ("/cog/crop/10,50,11,51.png", "coord_crs"),
        ("/cog/crop/10,50,11,51.png", "dst-crs"),
        ("/cog/preview.png", "dst_crs"),
        ("/cog/point/10.5,50.5", "coord-crs"),
    ):
        answer = scene.get(path, url=scene.files.url("/a.tif"), width=8, **{name: crs})
        assert answer.status_code == 400
        problem_of(answer)
    assert scene.visits == []


# --- work without end ---

KILLERS = [
    "9**9**9**9", "a*9**9**9", "a*(9**9)**9**9", "a+" + "9**" * 50 + "9", "10**10**10*a", "a**10**10",
    "a**a**a**a" * 40, "(" * 500 + "a" + ")" * 500, "-" * 2000 + "a", "~" * 2000 + "a", "a*'x'*999999999", '"x"*10**9',
    "a<<999999999", "1<<999999999999*a", "a;" * 500, "a," * 500, "+".join(["a"] * 300),
    "where(" * 100 + "a" + ",a,a)" * 100, "a" * 2000, "a" * 10_000, "[a for a in range(10**9)]", "lambda: a",
    "__import__('os').system('x')", "a.__class__", "a[0]", "open('/etc/passwd')", "a if a else a", "f'{a}'", "(a:=1)",
    "a\n+a\\", "a;import os", "0x" + "f" * 1500 + "*a", "1e999*a", "1_0" * 500 + "*a", "٣*a", "𝐚+1", "a\x00b",
    "𝟗**𝟗**a", "maximum(" + "a," * 200 + "a)", "sum(a)", "prod(a)", "rand()*a", "eval(a)", "'".join("a" * 500),
]  # fmt: skip


@pytest.mark.parametrize("expression", KILLERS)
def test_expressions_that_would_keep_a_worker_busy_are_refused_at_once(scene: Scene, expression: str) -> None:
    started = time.monotonic()
    for path, query in (
        ("/stac/preview.png", {"url": scene.files.url("/item.json"), "expression": expression}),
        ("/stac/tiles/8/135/86", {"url": scene.files.url("/item.json"), "assets": f"a|expression={expression}"}),
        ("/stac/tilejson.json", {"url": scene.files.url("/item.json"), "asset_expression": f"a|{expression}"}),
    ):
        answer = scene.get(path, **query)
        assert answer.status_code in (400, 404)
        assert problem_of(answer)["type"] in ("invalid-expression", "invalid-parameter", "asset-not-found")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("path", "crs"),
    [
        ("/cog/point/1e18,1e18", "EPSG:3857"), ("/cog/point/1e300,0", "EPSG:3857"),
        ("/cog/crop/1e17,0,1e18,1e18.png", "EPSG:3857"), ("/cog/point/1e300,1e300", "EPSG:4326"),
        ("/cog/crop/-1e308,-1e308,1e308,1e308.png", "EPSG:4326"), ("/cog/crop/-1e9,-1e9,1e9,1e9.png", "EPSG:32633"),
        ("/cog/crop/10,95,11,96.png", "EPSG:4326"), ("/cog/point/10,95", "EPSG:4326"),
    ],
)  # fmt: skip
def test_coordinates_that_are_not_on_earth_are_refused(scene: Scene, path: str, crs: str) -> None:
    """GDAL unwinds a Web Mercator x by 360 degrees at a time; 1e18 used to hold the whole process for ever."""
    body = scene.refuse(path, url=scene.files.url("/a.tif"), coord_crs=crs, max_size=64)
    assert (body["status"], body["type"]) == (400, "invalid-parameter")
    assert "not on earth" in body["detail"]


@pytest.mark.parametrize("crs", ["EPSG:2154", "EPSG:3031", "EPSG:3995", "EPSG:32633", "EPSG:3857", "EPSG:27700"])
def test_the_whole_world_in_a_system_that_cannot_hold_it_is_no_bug(scene: Scene, crs: str) -> None:
    answer = scene.get("/cog/crop/-180,-90,180,90.png", url=scene.files.url("/a.tif"), dst_crs=crs, max_size=64)
    assert answer.status_code in (200, 400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/cog/info",
        "/cog/validate",
        "/cog/stac",
        "/cog/preview.png",
        "/cog/preview/64x64.npy",
        "/cog/tilejson.json",
        "/cog/tiles/0/0/0",
        "/cog/point/0,0",
    ],
)
@pytest.mark.parametrize("name", hostile_tiffs())
@only_linux
def test_a_tiff_that_lies_costs_nothing(scene: Scene, name: str, path: str) -> None:
    """A clear answer, soon, and no more than 256 MB for it."""
    forget_peak()
    before = peak_mb()
    answer = scene.get(path, url=scene.files.url(f"/{name}.tif"))
    assert peak_mb() - before < 256
    if answer.status_code != 200:  # a header that lies about its blocks is still a header that can be told
        assert answer.status_code in (400, 424)
        assert name == "200000000000-pixels" or problem_of(answer)["type"] == "upstream-unusable"
    else:
        assert path in ("/cog/info", "/cog/validate") or name == "more-in-the-block-than-its-size"


@pytest.mark.parametrize("path", ["/cog/preview.png", "/cog/bbox/0,-0.0005,0.0005,0.npy", "/cog/point/0.0003,-0.0003"])
@pytest.mark.parametrize("name", hostile_blocks())
@only_linux
def test_a_block_that_lies_costs_nothing(scene: Scene, name: str, path: str) -> None:
    """Whichever decoder meets it; what GDAL makes of the lenient ones may be shown."""
    forget_peak()
    before = peak_mb()
    answer = scene.get(path, url=scene.files.url(f"/{name}.tif"))
    assert peak_mb() - before < 64
    lenient = ("fewer-blocks-than-it-needs", "an-entry-of-2-to-the-31-values", "a-mask-of-another-size")
    assert answer.status_code == 424 or name in lenient
    assert answer.status_code in (200, 424)


@only_linux
def test_directories_that_lead_back_into_themselves_are_read_once(scene: Scene) -> None:
    """async-tiff followed them until memory was gone."""
    (scene.files.folder / "loop.tif").write_bytes(tiff(64, 64, next_directory=8))
    forget_peak()
    before = peak_mb()
    answer = scene.get("/cog/preview/8x8.png", url=scene.files.url("/loop.tif"))
    assert answer.status_code in (200, 424)
    assert peak_mb() - before < 256


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> int:
    """Peak of resident memory since it was forgotten (proc(5), VmHWM)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


# --- documents that are too much ---


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("deep", "nested too deep"), ("wide", "assets, 10000 are read"), ("huge", "larger than 8 MiB"),
        ("long id", "is not in item"), ("long names", "is not in item"),
    ],
)  # fmt: skip
def test_an_item_that_is_too_much_is_told_in_a_few_words(scene: Scene, name: str, reason: str) -> None:
    bodies = {
        "deep": "[" * 50_000,
        "wide": json.dumps({"id": "x", "assets": {str(n): {"href": "a.tif"} for n in range(20_000)}}),
        "huge": '{"id": "' + "x" * 9_000_000 + '"}',
        "long id": json.dumps({"id": "x" * 1_000_000, "assets": {"a": {"href": "a.tif"}}}),
        "long names": json.dumps({"id": "x", "assets": {c * 100_000: {"href": "a.tif"} for c in "abcdefgh"}}),
    }
    scene.files.fault("/much.json", body=bodies[name].encode())
    body = scene.refuse("/stac/preview.png", url=scene.files.url("/much.json"), assets="B04")
    assert reason in body["detail"]


def test_the_server_still_works_after_all_this(scene: Scene) -> None:
    assert scene.get("/livez").json() == {"status": "alive"}
    assert scene.get("/cog/preview.png", url=scene.files.url("/a.tif")).status_code == 200
    assert scene.visits == []
