"""Catalogues, collections of features, folders, and items that were sent along: all are searched here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import NotFound, SourceNotAllowed, UpstreamUnusable
from app.match.cql2.text import parse_text
from app.model.search import Search, SortKey
from tests.stac_api import CORE, ScriptedApi, item, scenes
from tests.unit.stac.search.searching import search
from tests.upstream import Upstream, upstream


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path) as server:
        yield server


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def links(rel: str, *hrefs: str) -> list[dict[str, str]]:
    return [{"rel": rel, "href": href} for href in hrefs]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A root with two collections of ten items each; the second is in a folder of its own, and leads back."""
    write(tmp_path / "catalog.json", {
        "type": "Catalog", "id": "root", "links": links("child", "a/collection.json", "b/collection.json"),
    })  # fmt: skip
    for name, start in (("a", 0), ("b", 10)):
        hrefs = [f"{number}.json" for number in range(start, start + 10)]
        back = links("child", "../catalog.json", "collection.json")
        document = {"type": "Collection", "id": name, "links": [*links("item", *hrefs), *back]}
        write(tmp_path / name / "collection.json", document)
        for number in range(start, start + 10):
            write(tmp_path / name / f"{number}.json", item(number) | {"collection": name})
    return tmp_path


def test_a_static_catalogue_is_walked_once_in_its_order(server, catalogue):
    found = search(server, Search(url=server.url("/catalog.json")))
    assert found.ids == [f"scene-{number:04}" for number in range(20)]
    assert server.count() == 23
    assert (found.account.matched, found.account.truncated) == (20, None)


def test_a_collection_that_is_not_asked_for_is_not_looked_into(server, catalogue):
    found = search(server, Search(url=server.url("/catalog.json"), collections=("b",)))
    assert found.ids == [f"scene-{number:04}" for number in range(10, 20)]
    assert server.count("/a/0.json") == 0


@pytest.mark.parametrize(
    ("restriction", "numbers"),
    [
        ({"ids": ("scene-0003", "scene-0012")}, [3, 12]),
        ({"datetime": "2019-01-05T00:00:00Z/2019-01-06T23:59:59Z"}, [4, 5]),
        ({"datetime": "../2019-01-02T00:00:00Z"}, [0]),
        ({"bbox": (-73.6, 0.5, -73.4, 0.6)}, [1, 2, 3]),
        ({"intersects": {"type": "Point", "coordinates": [-74.75, 0.5]}}, [0]),
        ({"filter": parse_text("eo:cloud_cover >= 18")}, [18, 19]),
        ({"sortby": (SortKey(field="datetime", descending=True),), "max_items": 3}, [19, 18, 17]),
        ({"sortby": (SortKey(field="nothing"),), "max_items": 2}, [0, 1]),
    ],
)
def test_what_does_not_fit_is_not_given(server, catalogue, restriction, numbers):
    found = search(server, Search(url=server.url("/catalog.json"), **restriction))
    assert found.ids == [f"scene-{number:04}" for number in numbers]
    assert found.account.left_out == {}


def test_an_item_that_cannot_be_read_is_left_out_and_named(server, catalogue):
    (catalogue / "a" / "3.json").unlink()
    (catalogue / "a" / "4.json").write_text("{ no JSON")
    write(catalogue / "a" / "5.json", {"type": "Feature", "id": "flat", "properties": {}})
    found = search(server, Search(url=server.url("/catalog.json")))
    assert len(found.ids) == 17
    assert {reason: entry.ids for reason, entry in found.account.left_out.items()} == {
        "whose document cannot be read": ["3.json", "4.json"],
        "without geometry": ["flat"],
    }


def test_a_link_to_a_forbidden_address_is_left_out(server, tmp_path):
    hrefs = ["http://169.254.169.254/latest", "file:///etc/passwd", "http://127.0.0.1:9/item.json", "good.json"]
    write(tmp_path / "catalog.json", {"type": "Catalog", "id": "root", "links": links("item", *hrefs)})
    write(tmp_path / "good.json", item(1))
    found = search(server, Search(url=server.url("/catalog.json")))
    assert found.ids == ["scene-0001"]
    assert found.account.left_out["whose link is not allowed"].count == 3


