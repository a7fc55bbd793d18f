"""Who may ask, seen from outside: keys, signed URLs, scopes, allowances, and what caches are told."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.access.keys import Scope, new_key
from app.access.signature import Kind, Signer, sign_url
from app.api.access import SCOPES
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

SECRET, OLD_SECRET = "a secret of sixteen", "the secret before it"
KEY, ALL = new_key("alice")
TILES_KEY, TILES_ONLY = new_key("map", [Scope.TILES])
METRICS_KEY, METRICS_ONLY = new_key("prometheus", [Scope.METRICS])
ENTRIES = (ALL.entry, TILES_ONLY.entry, METRICS_ONLY.entry)

DOCS = Path(__file__).parents[2] / "docs"
ITEM = {"url": "item.json", "assets": "a"}
TILE = "/stac/tiles/8/128/127.png"
"""Inside the raster of ``folder``."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An item with assets ``a`` and ``b``, one degree north-east of 0, 0."""
    root = tmp_path_factory.mktemp("data")
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 512, "width": 512, "crs": "EPSG:4326"}
    with rasterio.open(root / "a.tif", "w", transform=from_origin(0, 1, 1 / 512, 1 / 512), **profile) as dataset:
        dataset.write(np.full((1, 512, 512), 7, np.uint8))
    assets = {name: {"href": "a.tif", "type": "image/tiff"} for name in ("a", "b")}
    (root / "item.json").write_text(
        json.dumps(
            {
                "type": "Feature",
                "id": "it",
                "bbox": [0, 0, 1, 1],
                "assets": assets,
                "properties": {"renders": {"grey": {"assets": ["a"]}}},
            }
        )
    )
    return root


@pytest.fixture(scope="module")
def keyed(folder: Path) -> Iterator[str]:
    with serving(Settings(data_root=folder, api_keys=ENTRIES)) as base:
        yield base


@pytest.fixture(scope="module")
def signing(folder: Path) -> Iterator[str]:
    with serving(Settings(data_root=folder, signing_keys=(SECRET, OLD_SECRET))) as base:
        yield base


@contextmanager
def limited(folder: Path, **settings: object) -> Iterator[str]:
    with serving(Settings(data_root=folder, **settings)) as base:
        yield base


def get(base: str, path: str = TILE, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
    return requests.get(base + path, params={**ITEM, **query}, headers=headers, timeout=30)


def signed(base: str, path: str = TILE, *, secret: str = SECRET, valid_s: float = 60, **query: str) -> str:
    url = f"{base}{path}?{urlencode({**ITEM, **query})}"
    return sign_url(Signer([secret]), url, int(time.time() + valid_s))


def ask(url: str, **options: object) -> requests.Response:
    return requests.get(url, timeout=30, **options)


def refused(answer: requests.Response, status: int, slug: str) -> str:
    body = problem_of(answer)
    assert (answer.status_code, body["type"]) == (status, slug)
    detail: str = body["detail"]
    return detail


# ---- keys


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_with_keys_on_a_request_without_one_is_unauthorized(keyed):
    answer = get(keyed)
    assert "SWATH_API_KEYS" in refused(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/stac/info", "/metrics", "/v0/search", "/nowhere", "//stac//info", "/stac/info/"])
def test_nothing_is_told_without_a_key(keyed, path):
    refused(get(keyed, path), 401, "unauthorized")


def test_a_key_is_taken_from_headers_and_from_the_query(keyed):
    for given in ({"headers": bearer(KEY)}, {"headers": {"X-API-Key": KEY}}, {"access_token": KEY}):
        assert get(keyed, **given).status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"headers": bearer("wrong")},
        {"headers": {"X-API-Key": "ü".encode().decode("latin-1")}},
        {"headers": bearer("x" * 7000)},
        {"access_token": KEY[:-1]},
        {"access_token": ALL.digest.hex()},
        {"access_token": [KEY, KEY]},
        {"headers": bearer("wrong"), "access_token": KEY},
    ],
    ids=["wrong", "not ascii", "huge", "cut", "its digest", "twice", "header before query"],
)
def test_a_wrong_key_is_unauthorized_and_not_repeated(keyed, given):
    answer = get(keyed, **given)
    refused(answer, 401, "unauthorized")
    assert KEY[:-1] not in answer.text
    assert "x" * 50 not in answer.text


