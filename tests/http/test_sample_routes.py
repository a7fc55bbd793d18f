"""The sample catalogue over HTTP: documents, search, files and ranges of them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

COLLECTION = "/v0/collections/sentinel-s2-l2a-cogs"
CLEAR = "S2B_36RTT_20191205_0_L2A"
BAND = f"/samples/sentinel-s2-l2a-cogs/{CLEAR}/B04.tif"


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def send(
    base: str, target: str, *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request on a connection of its own."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)


def test_every_link_of_the_documents_can_be_followed(sample_server: str) -> None:
    """From the landing page to the item, with absolute addresses of this very server."""
    for target in ("/v0", "/v0/conformance", "/v0/collections", COLLECTION, f"{COLLECTION}/items/{CLEAR}"):
        answer = send(sample_server, target)
        assert answer.status == 200, target
        for link in answer.json.get("links", []):
            assert link["href"].startswith(sample_server)
            assert send(sample_server, link["href"].removeprefix(sample_server)).status == 200, link


def test_an_item_is_geojson_and_its_assets_are_there(sample_server: str) -> None:
    """The media types are those of STAC."""
    answer = send(sample_server, f"{COLLECTION}/items/{CLEAR}")
    assert answer.headers["content-type"] == "application/geo+json"
    for asset in answer.json["assets"].values():
        file = send(sample_server, asset["href"].removeprefix(sample_server), method="HEAD")
        assert (file.status, file.body) == (200, b"")
        assert file.headers["content-type"] == asset["type"]


def test_search_answers_by_body_and_by_query_string(sample_server: str) -> None:
    """Both find the same, newest first."""
    body = json.dumps({"limit": 3, "query": {"eo:cloud_cover": {"lt": 5}}}).encode()
    posted = send(sample_server, "/v0/search", method="POST", body=body, headers={"Content-Type": "application/json"})
    got = send(sample_server, "/v0/search?limit=3&query=%7B%22eo%3Acloud_cover%22%3A%7B%22lt%22%3A5%7D%7D")
    assert posted.headers["content-type"] == got.headers["content-type"] == "application/geo+json"
    assert [f["id"] for f in posted.json["features"]] == [f["id"] for f in got.json["features"]]
    assert posted.json["features"][0]["id"] == CLEAR


def test_the_next_link_of_a_query_string_leads_to_the_next_page(sample_server: str) -> None:
    """It keeps the other parameters."""
    seen: list[str] = []
    target: str | None = "/v0/search?limit=10&fields=id"
    while target:
        answer = send(sample_server, target).json
        seen += [feature["id"] for feature in answer["features"]]
        target = next((x["href"].removeprefix(sample_server) for x in answer["links"] if x["rel"] == "next"), None)
    assert len(seen) == len(set(seen)) == answer["context"]["matched"] == 24


def test_items_of_the_collection_are_listed(sample_server: str) -> None:
    """With the parameters of the search; another collection is not found."""
    answer = send(sample_server, f"{COLLECTION}/items?limit=2&datetime=../2019-06-30")
    assert answer.json["features"][0]["id"] == "S2A_36RTT_20190623_0_L2A"
    assert send(sample_server, "/v0/collections/other/items").status == 404


@pytest.mark.parametrize(
    ("value", "status", "content"),
    [("bytes=0-3", 206, b"II*\0"), ("bytes=2-3", 206, b"*\0"), ("bytes=999999999-", 416, None)],
)
def test_files_are_sent_in_ranges(sample_server: str, value: str, status: int, content: bytes | None) -> None:
    """What a reader of COGs asks for."""
    answer = send(sample_server, BAND, headers={"Range": value})
    assert answer.status == status
    if content is not None:
        assert answer.body == content


def test_a_file_has_a_validator_and_says_that_it_takes_ranges(sample_server: str) -> None:
    """So that caches and readers can trust it."""
    answer = send(sample_server, BAND, method="HEAD")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"]
    assert int(answer.headers["content-length"]) > 100_000


@pytest.mark.parametrize(
    "target",
    [
        "/samples/",
        "/samples/nothing.tif",
        "/samples/../app/main.py",
        "/samples/%2e%2e/%2e%2e/etc/passwd",
        "/samples//etc/passwd",
        f"{COLLECTION}/items/S2A_nowhere",
        "/v0/collections/other",
    ],
)
def test_what_is_not_there_is_a_problem_of_404(sample_server: str, target: str) -> None:
    """With a remedy, and without a path of this machine."""
    answer = send(sample_server, target)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert b".cache" not in answer.body


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"{", "body"),
        (b'{"bbox": [NaN, 0, 1, 1]}', "bbox"),
        (b'{"datetime": "soon"}', "datetime"),
        (b'{"intersects": {"type": "Polygon", "coordinates": 3}}', "intersects"),
        (b'{"limit": 0}', "limit"),
    ],
)
def test_a_search_that_cannot_be_read_is_a_problem_that_names_the_parameter(
    sample_server: str, body: bytes, name: str
) -> None:
    """Status 400, never 500."""
    answer = send(sample_server, "/v0/search", method="POST", body=body)
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert name in answer.json["detail"]


def test_a_search_over_1_mib_is_too_large(sample_server: str) -> None:
    """Status 413, as of every body that is too long."""
    answer = send(sample_server, "/v0/search", method="POST", body=b" " * 1_100_000)
    assert (answer.status, answer.json["type"]) == (413, "body-too-large")
    assert "1 MiB" in answer.json["detail"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=999999999", "limit='999999999': give a whole number from 1 to 1000000, such as 10"),
        ("intersects=%7B%22type%22:%22Polygon%22%7D", """intersects='{"type": "Polygon"}': give a GeoJSON geometry"""),
        (
            "intersects=%7B'type':'Polygon'%7D",
            "this is not JSON that can be read; names and texts stand in double quotes",
        ),
        ("query=%7B%22a%22:null%7D", """query='{"a": null}'"""),
    ],
)
def test_what_is_wrong_with_a_search_is_said_in_json(sample_server: str, query: str, told: str) -> None:
    """As the caller wrote it, with the limit or an example."""
    answer = send(sample_server, f"/v0/search?{query}")
    assert answer.status == 400
    assert told in answer.json["detail"]
