"""Scenes as texts: they are kept in a file, and sent to workers, who judge again where they lead."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.model.location import FileLocation, Location, RemoteLocation
from app.model.search import Scene


def write_scene(scene: Scene, data_root: Path | None) -> str:
    """Write a scene as JSON; where it is as a caller would write it."""
    told = {
        "id": scene.id,
        "collection": scene.collection,
        "datetime": scene.datetime.isoformat(),
        "bbox": scene.bounds_wgs84,
        "geometry": scene.geometry,
        "cloud_cover": scene.cloud_cover,
        "href": scene.href,
        "at": _place(scene, data_root),
        "document": scene.document.decode() if scene.document is not None else None,
    }
    return json.dumps(told, separators=(",", ":"))


def read_scene(text: str, locate: Callable[[str], Location | None]) -> Scene:
    """Read what ``write_scene`` wrote.

    Args:
        locate: Judges where it is; None where that is not asked.

    Raises:
        SourceNotAllowed: It may not be read.
    """
    told = json.loads(text)
    west, south, east, north = told["bbox"]
    return Scene(
        id=told["id"],
        collection=told["collection"],
        datetime=datetime.fromisoformat(told["datetime"]),
        bounds_wgs84=(west, south, east, north),
        geometry=told["geometry"],
        cloud_cover=told["cloud_cover"],
        href=told["href"],
        location=locate(told["at"]) if told["at"] else None,
        document=told["document"].encode() if told["document"] is not None else None,
    )


def _place(scene: Scene, data_root: Path | None) -> str | None:
    """Where a scene is; one of the sample catalogue, which is in no data root, by its URL."""
    match scene.location:
        case FileLocation(path=path):
            return str(path) if data_root is not None and path.is_relative_to(data_root) else scene.href
        case RemoteLocation(url=url):
            return url
        case None:
            return None