def test_a_catalogue_without_end_stops_at_the_limit(server, tmp_path):
    def reply(asked):
        number = int(asked.path.strip("/n"))
        return json.dumps({"type": "Catalog", "id": "n", "links": links("child", f"/n{number + 1}")}).encode()

    for number in range(200):
        server.reply(f"/n{number}", reply)
    found = search(server, Search(url=server.url("/n0")), search_documents_max=50)
    assert found.ids == []
    assert "SWATH_SEARCH_DOCUMENTS_MAX" in found.account.truncated
    assert server.count() <= 60


def test_a_collection_of_features_is_followed_by_its_links(server, tmp_path):
    first, second = scenes(6)[:3], scenes(6)[3:]
    write(tmp_path / "one.json", {"type": "FeatureCollection", "features": first, "links": links("next", "two.json")})
    write(tmp_path / "two.json", {"type": "FeatureCollection", "features": second, "links": links("next", "one.json")})
    found = search(server, Search(url=server.url("/one.json")))
    assert len(found.ids) == 6
    assert server.count() == 3


def test_one_item_is_a_search_of_one(server, tmp_path):
    write(tmp_path / "item.json", item(1))
    [scene] = search(server, Search(url=server.url("/item.json"))).scenes
    assert (scene.id, scene.href) == ("scene-0001", server.url("/item.json"))


def test_a_collection_of_an_api_is_asked_through_its_search(server):
    api = ScriptedApi(server, scenes(3), CORE)
    own = [*links("items", server.url("/collections/scenes/items")), *links("root", server.url("/"))]
    server.reply("/collections/scenes", lambda _: json.dumps({"type": "Collection", "id": "scenes", "links": own}))
    body = json.dumps({"type": "Collection", "id": "scenes", "links": own}).encode()
    server.reply("/collections/scenes", lambda _: body)
    assert len(search(server, Search(url=server.url("/collections/scenes"))).ids) == 3
    assert api.asked[0]["collections"] == ["scenes"]


def test_the_url_of_an_api_says_that_it_is_one(server):
    api = ScriptedApi(server, scenes(3))
    assert len(search(server, Search(url=server.url("/")), times=2).ids) == 3
    assert len(api.asked) == 2
    assert server.count("/") == 1


def test_a_static_catalogue_that_was_called_an_api_is_walked(server, catalogue):
    assert len(search(server, Search(api=server.url("/catalog.json"))).ids) == 20


@pytest.mark.parametrize(
    "document", [{"type": "Catalog", "id": "x", "links": []}, {}, [], "text", {"type": "Topology"}]
)
def test_a_document_that_leads_nowhere_is_said_to_be_none(server, tmp_path, document):
    write(tmp_path / "x.json", document)
    with pytest.raises(UpstreamUnusable, match="leads to no items"):
        search(server, Search(url=server.url("/x.json")))


def test_a_folder_of_items_is_read_in_the_order_of_names(tmp_path):
    for number in (3, 1, 2):
        write(tmp_path / "items" / f"{number}.json", item(number))
    write(tmp_path / "items" / "more" / "some.geojson", {"type": "FeatureCollection", "features": scenes(1)})
    write(tmp_path / "items" / "collection.json", {"type": "Collection", "id": "c"})
    (tmp_path / "items" / "B04.tif").write_bytes(b"II*\0")
    found = search(None, Search(url="items"), data_root=tmp_path)
    assert found.ids == ["scene-0001", "scene-0002", "scene-0003", "scene-0000"]
    assert found.scenes[0].href == "items/1.json"
    assert found.account.left_out == {}


def test_a_folder_does_not_lead_out_of_itself(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(outside / "secret.json", item(1))
    write(inside / "items" / "own.json", item(2))
    (inside / "items" / "link.json").symlink_to(outside / "secret.json")
    (inside / "items" / "folder").symlink_to(outside)
    found = search(None, Search(url="items"), data_root=inside)
    assert found.ids == ["scene-0002"]
    for url in ("../outside", str(outside), "items/folder"):
        with pytest.raises(SourceNotAllowed):
            search(None, Search(url=url), data_root=inside)


def test_a_folder_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        search(None, Search(url="nowhere"), data_root=tmp_path)


def test_items_that_were_sent_along_need_no_source():
    found = search(None, Search(features=[*scenes(3), {"id": "broken"}]), whole=True)
    assert len(found.ids) == 3
    assert found.account.left_out["without geometry"].count == 1
    assert json.loads(found.scenes[0].document or b"")["assets"]
