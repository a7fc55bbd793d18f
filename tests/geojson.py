"""Shapes for tests of statistics and pictures cut out."""

from __future__ import annotations

import math
from typing import Any

Points = list[list[float]]


def feature(*rings: Points, **properties: Any) -> dict[str, Any]:
    """A Feature of one polygon."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": list(rings)}}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    """A FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def box(left: float, bottom: float, right: float, top: float) -> Points:
    """The ring around a rectangle."""
    return [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]


def star(left: float, bottom: float, right: float, top: float, points: int = 10) -> Points:
    """A ring in the middle of a rectangle, with bays as deep as half of its arms."""
    angles = [2 * math.pi * number / points for number in range(points)]
    reach = [0.15 if number % 2 else 0.3 for number in range(points)]
    x, y, width, height = (left + right) / 2, (bottom + top) / 2, right - left, top - bottom
    ring = [[x + width * r * math.cos(a), y + height * r * math.sin(a)] for r, a in zip(reach, angles, strict=True)]
    return [*ring, ring[0]]
