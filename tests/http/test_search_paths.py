"""A search in the path: what its id may stand before, who may ask, and what a signature of it opens."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from app.access.keys import Scope, new_key
from app.access.signature import Signer, sign_url
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.small_scenes import NORTH, POINT, STEP, WEST, make_scenes, values_of

SECRET = "a secret of sixteen"
KEYS = {name: new_key(name, scopes) for name, scopes in (("all", []), ("map", [Scope.TILES]), ("list", [Scope.INFO]))}
COUNT = 3
AT_POINT = [int(values_of(number)[5, 10]) for number in range(COUNT)]
PLACE = f"{POINT[0]},{POINT[1]}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("data")
    (root / "scenes").mkdir()
    make_scenes(root / "scenes", COUNT)
    entries = [made.entry for _, made in KEYS.values()]
    with serving(Settings(data_root=root, api_keys=entries, signing_keys=(SECRET,))) as base:
        yield base


def ask(where: str, key: str = "all", **query: object) -> requests.Response:
    return requests.get(where, params=query, headers={"X-API-Key": KEYS[key][0]}, timeout=60)


@pytest.fixture(scope="module")
def search(server: str) -> str:
    """The id of the folder's scenes."""
    told: str = ask(f"{server}/search", url="scenes").json()["id"]
    return told


def test_a_series_may_stand_behind_the_search(server, search):
    behind = ask(f"{server}/search/{search}/timeseries/point/{PLACE}", assets="data").json()
    assert [row["values"] for row in behind["rows"]] == [[value] for value in AT_POINT]
    assert behind == ask(f"{server}/timeseries/point/{PLACE}", assets="data", search=search).json()
    box = f"{WEST},{NORTH - 8 * STEP},{WEST + 8 * STEP},{NORTH}"
    assert ask(f"{server}/search/{search}/timeseries/bbox/{box}/16x16.gif", assets="data", rescale="0,300").ok
    assert problem_of(ask(f"{server}/search/{search}/timeseries"))["status"] == 404


@pytest.mark.parametrize(
    ("reducer", "expected"), [("count", COUNT), ("first", AT_POINT[0]), ("last", AT_POINT[-1]), ("sum", sum(AT_POINT))]
)
def test_dates_become_one_number(server, search, reducer, expected):
    path = f"{server}/search/{search}/timeseries/point/{PLACE}"
    [row] = ask(path, assets="data", by="year", reducer=reducer).json()["rows"]
    assert row["values"] == [expected]
    [hidden] = ask(path, assets="data", by="year", reducer=reducer, mask=f"data:keep={AT_POINT[1]}").json()["rows"]
    assert hidden["values"] == [1 if reducer == "count" else AT_POINT[1]]


@pytest.mark.parametrize("path", ["/search//{search}/timeseries/point/{place}", "//search/{search}/point/{place}"])
def test_slashes_in_a_row_open_no_other_door(server, search, path):
    url = server + path.format(search=search, place=PLACE)
    assert ask(url, assets="data").ok
    for key in ("map", "list"):
        assert problem_of(ask(url, key, assets="data"))["status"] == 403
    assert problem_of(requests.get(url, params={"assets": "data"}, timeout=60))["status"] == 401


def test_two_searches_are_none(server, search):
    for path in (f"/search/{search}/tiles/0/0/0.png", f"/search/{search}/timeseries/point/{PLACE}"):
        problem = problem_of(ask(server + path, assets="data", search="0" * 64))
        assert (problem["status"], problem["errors"][0]["name"]) == (400, "search")
    assert ask(f"{server}/search/{search}/point/{PLACE}", assets="data", search=search).ok


def test_a_signature_is_of_the_path_as_it_is_sent(server, search):
    """Of a map one signature opens all tiles, of that search."""
    end = int(time.time()) + 60
    template = f"{server}/search/{search}/tiles/{{z}}/{{x}}/{{y}}.png"
    signed = sign_url(Signer([SECRET]), f"{template}?assets=data&rescale=0,300&empty=blank", end)
    for z, x, y in ((0, 0, 0), (12, 2389, 1691)):
        tile = signed.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        assert requests.get(tile, timeout=60).ok
        assert problem_of(requests.get(tile.replace(search, "0" * 64), timeout=60))["status"] == 403
        moved = tile.replace(f"/search/{search}/", "/search/") + f"&search={search}"
        assert problem_of(requests.get(moved, timeout=60))["status"] == 403
    point = sign_url(Signer([SECRET]), f"{server}/search/{search}/timeseries/point/{PLACE}?assets=data", end)
    assert requests.get(point, timeout=60).ok
    assert problem_of(requests.get(f"{point}&search={search}", timeout=60))["status"] == 403


def test_tilejson_of_a_signed_search_leads_to_signed_tiles(server, search):
    url = sign_url(Signer([SECRET]), f"{server}/search/{search}/tilejson.json?assets=data", int(time.time()) + 60)
    [template] = requests.get(url, timeout=60).json()["tiles"]
    tile = template.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0")
    assert requests.get(tile, timeout=60).ok
