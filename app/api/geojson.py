"""Read the GeoJSON of a body (RFC 7946) into shapes, or say what is wrong with it, and where.

Longitudes are taken as they are: a shape that crosses the antimeridian is a MultiPolygon cut there (RFC 7946, 3.1.9),
whose box goes around the world, or counts on beyond 180 where the data do so, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from rasterio.crs import CRS

from app.api.body import parse_json, read_body
from app.api.params import DEGREES_MAX, PROJECTED_MAX
from app.errors import BadRequest, InvalidType, LimitExceeded
from app.model.shape import Ring, Shape
from app.runtime import Runtime
from app.settings import Settings

LARGE_BYTES = 64 * 1024
"""Bodies from here on are read in a thread: that takes more than a few milliseconds."""

GEOJSON = "application/geo+json"

FEATURE = '{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[[30.8, 29.4], …]]}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What came, and what it means.

    Attributes:
        document: The Feature or FeatureCollection as it came.
        shapes: One per feature, in order.
    """

    document: Mapping[str, Any]
    is_collection: bool
    shapes: tuple[Shape, ...]

    def answered(self, name: str, values: Sequence[Mapping[str, Any]]) -> bytes:
        """Write the same GeoJSON, with one more property per feature."""
        features = self.document["features"] if self.is_collection else [self.document]
        answered = [
            {**feature, "properties": {**(feature.get("properties") or {}), name: value}}
            for feature, value in zip(features, values, strict=True)
        ]
        body = {**self.document, "features": answered} if self.is_collection else answered[0]
        return json.dumps(body, allow_nan=False).encode()  # escapes all but ASCII: a lone surrogate leaves as it came


async def read_features(request: Request, rt: Runtime, crs: CRS, *, several: bool) -> Features:
    """Read the body of a request.

    Args:
        crs: Of the coordinates.
        several: A FeatureCollection is welcome, too.

    Raises:
        BodyTooLarge: It is longer than is read.
        InvalidType: It is not a Feature with an area.
        BadRequest: Something in it is not as it should be.
    """
    raw = await read_body(request, rt.settings.body_max_mb)
    if len(raw) < LARGE_BYTES:
        return parse_features(raw, crs, rt.settings, several=several)
    return await rt.patient.run(parse_features, raw, crs, rt.settings, several=several)


def parse_features(raw: bytes, crs: CRS, settings: Settings, *, several: bool) -> Features:
    """Read a Feature, or a FeatureCollection; raises as ``read_features`` does."""
    document = _object(parse_json(raw, f"a GeoJSON Feature: {FEATURE}"))
    reader = _Reader(crs, settings.vertices_max)
    kind = document.get("type")
    if kind == "FeatureCollection" and several:
        parts = _features(document, settings.features_max)
        shapes = tuple(reader.feature(part, f"features[{n}]") for n, part in enumerate(parts))
    elif kind == "Feature":
        shapes = (reader.feature(document, ""),)
    else:
        raise _wrong_type("type", kind, f"send a {'Feature or FeatureCollection' if several else 'Feature'}: {FEATURE}")
    return Features(document=document, is_collection=kind != "Feature", shapes=shapes)


def _features(document: Mapping[str, Any], limit: int) -> list[Any]:
    parts = document.get("features")
    if not isinstance(parts, list):
        raise _wrong_type("features", parts, f"is not a list of features, such as [{FEATURE}]")
    if not parts:
        raise BadRequest.of("features", "[]", f"is empty; send at least one feature: {FEATURE}")
    if len(parts) > limit:
        told = f"at most {limit} are measured at once (SWATH_FEATURES_MAX); send them in parts"
        raise LimitExceeded.of("features", f"{len(parts)} features", told)
    return parts


