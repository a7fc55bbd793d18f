"""Read one item of a search, as far as a list or a mosaic needs it; what is broken gets a reason."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from app.errors import SwathError, shorten
from app.match.geojson import geometry_of
from app.match.geometry import Ring
from app.match.period import read_moment
from app.model.grid import Bounds
from app.model.location import Location
from app.model.search import Scene
from app.stac.document import bounds_of, encodable
from app.stac.search.pages import Page

DOCUMENT_BYTES_MAX = 64 * 1024
"""A larger item is not kept, but read again from its own place when it is needed; those of Sentinel-2 have 26 kB."""

GEOMETRY_POINTS_MAX = 500
"""A footprint of more points is replaced by the box around it."""

GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
DEGREES_MAX = 540
"""Some footprints go on beyond the antimeridian."""


class Places(Protocol):
    """What is known of places."""

    def locate(self, href: str, base: Location | None = None) -> Location:
        """Judge a link; raises ``SourceNotAllowed``."""
        ...

    def href_of(self, location: Location) -> str:
        """How a caller names a place."""
        ...


class Broken(Exception):
    """An item that cannot be used; the text completes "3 items …"."""


def read_scene(feature: Any, places: Places, page: Page, *, whole: bool) -> Scene:
    """Read an item.

    Args:
        feature: JSON.
        page: What it came with.
        whole: It has all of its members, so that it may be kept to be read from.

    Raises:
        Broken: Something that is needed is missing; the text says what.
    """
    if not isinstance(feature, Mapping):
        raise Broken("that are no JSON objects")
    if feature.get("type", "Feature") != "Feature" or "id" not in feature:
        raise Broken("without an id" if "id" not in feature else "that are no features")
    properties = feature.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    geometry = feature.get("geometry")
    points = list(_points(geometry)) if isinstance(geometry, Mapping) else []
    bounds = bounds_of(feature) or _around(points)
    if bounds is None:
        raise Broken("without geometry")
    href, own = _own_place(feature, places, page)
    return Scene(
        id=id_of(feature),
        collection=_short(feature.get("collection")),
        datetime=_moment(properties),
        bounds_wgs84=bounds,
        geometry=_plain(geometry, points) or geometry_of(bounds),
        cloud_cover=_percent(properties.get("eo:cloud_cover")),
        href=href,
        location=own or page.location,
        document=_kept(feature, needed=own is None) if whole else None,
    )


def id_of(feature: Any) -> str:
    """The id, shortened for lists; of what has none, what it is."""
    if isinstance(feature, Mapping) and "id" in feature:
        return shorten(encodable(str(feature["id"])), 200)
    return "without id"


def own_href(feature: Mapping[str, Any]) -> str | None:
    """The item's link to itself."""
    links = feature.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "self" and isinstance(link.get("href"), str):
            return encodable(link["href"])[:2048]
    return None


def _own_place(feature: Mapping[str, Any], places: Places, page: Page) -> tuple[str | None, Location | None]:
    """Where the item is, for the caller and for this server."""
    if page.alone and page.location:
        return places.href_of(page.location), page.location
    href = own_href(feature) or _href_by_rule(feature, page.api)
    return href, _located(href, places, page.location)


def _href_by_rule(feature: Mapping[str, Any], api: str | None) -> str | None:
    """Where an API has an item that does not say so: it may have been asked to leave links out."""
    collection = feature.get("collection")
    if api is None or not isinstance(collection, str):
        return None
    parts = (quote(encodable(part), safe="") for part in (collection, str(feature["id"])))
    return "{}/collections/{}/items/{}".format(api, *parts)


def times_of(properties: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """First and last moment of an item."""
    moment, start, end = (read_moment(properties.get(name)) for name in ("datetime", "start_datetime", "end_datetime"))
    first, last = start or moment or end, end or moment or start
    return (first, last) if first and last else None


def footprint_of(scene: Scene) -> list[Ring]:
    """Outer rings of the footprint; the box around it, where it is none of polygons."""
    try:
        return _rings(scene.geometry)
    except (LookupError, TypeError, ValueError):
        return _rings(geometry_of(scene.bounds_wgs84))


def _rings(geometry: Mapping[str, Any]) -> list[Ring]:
    coordinates = geometry["coordinates"]
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}[geometry["type"]]
    return [_closed(polygon[0]) for polygon in polygons]


def _plain(geometry: Any, points: list[tuple[float, float]]) -> dict[str, Any] | None:
    """The geometry without members that are none of GeoJSON; None when it cannot be shown, or has very many points."""
    if not 0 < len(points) <= GEOMETRY_POINTS_MAX or geometry.get("type") not in GEOMETRIES:
        return None
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}


def _moment(properties: Mapping[str, Any]) -> datetime:
    moment = read_moment(properties.get("datetime"))
    times = times_of(properties)
    if times is None:
        raise Broken("without datetime")
    return moment or times[0]


def _points(geometry: Mapping[str, Any]) -> list[tuple[float, float]]:
    """All points of a geometry; none when any of it is no point on earth."""
    found: list[tuple[float, float]] = []
    waiting = [geometry.get("coordinates")]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, list) or not value:
            return []
        if isinstance(value[0], list):
            waiting += value
        elif not 2 <= len(value) <= 4 or not all(map(_is_number, value)) or max(map(abs, value[:2])) > DEGREES_MAX:
            return []
        else:
            found.append((value[0], value[1]))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _around(points: list[tuple[float, float]]) -> Bounds | None:
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return float(min(xs)), float(max(-90, min(ys))), float(max(xs)), float(min(90, max(ys)))


def _closed(ring: list[Any]) -> Ring:
    points = [(float(point[0]), float(point[1])) for point in ring]
    return tuple(points if points[0] == points[-1] else [*points, points[0]])


def _located(href: str | None, places: Places, base: Location | None) -> Location | None:
    """Where the link leads; None when it may not be followed, so that the item is read from what came."""
    try:
        return places.locate(href, base) if href else None
    except SwathError:
        return None


def _kept(feature: Mapping[str, Any], *, needed: bool) -> bytes | None:
    body = json.dumps(feature, separators=(",", ":")).encode()
    return body if needed or len(body) <= DOCUMENT_BYTES_MAX else None


def _short(value: Any) -> str | None:
    return shorten(encodable(value), 200) if isinstance(value, str) else None


def _percent(value: Any) -> float | None:
    return float(value) if _is_number(value) and abs(value) < 1e6 else None