def test_a_key_opens_its_scope_and_no_other(keyed):
    assert get(keyed, headers=bearer(TILES_KEY)).status_code == 200
    assert get(keyed, "/stac/tilejson.json", headers=bearer(TILES_KEY)).status_code == 200
    for path in ("/stac/info", "/stac/preview.png", "/stac/point/0.5,0.5", "/metrics"):
        assert "'map'" in refused(get(keyed, path, headers=bearer(TILES_KEY)), 403, "access-denied")
    assert get(keyed, "/metrics", headers=bearer(METRICS_KEY)).status_code == 200


def test_the_page_of_scopes_names_every_word():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", (DOCS / "access.md").read_text(), re.MULTILINE))
    for word, scope in SCOPES.items():
        assert f"`{word}`" in rows[scope], word


def test_a_tiles_key_follows_the_links_of_its_tileset(keyed):
    body = get(keyed, "/stac/tiles/WebMercatorQuad", access_token=TILES_KEY).json()
    for link in body["links"]:
        if "{" not in link["href"]:
            assert ask(link["href"], allow_redirects=False).status_code in (200, 307), link["href"]


def test_probes_and_pages_need_no_key(keyed):
    for path in ("/livez", "/readyz", "/healthz", "/", "/docs", "/openapi.json", "/favicon.ico", "/viewer/js/main.js",
                 "/tileMatrixSets", "/colorMaps/viridis", "/algorithms", "/indices", "/conformance"):  # fmt: skip
        assert ask(keyed + path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/viewer/../metrics",
        "/viewer/%2e%2e/metrics",
        "/viewer/..%2fmetrics",
        "/docs/../metrics",
        "/colorMaps/../metrics",
    ],
)
def test_an_open_folder_is_no_way_around(keyed, path):
    """As written: a client would shorten it."""
    connection = HTTPConnection(keyed.removeprefix("http://"), timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status in (401, 404)
    assert b"swath_reads" not in answer.read()
    connection.close()


def test_the_documentation_has_a_place_for_a_key_where_one_is_needed(keyed, signing):
    described = ask(f"{keyed}/openapi.json").json()
    [name] = described["security"][0]
    assert described["components"]["securitySchemes"][name]["scheme"] == "bearer"
    assert "security" not in ask(f"{signing}/openapi.json").json()


def test_a_preflight_needs_no_key_and_allows_the_header_that_carries_one(keyed):
    """An asterisk does not include Authorization."""
    answer = requests.options(keyed + TILE, headers={"Origin": "https://a.example"}, timeout=30)
    assert answer.status_code == 204
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_head_is_judged_like_get(keyed):
    assert requests.head(keyed + TILE, params=ITEM, timeout=30).status_code == 401
    assert requests.head(keyed + TILE, params=ITEM, headers=bearer(KEY), timeout=30).status_code == 200


def test_a_remembered_answer_is_not_for_callers_without_a_key(keyed):
    tag = get(keyed, headers=bearer(KEY)).headers["ETag"]
    again = get(keyed, headers=bearer(KEY))
    assert again.headers["X-Cache"] == "HIT"
    refused(get(keyed), 401, "unauthorized")
    refused(get(keyed, headers={"If-None-Match": tag}), 401, "unauthorized")


def test_answers_to_keys_are_for_the_callers_own_cache(keyed):
    by_header, by_query = get(keyed, headers=bearer(KEY)), get(keyed, access_token=KEY)
    assert by_header.headers["Cache-Control"] == by_query.headers["Cache-Control"] == "private, max-age=3600"
    assert by_header.headers["Vary"] == "Authorization, X-API-Key"
    assert get(keyed, "/stac/info", headers=bearer(KEY)).headers["Cache-Control"] == "private, no-cache"
    outside = get(keyed, "/stac/tiles/8/0/0.png", headers=bearer(KEY))
    assert (outside.status_code, outside.headers["Cache-Control"]) == (404, "private, max-age=3600")


def test_a_key_is_no_parameter_of_the_answer(keyed):
    """Neither ignored, nor refused when strict, nor part of the name."""
    by_header, by_query = get(keyed, headers=bearer(KEY)), get(keyed, access_token=KEY, strict="true")
    assert by_query.status_code == 200
    assert "X-Ignored-Params" not in by_query.headers
    assert by_query.headers["ETag"] == by_header.headers["ETag"]
    assert get(keyed, access_token=KEY, foo="1").headers["X-Ignored-Params"] == "foo"


def test_a_tilejson_keeps_a_key_of_the_query_in_its_tiles_and_never_one_of_a_header(keyed):
    [by_query] = get(keyed, "/stac/tilejson.json", access_token=TILES_KEY).json()["tiles"]
    assert parse_qs(urlsplit(by_query).query)["access_token"] == [TILES_KEY]
    assert ask(by_query.format(z=8, x=128, y=127)).status_code == 200
    by_header = get(keyed, "/stac/tilejson.json", headers=bearer(TILES_KEY), access_token="other")
    assert TILES_KEY not in by_header.text
    assert "access_token" not in by_header.text


# ---- signed URLs


def test_a_signed_url_is_answered(signing):
    assert ask(signed(signing)).status_code == 200
    assert requests.head(signed(signing), timeout=30).status_code == 200


def test_a_url_without_a_signature_is_refused(signing):
    assert "SWATH_SIGNING_KEYS" in refused(get(signing), 403, "access-denied")
    assert ask(f"{signing}/livez").status_code == 200


def test_all_secrets_verify(signing):
    assert ask(signed(signing, secret=OLD_SECRET)).status_code == 200
    assert "does not fit" in refused(ask(signed(signing, secret="some other secret")), 403, "access-denied")


def test_an_expired_url_says_so(signing):
    assert "expired at 20" in refused(ask(signed(signing, valid_s=-1)), 403, "access-denied")


@pytest.mark.parametrize(
    ("found", "put"),
    [("assets=a", "assets=b"), ("128/127", "128/126"), (".png", ".jpg"), ("expires=1", "expires=2"),
     ("url=item.json", "url=other.json"), ("/stac/", "/cog/"), ("&sig=", "&more=1&sig=")],
)  # fmt: skip
def test_a_signed_url_that_was_changed_is_refused_without_saying_where(signing, found, put):
    url = signed(signing)
    assert found in url
    detail = refused(ask(url.replace(found, put, 1)), 403, "access-denied")
    assert detail == "The signature does not fit this request (SWATH_SIGNING_KEYS); ask for a new URL."


def test_order_encoding_and_doubled_slashes_mean_nothing(signing):
    head, _, query = signed(signing).partition("?")
    turned = "&".join(reversed(query.split("&"))).replace("item.json", "%69tem%2Ejson")
    assert ask(f"{head}?{turned}").status_code == 200
    assert ask(signed(signing).replace("/stac/", "//stac//")).status_code == 200


def test_a_signature_given_twice_or_huge_is_refused(signing):
    url = signed(signing)
    for more in ("&sig=u.x", f"&{url[url.index('sig=') :]}", "&expires=1"):
        refused(ask(url + more), 403, "access-denied")
    refused(ask(f"{signing}{TILE}?expires=1&sig=u.{'x' * 15000}"), 403, "access-denied")


def test_a_signature_is_for_requests_without_a_body(signing):
    url = sign_url(Signer([SECRET]), f"{signing}/v0/search", int(time.time()) + 60)
    refused(requests.post(url, json={}, timeout=30), 403, "access-denied")


def test_signature_and_end_are_no_parameters_of_the_answer(signing):
    first, second = ask(signed(signing)), ask(signed(signing, valid_s=120, strict="true"))
    assert first.headers["ETag"] == second.headers["ETag"]
    assert second.headers["X-Cache"] == "HIT"
    assert "X-Ignored-Params" not in first.headers


def test_a_signed_answer_may_be_kept_by_its_url_until_that_ends(signing):
    control = ask(signed(signing, valid_s=60)).headers["Cache-Control"]
    name, _, age = control.partition("max-age=")
    assert name == "public, "
    assert 55 <= int(age) <= 60
    assert ask(signed(signing, valid_s=1e6)).headers["Cache-Control"] == "public, max-age=3600"


@pytest.fixture
def template(signing) -> str:
    answer = ask(signed(signing, "/stac/tilejson.json", minzoom="7", maxzoom="9"))
    assert answer.status_code == 200, answer.text
    [template] = answer.json()["tiles"]
    return template


def fill(template: str, z: int = 8, x: int = 128, y: int = 127) -> str:
    return template.replace("{z}/{x}/{y}", f"{z}/{x}/{y}")


def test_a_signed_tilejson_hands_out_signed_tiles_of_every_zoom(template):
    for zxy in ((8, 128, 127), (9, 256, 255), (7, 64, 63)):
        assert ask(fill(template, *zxy)).status_code == 200


@pytest.mark.parametrize(
    ("found", "put"),
    [("assets=a", "assets=b"), ("/stac/tiles/", "/cog/tiles/"), ("@1x", "@2x"), ("@1x", "@1x.npy"),
     ("expires=1", "expires=2"), ("WebMercatorQuad/", ""), ("WebMercatorQuad", "WGS1984Quad"), ("?", "?bidx=1&"),
     ("/stac/tiles/WebMercatorQuad/8/128/127@1x", "/stac/preview.png"),
     ("/stac/tiles/WebMercatorQuad/8/128/127@1x", "/stac/tilejson.json")],
)  # fmt: skip
def test_the_signature_of_a_template_opens_nothing_else(template, found, put):
    url = fill(template)
    assert found in url
    refused(ask(url.replace(found, put, 1)), 403, "access-denied")


@pytest.mark.parametrize(
    "path", ["/stac/tiles", "/stac/tiles/WebMercatorQuad", "/stac/WMTSCapabilities.xml", "/stac/renders"]
)
def test_the_links_of_a_signed_document_open(signing, path):
    """Those without places to fill in, but for the page, which asks for more than one document has."""
    written = ask(signed(signing, path))
    assert written.status_code == 200
    found = re.findall(r'"(http[^"{]*[?&;]sig=[^"{]*)"', written.text)
    assert found
    for href in map(unescape, found):
        assert (ask(href).status_code == 403) == ("map.html" in href), href


@pytest.mark.parametrize("path", ["/stac/map.html", "/stac/viewer", "/stac/WebMercatorQuad/map.html"])
def test_the_page_is_not_opened_by_a_signature(signing, path):
    assert "with a key" in refused(ask(signed(signing, path), allow_redirects=False), 403, "access-denied")


def test_a_template_ends_with_the_url_it_came_from(signing):
    url = signed(signing, "/stac/tilejson.json", valid_s=50)
    [template] = ask(url).json()["tiles"]
    assert parse_qs(urlsplit(template).query)["expires"] == parse_qs(urlsplit(url).query)["expires"]
    past = sign_url(Signer([SECRET]), template, int(time.time()) - 1)
    assert parse_qs(urlsplit(past).query)["sig"][0].startswith(f"{Kind.TEMPLATE}.")
    assert "expired" in refused(ask(fill(past)), 403, "access-denied")


def test_a_proxys_prefix_is_not_signed(signing):
    """The server signs and sees the path below it."""
    forwarded = {"X-Forwarded-Prefix": "/swath", "X-Forwarded-Host": "tiles.example.com"}
    [template] = ask(signed(signing, "/stac/tilejson.json"), headers=forwarded).json()["tiles"]
    assert template.startswith("http://tiles.example.com/swath/stac/tiles/")
    assert ask(fill(template).replace("http://tiles.example.com/swath", signing)).status_code == 200


def test_where_both_are_on_either_suffices(folder):
    with limited(folder, api_keys=ENTRIES, signing_keys=(SECRET,)) as base:
        assert get(base, headers=bearer(KEY)).status_code == 200
        assert ask(signed(base)).status_code == 200
        assert ask(signed(base), headers=bearer("wrong")).status_code == 200
        assert "or ask for a signed URL" in refused(get(base), 401, "unauthorized")


# ---- allowances


def test_without_settings_nothing_is_said_of_access(folder):
    with limited(folder) as base:
        answer = get(base, sig="x", access_token="y")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["X-Ignored-Params"] == "sig, access_token"
        assert not {"RateLimit", "RateLimit-Policy", "Vary", "WWW-Authenticate"} & set(answer.headers)


def test_a_burst_then_429_then_again_after_the_time_it_names(folder):
    """60 units a minute, 5 at once; a tile of 512 pixels is 4."""
    with limited(folder, rate_limit=60, rate_burst=5) as base:
        first = get(base, tilesize="512")
        assert first.status_code == 200
        assert first.headers["RateLimit-Policy"] == '"units";q=5;w=5'
        assert first.headers["RateLimit"].startswith('"units";r=1;t=1')
        answer = get(base, tilesize="512", rescale="0,9")
        assert "SWATH_RATE_LIMIT" in refused(answer, 429, "rate-exceeded")
        assert answer.headers["RateLimit"].startswith('"units";r=')
        pause = int(answer.headers["Retry-After"])
        assert 2 <= pause <= 4
        assert answer.json()["retry_after"] == pause
        time.sleep(pause)
        assert get(base, tilesize="512", rescale="0,9").status_code == 200


def test_what_is_remembered_or_unchanged_costs_a_tenth(folder):
    """0.6 units a minute do not come back within the test; of 3, one tile leaves 2, and ten more requests 1."""
    with limited(folder, rate_limit=0.6, rate_burst=3) as base:
        tag = get(base).headers["ETag"]
        for _ in range(5):
            assert get(base).headers["X-Cache"] == "HIT"
            last = get(base, headers={"If-None-Match": tag})
            assert last.status_code == 304
        assert last.headers["RateLimit"].startswith('"units";r=1;')


def test_prices_are_those_of_the_docs(folder):
    prices = {
        (TILE, "assets=a"): 1,
        (TILE, "assets=a&assets=b&tilesize=512"): 8,
        ("/stac/preview/512x256.png", "assets=a"): 2,
        ("/stac/point/0.5,0.5", "assets=a&assets=b"): 2,
        ("/stac/info", "assets=a&assets=b"): 2,
        ("/stac/tilejson.json", "assets=a"): 1,
        ("/stac/explain", "assets=a"): 1,
        ("/stac/assets", ""): 1,
        ("/stac/bounds", ""): 1,
        ("/stac/nothing", ""): 0.1,
        ("/livez", ""): 0,
    }
    with limited(folder, rate_limit=0.001, rate_burst=100, api_keys=ENTRIES) as base:
        spent = 0.0
        for (path, query), units in prices.items():
            ask(f"{base}{path}?url=item.json&{query}", headers=bearer(KEY))
            spent += units
            seen = ask(f"{base}/docs", headers={**bearer(KEY), "X-Forwarded-For": path})
            assert seen.status_code == 200
            left = ask(f"{base}/nothing", headers=bearer(KEY)).headers["RateLimit"]
            spent += 0.1
            assert left.startswith(f'"units";r={int(100 - spent + 1e-6)};'), path


def test_callers_behind_a_trusted_proxy_have_an_allowance_each(folder):
    with limited(folder, rate_limit=0.6, rate_burst=1) as base:
        for address in ("203.0.113.1", "203.0.113.2", "2001:db8:1:2::3"):
            assert get(base, headers={"X-Forwarded-For": address}, rescale="0,9", nodata=str(len(address))).ok
        for address in ("203.0.113.1", "2001:db8:1:2::4", "198.51.100.7, 203.0.113.1"):
            answer = get(base, headers={"X-Forwarded-For": address}, nodata="99")
            refused(answer, 429, "rate-exceeded")


def test_who_is_not_a_trusted_proxy_cannot_choose_an_address(folder):
    with limited(folder, rate_limit=0.6, rate_burst=1, trusted_proxies=("10.0.0.0/8",)) as base:
        assert get(base, headers={"X-Forwarded-For": "203.0.113.1"}).ok
        refused(get(base, headers={"X-Forwarded-For": "203.0.113.2"}, nodata="9"), 429, "rate-exceeded")


def test_a_key_has_its_own_allowance_wherever_it_comes_from(folder):
    text, entry = new_key("bob", units_per_minute=1.2)
    with limited(folder, rate_limit=0.6, rate_burst=1, api_keys=(ALL.entry, entry.entry)) as base:
        assert get(base, headers=bearer(KEY)).ok
        refused(get(base, headers={**bearer(KEY), "X-Forwarded-For": "203.0.113.1"}, nodata="1"), 429, "rate-exceeded")
        for nodata in ("1", "2"):
            assert get(base, headers=bearer(text), nodata=nodata).ok
        refused(get(base, headers=bearer(text), nodata="3"), 429, "rate-exceeded")


def test_guessing_keys_is_charged_to_the_address(folder):
    with limited(folder, rate_limit=0.6, rate_burst=0.3, api_keys=ENTRIES) as base:
        for _ in range(3):
            refused(get(base, access_token="guess"), 401, "unauthorized")
        refused(get(base, access_token="guess"), 429, "rate-exceeded")
        assert get(base, headers=bearer(KEY), empty="204").ok


def test_probes_and_preflights_are_never_limited(folder):
    with limited(folder, rate_limit=0.6, rate_burst=0.1) as base:
        ask(f"{base}/nothing")
        refused(ask(f"{base}/nothing"), 429, "rate-exceeded")
        for _ in range(3):
            assert ask(f"{base}/livez").ok
            assert requests.options(base + TILE, timeout=30).ok


def test_requests_of_one_connection_are_charged_each_for_itself(folder):
    """Pipelined: the second runs in a copy of the context of the first. A tile behind a tile is charged once, anew."""
    with limited(folder, rate_limit=0.6, rate_burst=3) as base:
        host, port = base.removeprefix("http://").split(":")
        tile = f"GET {TILE}?{urlencode(ITEM)} HTTP/1.1\r\nHost: x\r\n\r\n"
        other = f"GET {TILE}?{urlencode(ITEM)}&nodata=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall((tile + other).encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert received.count(b"HTTP/1.1 200 OK") == 2
        assert re.findall(rb'ratelimit: "units";r=([0-9]+)', received.lower()) == [b"2", b"1"]
        assert ask(f"{base}/nothing").headers["RateLimit"].startswith('"units";r=0;')


# ---- what others see


@pytest.fixture
def data(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as server:
        yield server


def test_no_upstream_is_told_a_key_or_a_signature(data):
    with serving(Settings(allow_hosts=(data.host,), api_keys=ENTRIES, signing_keys=(SECRET,))) as base:
        item = {"url": data.url("/item.json")}
        assert get(base, headers=bearer(KEY), **item).ok
        assert get(base, access_token=KEY, nodata="1", **item).ok
        assert ask(signed(base, nodata="2", **item)).ok
    asked = [str(each) for each in data.log]
    assert asked
    assert not [text for text in asked if KEY in text or "sig=" in text or "expires" in text]


def test_who_is_over_his_rate_makes_nobody_read_pixels(data):
    """The header of the raster is read, for the price follows from it; its blocks are not."""
    with serving(Settings(allow_hosts=(data.host,), rate_limit=0.6, rate_burst=3, cache_blocks_mb=0)) as base:
        item = {"url": data.url("/item.json")}
        assert get(base, **item).ok
        before = data.count()
        refused(get(base, tilesize="512", **item), 429, "rate-exceeded")
        refused(get(base, "/stac/preview/1024x1024.png", **item), 429, "rate-exceeded")
        assert data.count() == before
