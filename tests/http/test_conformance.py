"""Every conformance class that is named has a test here, or one that is named here; and the server's links lead on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import requests

TESTS = Path(__file__).parent
COMMON, TILES = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf",
)
TMS, MAPS = "http://www.opengis.net/spec/tms/2.0/conf", "https://www.opengis.net/spec/ogcapi-maps-1/1.0/conf"

DOCUMENTS = ("/", "/conformance", "/tileMatrixSets", "/tileMatrixSets/WebMercatorQuad", "/colorMaps", "/indices")

SHOWN = {
    f"{COMMON}/core": ("test_conformance", "test_the_landing_page_leads_to_the_definition_and_to_conformance"),
    f"{COMMON}/landing-page": ("test_conformance", "test_the_landing_page_leads_to_the_definition_and_to_conformance"),
    f"{COMMON}/json": ("test_conformance", "test_every_document_is_json"),
    f"{TILES}/core": ("test_tilesets", "test_outside_the_limits_there_is_no_tile_and_within_always_a_picture"),
    f"{TILES}/tileset": ("test_tilesets", "test_a_tileset_is_valid_and_its_tiles_are_there"),
    f"{TILES}/tilesets-list": ("test_tilesets", "test_the_list_has_the_sets_that_reach_the_data_and_leads_to_each"),
    f"{TILES}/png": ("test_tilesets", "test_a_tileset_is_valid_and_its_tiles_are_there"),
    f"{TILES}/jpeg": ("test_tilesets", "test_a_tileset_is_valid_and_its_tiles_are_there"),
    f"{TILES}/tiff": ("test_tilesets", "test_a_tileset_is_valid_and_its_tiles_are_there"),
    f"{TMS}/tilematrixset": ("test_tilesets", "test_every_tile_matrix_set_is_valid_by_its_schema"),
    f"{TMS}/json-tilematrixset": ("test_tilesets", "test_every_tile_matrix_set_is_valid_by_its_schema"),
    f"{TMS}/tilesetmetadata": ("test_tilesets", "test_limits_and_box_are_those_of_the_data"),
    f"{TMS}/json-tilesetmetadata": ("test_tilesets", "test_a_tileset_is_valid_and_its_tiles_are_there"),
    f"{MAPS}/core": ("test_maps", "test_the_place_of_a_map_is_told_in_the_order_of_its_crs"),
    f"{MAPS}/crs": ("test_maps", "test_a_map_of_a_box_is_the_one_of_rio_tiler"),
    f"{MAPS}/png": ("test_maps", "test_a_program_gets_the_format_that_it_names"),
    f"{MAPS}/jpeg": ("test_maps", "test_a_program_gets_the_format_that_it_names"),
    f"{MAPS}/tiff": ("test_maps", "test_a_program_gets_the_format_that_it_names"),
}


def test_the_classes_that_are_named_are_those_that_are_shown(sample_server: str):
    answer = requests.get(f"{sample_server}/conformance", timeout=10)
    assert answer.json()["conformsTo"] == list(SHOWN)
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", SHOWN)
def test_what_shows_a_class_is_a_test(name: str):
    module, function = SHOWN[name]
    spec = importlib.util.spec_from_file_location(module, TESTS / f"{module}.py")
    assert spec is not None
    assert f"def {function}(" in (TESTS / f"{module}.py").read_text()


def test_the_landing_page_leads_to_the_definition_and_to_conformance(sample_server: str):
    body = requests.get(f"{sample_server}/", headers={"Accept": "application/json"}, timeout=10).json()
    by_rel: dict[str, str] = {}
    for link in body["links"]:
        assert {"rel", "type", "href", "title"} <= link.keys()
        by_rel.setdefault(link["rel"], link["href"])
    assert by_rel["http://www.opengis.net/def/rel/ogc/1.0/conformance"] == f"{sample_server}/conformance"
    assert requests.get(by_rel["service-desc"], timeout=10).json()["openapi"].startswith("3.")
    assert requests.get(by_rel["service-doc"], timeout=10).headers["Content-Type"].startswith("text/html")
    assert requests.get(by_rel["http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"], timeout=10).json()[
        "tileMatrixSets"
    ]


def test_every_link_of_the_landing_page_leads_somewhere(sample_server: str):
    body = requests.get(f"{sample_server}/", headers={"Accept": "application/json"}, timeout=10).json()
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=20).json()["features"][0]
    item = f"{sample_server}/v0/collections/{found['collection']}/items/{found['id']}"
    raster = requests.get(item, timeout=20).json()["assets"]["visual"]["href"]
    for link in body["links"]:
        href = link["href"].replace("{?url}", f"?url={raster if '/cog/' in link['href'] else item}")
        assert ("{?url}" in link["href"]) == link.get("templated", False)
        if "/stac/" in href:
            href += "&assets=visual"
        if link["rel"] == "search":
            continue  # which takes a POST
        assert requests.get(href, headers={"Accept": link["type"]}, timeout=30).status_code == 200, link


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_document_is_json(sample_server: str, path: str):
    get = requests.get(sample_server + path, headers={"Accept": "application/json"}, timeout=10)
    assert get.headers["Content-Type"] == "application/json"
    assert get.json()
    head = requests.head(sample_server + path, headers={"Accept": "application/json"}, timeout=10)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
