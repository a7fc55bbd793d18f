"""Scenes go into a file and to workers as texts, and come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import SourceNotAllowed
from app.jobs.scenes import read_scene, write_scene
from app.model.location import FileLocation, Location, RemoteLocation
from app.model.search import Scene

ROOT = Path("/data")
SCENE = Scene(
    id="a",
    collection="c",
    datetime=datetime(2019, 1, 1, 10, 0, 0, 250000, tzinfo=UTC),
    bounds_wgs84=(30.0, 29.0, 31.0, 30.0),
    geometry={"type": "Point", "coordinates": [30.5, 29.5]},
    cloud_cover=3.5,
    href="https://x.org/items/a",
    location=RemoteLocation("https://x.org/items/a"),
    document=b'{"id":"a"}',
)


def locate(text: str) -> Location:
    return RemoteLocation(text) if text.startswith("https:") else FileLocation(ROOT, Path(text))


@pytest.mark.parametrize(
    "scene",
    [
        SCENE,
        replace(SCENE, document=None, collection=None, cloud_cover=None),
        replace(SCENE, href=None, location=None),
        replace(SCENE, location=FileLocation(ROOT, ROOT / "scenes/a.json")),
        replace(SCENE, location=RemoteLocation("https://x.org/search"), href="https://elsewhere.org/a"),
    ],
    ids=["remote", "least", "sent along", "file", "from a page"],
)
def test_a_scene_comes_back_as_it_was(scene):
    assert read_scene(write_scene(scene, ROOT), locate) == scene


def test_a_file_of_the_server_itself_is_named_by_its_url():
    scene = replace(SCENE, location=FileLocation(Path("/cache"), Path("/cache/a.json")))
    assert read_scene(write_scene(scene, ROOT), locate).location == RemoteLocation("https://x.org/items/a")


def test_a_place_that_may_not_be_read_is_refused_when_it_is_read_again():
    def refuse(text: str) -> Location:
        raise SourceNotAllowed("Not this one.")

    with pytest.raises(SourceNotAllowed):
        read_scene(write_scene(SCENE, None), refuse)
