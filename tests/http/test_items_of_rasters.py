"""A STAC item of a raster: valid, and read again by this server as the raster itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pystac
import pytest
import requests

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.stac_schemas import faults_of_item
from tests.upstream import Upstream, upstream

RASTERS = sorted(
    path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix.lower() in (".tif", ".tiff")
)
BROKEN = {"rasters/rasterio_corrupt.tif": "cut off"}
MANY_BANDS = {"rasters/titiler_above_cog.tif"}


class Server:
    """Asks for items of files upstream, and about those items."""

    def __init__(self, base: str, files: Upstream) -> None:
        self.base, self.files = base, files

    def ask(self, path: str, name: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.base}{path}", {"url": self.files.url(f"/{name}"), **query}, timeout=60)

    def item(self, name: str, **query: Any) -> dict[str, Any]:
        answer = self.ask("/cog/stac", name, **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/geo+json"
        item: dict[str, Any] = answer.json()
        assert faults_of_item(item) == []
        return item

    def publish(self, item: dict[str, Any], raster: str) -> str:
        """Let the upstream serve the item of a raster, and name it."""
        name = f"items/{raster}.json"
        self.files.fault(f"/{name}", body=json.dumps(item).encode())
        return name


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with upstream(DATA) as files, serving(Settings(allow_hosts=files.host)) as base:
        yield Server(base, files)


def test_an_item_of_a_sample_is_where_its_own_item_says(sample_server: str) -> None:
    search = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=30).json()
    scene = search["features"][0]
    url = scene["assets"]["B04"]["href"]
    answer = requests.get(f"{sample_server}/cog/stac", {"url": url, "datetime": "2019-01-02"}, timeout=30)
    item = answer.json()
    assert faults_of_item(item) == []
    assert item["properties"]["proj:epsg"] == scene["properties"]["proj:epsg"]
    assert item["bbox"] == pytest.approx(scene["bbox"], abs=0.01)
    assert item["properties"]["datetime"] == "2019-01-02T00:00:00Z"


@needs_shared
@pytest.mark.parametrize("name", RASTERS)
def test_every_real_raster_has_a_valid_item_that_is_drawn_as_the_raster(server: Server, name: str) -> None:
    if name in BROKEN:
        assert BROKEN[name] in problem_of(server.ask("/cog/stac", name))["detail"]
        return
    item = server.item(name, max_size=256)
    assert item["id"] == name.rsplit("/", 1)[-1]
    published = server.publish(item, name)
    assert server.ask("/stac/assets", published).json() == ["data"]
    if name not in MANY_BANDS:
        alone, of_item = (
            pixels(server.ask(f"{path}/preview.npy", asked, max_size=128, **more))
            for path, asked, more in (("/cog", name, {}), ("/stac", published, {"assets": "data"}))
        )
        assert np.array_equal(alone, of_item)
    if "bbox" in item:
        assert server.ask("/stac/bounds", published).json()["bounds"] == item["bbox"]
        zooms = [server.ask(f"{path}/tilejson.json", asked, **more).json()["maxzoom"] for path, asked, more in
                 (("/cog", name, {"bidx": 1}), ("/stac", published, {"assets": "data", "bidx": 1}))]  # fmt: skip
        assert zooms[0] == zooms[1]


@needs_shared
def test_statistics_are_those_of_the_statistics_route(server: Server) -> None:
    name = "rasters/cog_int16.tif"
    [band] = server.item(name, max_size=200)["assets"]["data"]["raster:bands"]
    numbers = server.ask("/cog/statistics", name, max_size=200).json()["b1"]
    statistics = band["statistics"]
    assert (statistics["minimum"], statistics["maximum"]) == (numbers["min"], numbers["max"])
    assert (statistics["mean"], statistics["stddev"]) == (numbers["mean"], numbers["std"])
    assert band["histogram"]["buckets"] == numbers["histogram"][0]


@needs_shared
def test_scale_and_offset_of_an_item_are_those_of_its_raster(server: Server) -> None:
    name = "rasters/cog_scale.tif"
    published = server.publish(server.item(name), name)
    values = [
        server.ask(f"{path}/point/127.3,37.4", asked, unscale="true", **more).json()["values"]
        for path, asked, more in (("/cog", name, {}), ("/stac", published, {"assets": "data"}))
    ]
    assert values[0] == values[1]


@needs_shared
def test_an_item_says_what_it_is_asked_to_say(server: Server) -> None:
    item = server.item(
        "rasters/cog_int16.tif", datetime="2019-07-01/2019-07-31T12:00:00+02:00", id="mine", collection="c",
        collection_url="https://example.com/c", asset_name="heights", asset_roles=["data", "reflectance"],
        asset_media_type="image/tiff", asset_href="https://example.com/a.tif", with_eo="false", geometry_precision=2,
        geometry_densify=3,
    )  # fmt: skip
    assert (item["id"], item["collection"]) == ("mine", "c")
    assert item["properties"]["end_datetime"] == "2019-07-31T10:00:00Z"
    asset = item["assets"]["heights"]
    assert (asset["href"], asset["type"]) == ("https://example.com/a.tif", "image/tiff")
    assert asset["roles"] == ["data", "reflectance"]
    assert "eo:bands" not in asset
    [ring] = item["geometry"]["coordinates"]
    assert len(ring) == 17
    assert all(round(value, 2) == value for point in ring for value in point)


@needs_shared
def test_pystac_reads_an_item(server: Server) -> None:
    item = pystac.Item.from_dict(server.item("rasters/cog_int16.tif", geom_densify_pts=2))
    assert item.datetime is not None
    assert item.assets["data"].media_type == pystac.MediaType.GEOTIFF


@needs_shared
def test_an_item_without_statistics_reads_no_pixel(server: Server) -> None:
    name = "~alone/rasters/cog_int16.tif"
    server.item(name, with_raster="false")
    assert server.files.ranges(f"/{name}") == ["bytes=0-32767"]


@needs_shared
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"datetime": "July"}, "is not a date or time"),
        ({"datetime": "2019/2020/2021"}, "neither a time nor start/end"),
        ({"datetime": "2020-01-01/2019-01-01"}, "ends before it starts"), ({"datetime": "2020-01-01/.."}, "not a date"),
        ({"datetime": "0001-01-01T00:00:00+14:00"}, "is not a date or time"),
        ({"extensions": "javascript:1"}, "is not the address of a schema"),
        ({"collection_url": "https://example.com"}, "needs the id"), ({"asset_media_type": "tiff"}, "not a media type"),
        ({"geometry_densify": 5000}, "must be 0 to 1000"), ({"geometry_precision": -2}, "must be -1 to 15"),
        ({"id": "x" * 3000}, "3000 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_in_an_item_is_a_problem(server: Server, query: dict[str, Any], told: str) -> None:
    body = problem_of(server.ask("/cog/stac", "rasters/cog_int16.tif", **query))
    assert body["status"] in (400, 422)
    assert told in body["detail"]


def pixels(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content))
