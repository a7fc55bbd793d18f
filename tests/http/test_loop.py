"""What takes PROJ or a render a while is not done on the event loop, and not again for what is known."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

import pytest
import requests

from app.pipeline import legend, survey, tilejson, tilesets
from tests.problems import problem_of

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"


@pytest.fixture
def threads(monkeypatch) -> Any:
    """Let a function note the threads that call it; the server runs in this process."""

    def watch(module: ModuleType, name: str) -> list[str]:
        called_in: list[str] = []
        original = getattr(module, name)

        def noted(*args: Any) -> Any:
            called_in.append(threading.current_thread().name)
            return original(*args)

        monkeypatch.setattr(module, name, noted)
        return called_in

    return watch


def ask(base: str, path: str, **query: object) -> requests.Response:
    return requests.get(base + path, params={"url": base + ITEM, "assets": "visual", **query}, timeout=60)


def test_the_limits_of_a_tileset_are_found_once_for_all_its_tiles(sample_server, threads):
    called_in = threads(tilesets, "fit_tileset")
    for tile, status in (("12/2398/1696", 200), ("12/0/0", 404), ("13/4797/3392", 200), ("3/0/0", 404)):
        answer = ask(sample_server, f"/stac/tiles/WebMercatorQuad/{tile}.png", empty="limits", assets="SCL|bidx=1")
        assert answer.status_code == status, answer.text[:300]
    assert [name.partition("_")[0] for name in called_in] == ["cpu"]


def test_a_set_that_does_not_reach_the_data_is_remembered_too(sample_server, threads):
    called_in = threads(tilesets, "fit_tileset")
    for _ in range(2):
        answer = ask(sample_server, "/stac/tiles/UPSAntarcticWGS84Quad/3/0/0.png", empty="limits")
        assert answer.status_code == 404
        assert "touches the data" in problem_of(answer)["detail"]
    assert len(called_in) == 1


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [
        (survey, "rehearse", "/stac/tilejson.json"),
        (tilejson, "zoom_range", "/stac/tilejson.json"),
        (legend, "rehearse", "/stac/legend.json"),
        (legend, "legend_of", "/stac/legend.json"),
    ],
)
def test_a_rehearsal_is_held_in_a_thread(sample_server, threads, module, name, path):
    called_in = threads(module, name)
    assert ask(sample_server, path).status_code == 200
    assert called_in
    assert all(each.startswith("cpu") for each in called_in)
