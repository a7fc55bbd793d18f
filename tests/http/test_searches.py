"""Searches over HTTP: ids, links, lists of scenes, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import free_port, serving, wait_until_ready
from tests.stac_api import ScriptedApi, item, scenes
from tests.upstream import Upstream, upstream

NOTEBOOK = {
    "collections": ["sentinel-s2-l2a-cogs"],
    "datetime": "2019-01-01T00:00:00Z/2019-12-11T23:59:59Z",
    "query": {"eo:cloud_cover": {"lt": 5}},
    "intersects": {"type": "Point", "coordinates": [30.85, 29.49]},
    "limit": 100,
}


def post(base: str, body: Any, **options: Any) -> requests.Response:
    return requests.post(f"{base}/search", json=body, timeout=30, **options)


def get(address: str, **query: Any) -> requests.Response:
    return requests.get(address, params=query, timeout=30)


def ids(answer: requests.Response) -> list[str]:
    return [feature["id"] for feature in answer.json()["features"]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path) as server:
        yield server


@pytest.fixture
def base(server: Upstream) -> Iterator[str]:
    with serving(Settings(allow_hosts=(server.host,))) as base:
        yield base


def test_the_search_of_the_notebook_finds_what_the_api_finds(sample_server):
    """Through the id, and through the query alone."""
    registered = post(sample_server, {"api": f"{sample_server}/v0/search", **NOTEBOOK}).json()
    expected = requests.post(f"{sample_server}/v0/search", json=NOTEBOOK, timeout=30).json()
    hrefs = [link["href"] for link in registered["links"] if link["rel"] == "items"]
    assert len(hrefs) == 2
    for href in hrefs:
        answer = get(href)
        assert answer.headers["Content-Type"] == "application/geo+json"
        assert ids(answer) == [feature["id"] for feature in expected["features"]]
        matched = str(expected["context"]["matched"])
        assert (answer.headers["X-Items-Matched"], answer.headers["X-Items-Used"]) == (matched, matched)
        assert answer.headers["X-Truncated"] == "false"


def test_a_feature_has_what_a_list_shows(sample_server):
    answer = get(f"{sample_server}/search/items", url=f"{sample_server}/v0", max_items=1)
    [feature] = answer.json()["features"]
    assert feature.keys() == {"type", "id", "collection", "bbox", "geometry", "properties", "links"}
    assert feature["properties"].keys() == {"datetime", "eo:cloud_cover"}
    [link] = feature["links"]
    assert get(f"{sample_server}/stac/assets", url=link["href"]).json() == ["B02", "B03", "B04", "B08", "SCL", "visual"]


@pytest.mark.parametrize("path", ["/samples/catalog.json", "/samples/sentinel-s2-l2a-cogs/collection.json"])
def test_the_static_sample_is_searched_in_the_process(sample_server, path):
    answer = get(f"{sample_server}/search/items", url=sample_server + path, filter="eo:cloud_cover < 5")
    assert len(ids(answer)) == int(answer.headers["X-Items-Matched"]) >= 14
    href = answer.json()["features"][0]["links"][0]["href"]
    assert href.startswith(f"{sample_server}/samples/")
    assert get(f"{sample_server}/stac/assets", url=href).ok


def test_an_id_tells_its_search(sample_server):
    body = {"api": f"{sample_server}/v0", **NOTEBOOK}
    registered = post(sample_server, body).json()
    by_id = get(f"{sample_server}/search/{registered['id']}").json()
    assert by_id == registered
    assert registered["search"]["max_items"] == 100
    assert registered["search"]["filter"] == {"args": [{"property": "eo:cloud_cover"}, 5], "op": "<"}


def test_get_and_post_give_the_same_id(sample_server):
    posted = post(sample_server, {"api": f"{sample_server}/v0", "bbox": [30.8, 29.4, 30.9, 29.5]}).json()
    got = get(f"{sample_server}/search", api=f"{sample_server}/v0/", bbox="30.80,29.40,30.90,29.50").json()
    assert got == posted


def test_an_unknown_id_is_not_found_and_says_what_to_do(sample_server):
    for path in ("0" * 64, f"{'0' * 64}/items", "nonsense", "..%2f..%2fetc"):
        body = problem_of(get(f"{sample_server}/search/{path}"))
        assert body["status"] == 404
    assert "POST it to /search again" in problem_of(get(f"{sample_server}/search/{'0' * 64}"))["detail"]


def test_a_collection_of_items_is_a_search_of_them(base):
    collection = {"type": "FeatureCollection", "features": [*scenes(3), {"type": "Feature", "id": "flat"}]}
    registered = post(base, collection).json()
    assert [link["rel"] for link in registered["links"]] == ["self", "items"]
    answer = get(registered["links"][1]["href"])
    assert ids(answer) == ["scene-0000", "scene-0001", "scene-0002"]
    assert answer.json()["left_out"] == [{"reason": "without geometry", "count": 1, "ids": ["flat"]}]
    assert answer.json()["notes"] == ["Left out: 1 item without geometry (flat)."]


def test_what_was_cut_off_is_told_in_headers_and_in_words(base, server):
    api = ScriptedApi(server, scenes(250))
    answer = get(f"{base}/search/items", api=api.url, limit=5)
    assert (answer.headers["X-Items-Matched"], answer.headers["X-Items-Used"]) == ("250", "5")
    assert answer.headers["X-Truncated"] == "true"
    assert answer.json()["notes"] == ["There may be more: max_items is 5."]
    assert "X-Truncated" in answer.headers["Access-Control-Expose-Headers"]


def test_an_item_that_says_nonsense_harms_nobody(base, server):
    """Infinite numbers, halves of surrogate pairs, and a link that is none."""
    odd = item(1) | {"id": "half \ud800", "links": [{"rel": "self", "href": "javascript:alert(1)"}, 7]}
    odd["properties"] |= {"eo:cloud_cover": float("inf")}
    odd["geometry"]["type"] = "\ud800"
    worse = item(2) | {"geometry": {"type": "Point", "coordinates": [float("nan"), 1e400, 5]}}
    answer = get(f"{base}/search/items", api=ScriptedApi(server, [odd, worse]).url)
    assert answer.status_code == 200
    assert [feature["id"] for feature in answer.json()["features"]] == ["half ?", "scene-0002"]
    assert "eo:cloud_cover" not in answer.json()["features"][0]["properties"]


@pytest.mark.parametrize(
    "where",
    [
        {"api": "http://127.0.0.1:9/v1"},
        {"api": "http://169.254.169.254/latest"},
        {"api": "http://[::1]/"},
        {"url": "file:///etc"},
        {"url": "/etc"},
        {"url": "s3://"},
        {"api": "http://user:password@example.com/"},
    ],
)
def test_forbidden_sources_are_refused_when_they_are_named(base, where):
    for answer in (post(base, where), get(f"{base}/search", **where), get(f"{base}/search/items", **where)):
        body = problem_of(answer)
        assert (body["status"], body["type"]) == (403, "source-not-allowed")


def test_a_name_of_a_forbidden_address_is_refused_when_it_is_looked_up(base, server):
    answer = get(f"{base}/search/items", url=f"http://localhost:{server.port}/catalog.json")
    assert problem_of(answer)["type"] == "source-not-allowed"
    assert server.log == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"api": 5}', 422),
        (b'{"type": "FeatureCollection", "features": 5}', 422),
        (b'{"api": "https://a.b/", "filter": "a <"}', 400),
        (b'{"api": "https://a.b/", "bbox": [NaN, 1, 2, 3]}', 400),
        (b'{"api": "https://a.b/", "x": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"api": "https://a.b/\\ud800"}', 400),
        (b'{"api": "https://a.b/", "ids": ["\\ud800"]}', 400),
        (b'{"api": "https://a.b/", "query": {"a": {"eq": "\\udfff"}}}', 400),
        (b'{"api": "https://a.b/", "\\ud800": 5, "bbox": "\\ud800"}', 400),
        (b'{"api": "' + b"x" * 3_000_000 + b'"}', 413),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_searched_for_are_problems(base, body, status):
    assert problem_of(requests.post(f"{base}/search", data=body, timeout=30))["status"] == status


def test_members_and_parameters_that_nobody_knows_are_named_or_refused(base, server):
    api = ScriptedApi(server, scenes(1)).url
    answer = post(base, {"api": api, "token": "x", "colections": ["a"]})
    assert answer.headers["X-Ignored-Params"] == "token, colections"
    refused = problem_of(post(base, {"api": api, "colections": ["a"]}, params={"strict": "true"}))
    assert "did you mean collections" in refused["detail"]
    assert get(f"{base}/search/items", api=api, colections="a").headers["X-Ignored-Params"] == "colections"


def test_a_source_that_fails_is_a_problem_of_its_kind(base, server):
    api = ScriptedApi(server, scenes(1))
    for fault, status in (({"status": 500}, 502), ({"status": 401}, 424), ({"body": b"<html>"}, 424)):
        server.fault("/search", **fault)
        assert problem_of(get(f"{base}/search/items", api=api.url))["status"] == status


def test_a_search_ends_in_time_when_its_source_never_does(server):
    ScriptedApi(server, scenes(1))
    server.fault("/search", drip_s=0.2)
    with serving(Settings(allow_hosts=(server.host,), search_timeout_s=1)) as base:
        body = problem_of(get(f"{base}/search/items", api=server.url("")))
    assert (body["status"], "SWATH_SEARCH_TIMEOUT_S" in body["detail"]) == (504, True)


def test_keys_open_searches_by_their_scope(server, sample_server):
    from app.access.keys import Scope, new_key

    (key, entry), (other, tiles) = new_key("reader", {Scope.INFO}), new_key("tiles", {Scope.TILES})
    api = ScriptedApi(server, scenes(1)).url
    with serving(Settings(allow_hosts=(server.host,), api_keys=(entry.entry, tiles.entry))) as base:
        assert problem_of(post(base, {"api": api}))["status"] == 401
        assert problem_of(post(base, {"api": api}, headers={"X-API-Key": other}))["status"] == 403
        assert post(base, {"api": api}, headers={"X-API-Key": key}).ok
        registered = post(base, {"api": api}, params={"access_token": key}).json()
        assert all(get(link["href"]).ok for link in registered["links"])
        assert "access_token" not in json.dumps(registered["search"])


def test_documents_that_are_read_are_charged_and_end_a_search_when_the_allowance_does(server):
    api = ScriptedApi(server, scenes(1000))
    with serving(Settings(allow_hosts=(server.host,), rate_limit=0.001, rate_burst=1)) as base:
        assert get(f"{base}/search/items", api=api.url, max_items=1).headers["X-Items-Used"] == "1"
        answer = get(f"{base}/search/items", api=api.url)
        assert 0 < int(answer.headers["X-Items-Used"]) < 1000
        assert answer.headers["X-Truncated"] == "true"
        assert get(f"{base}/search/items", api=api.url).status_code == 429


def test_every_worker_knows_an_id(server):
    """Four of them, on connections of their own; the folder is gone when they are."""
    port, api = free_port(), ScriptedApi(server, scenes(1)).url
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "4"]
    env = {"SWATH_ALLOW_HOSTS": server.host, "PATH": "", "HOME": str(server.folder), "TMPDIR": str(server.folder)}
    process = subprocess.Popen(command, env=env, text=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(base, process)
        found = post(base, {"api": api}).json()["id"]
        assert {get(f"{base}/search/{found}").status_code for _ in range(24)} == {200}
    finally:
        process.terminate()
        process.wait(30)
    assert not list(server.folder.glob("swath-*"))