class _Reader:
    """Reads shapes, counting their points.

    Args:
        crs: Of the coordinates.
        points_max: Of all shapes together.
    """

    def __init__(self, crs: CRS, points_max: int) -> None:
        self._crs = crs
        self._reach = DEGREES_MAX if crs.is_geographic else PROJECTED_MAX
        self._points_max = points_max
        self._points = 0

    def feature(self, value: Any, place: str) -> Shape:
        """Read a feature; ``place`` says where in the body it stands, or nothing."""
        before = f"{place}." if place else ""
        if not isinstance(value, dict) or value.get("type") != "Feature":
            raise _wrong_type(place or "body", value, f"is not a Feature: {FEATURE}")
        properties = value.get("properties")
        if not (properties is None or isinstance(properties, dict)):
            raise _wrong_type(f"{before}properties", properties, "is neither an object nor null; write {}")
        return self._shape(value.get("geometry"), f"{before}geometry")

    def _shape(self, value: Any, place: str) -> Shape:
        if not isinstance(value, dict):
            raise _wrong_type(place, value, 'is not an object; write {"type": "Polygon", "coordinates": …}')
        kind, coordinates, within = value.get("type"), value.get("coordinates"), f"{place}.coordinates"
        if kind == "Polygon":
            polygons = [self._polygon(coordinates, within)]
        elif kind == "MultiPolygon":
            parts = self._list(coordinates, within, 1, "a list of polygons")
            polygons = [self._polygon(part, f"{within}[{n}]") for n, part in enumerate(parts)]
        else:
            told = "has no area; send a Polygon or a MultiPolygon (/point gives the values at a place)"
            raise _wrong_type(f"{place}.type", kind, told)
        shape = Shape(polygons=tuple(polygons), crs=self._crs)
        left, bottom, right, top = shape.bounds
        if not (left < right and bottom < top):
            told = "is the box around it, which has no area; send a shape that has one"
            raise BadRequest.of(place, f"{left:g},{bottom:g},{right:g},{top:g}", told)
        return shape

    def _polygon(self, value: Any, place: str) -> tuple[Ring, ...]:
        rings = self._list(value, place, 1, "a list of rings, the outer one first")
        return tuple(self._ring(ring, f"{place}[{n}]") for n, ring in enumerate(rings))

    def _ring(self, value: Any, place: str) -> Ring:
        points = self._list(value, place, 4, "a ring of four points or more, the last one the first again")
        self._points += len(points)
        if self._points > self._points_max:
            told = f"at most {self._points_max} points are read in all (SWATH_VERTICES_MAX); simplify the shape"
            raise LimitExceeded.of(place, f"{self._points} points so far", told)
        ring = tuple([self._point(point, place, n) for n, point in enumerate(points)])
        if ring[0] != ring[-1]:
            ends = f"{list(ring[0])} … {list(ring[-1])}"
            raise BadRequest.of(place, ends, "is a ring that is not closed; repeat its first point at its end")
        return ring

    def _point(self, value: Any, place: str, number: int) -> tuple[float, float]:
        if not isinstance(value, list) or not 2 <= len(value) <= 4 or not all(map(_is_number, value)):
            raise _wrong_type(f"{place}[{number}]", value, "is not a point of numbers, such as [30.85, 29.48]")
        x, y = float(value[0]), float(value[1])
        if abs(x) > self._reach[0] or abs(y) > self._reach[1]:
            told = "is not on earth; coordinates are longitude and latitude, or those of coord_crs=EPSG:n"
            raise BadRequest.of(f"{place}[{number}]", value, told)
        return x, y

    def _list(self, value: Any, place: str, least: int, told: str) -> list[Any]:
        if not isinstance(value, list) or len(value) < least:
            raise _wrong_type(place, value, f"is not {told}")
        return value


def _is_number(value: Any) -> bool:
    """Whether JSON wrote a number that a float can hold."""
    return isinstance(value, float) or (type(value) is int and abs(value) < 2**63)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type("body", value, f"is not an object; send a GeoJSON Feature: {FEATURE}")
    return value


def _wrong_type(place: str, value: Any, told: str) -> BadRequest:
    """An error (422) about a value; of large ones only what they are is shown."""
    match value:
        case None:
            value = "nothing"
        case dict():
            value = "an object"
        case list():
            value = f"a list of {len(value)}"
    return InvalidType.of(place, value, told)
