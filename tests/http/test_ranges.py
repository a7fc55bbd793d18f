"""A GeoTIFF in pieces, as GDAL reads it by its URL."""

from __future__ import annotations

import pytest
import requests


@pytest.fixture(scope="module")
def url(sample_server: str) -> str:
    scene = requests.get(f"{sample_server}/v0/search?limit=1", timeout=20).json()["features"][0]
    item = f"{sample_server}/v0/collections/{scene['collection']}/items/{scene['id']}"
    return f"{sample_server}/stac/preview.tif?url={item}&assets=B04&max_size=64"


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("0-15", 0, 15), ("100-", 100, None), ("-20", -20, None), ("5-99999999", 5, None)]
)
def test_a_range_is_that_part_of_the_whole(url: str, asked: str, first: int, last: int | None):
    whole = requests.get(url, timeout=30)
    assert (whole.status_code, whole.headers["Accept-Ranges"]) == (200, "bytes")
    part = requests.get(url, headers={"Range": f"bytes={asked}"}, timeout=30)
    assert part.status_code == 206
    wanted = whole.content[first:] if last is None else whole.content[first : last + 1]
    assert part.content == wanted
    start = first % len(whole.content)
    place = f"bytes {start}-{start + len(wanted) - 1}/{len(whole.content)}"
    assert (part.headers["Content-Range"], part.headers["Content-Length"]) == (place, str(len(wanted)))
    assert (part.headers["ETag"], part.headers["Content-Type"]) == (
        whole.headers["ETag"],
        whole.headers["Content-Type"],
    )


@pytest.mark.parametrize(
    "asked", ["bytes=9-3", "bytes=99999999-", "bytes=0-1,5-6", "bytes=-", "bytes=-0", "lines=1-2", "x"]
)
def test_what_is_no_range_of_it_is_answered_whole(url: str, asked: str):
    answer = requests.get(url, headers={"Range": asked}, timeout=30)
    assert (answer.status_code, "Content-Range" in answer.headers) == (200, False)
    assert len(answer.content) == int(answer.headers["Content-Length"])


def test_a_part_of_something_else_is_answered_whole(url: str):
    asked = {"Range": "bytes=0-15", "If-Range": '"another"'}
    assert requests.get(url, headers=asked, timeout=30).status_code == 200
    asked["If-Range"] = requests.get(url, timeout=30).headers["ETag"]
    assert requests.get(url, headers=asked, timeout=30).status_code == 206


def test_pictures_come_whole(url: str):
    answer = requests.get(url.replace("preview.tif", "preview.png"), headers={"Range": "bytes=0-15"}, timeout=30)
    assert (answer.status_code, "Accept-Ranges" in answer.headers) == (200, False)
