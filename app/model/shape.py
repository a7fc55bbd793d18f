"""An area with borders of its own, which a rectangle of pixels is cut to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from rasterio.crs import CRS

from app.model.grid import Bounds

Ring = tuple[tuple[float, float], ...]
"""Points ``(x, y)``; closed: the last one is the first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """One or several polygons; compared by identity.

    Attributes:
        polygons: Each an outer ring and its holes.
        crs: Of the points.
    """

    polygons: tuple[tuple[Ring, ...], ...]
    crs: CRS

    @property
    def geometry(self) -> dict[str, Any]:
        """The same as GeoJSON writes it."""
        return {"type": "MultiPolygon", "coordinates": self.polygons}

    @cached_property
    def bounds(self) -> Bounds:
        """The smallest box around all rings, in ``crs``."""
        xs, ys = zip(*self.points(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    @cached_property
    def climb(self) -> float:
        """How far all borders together go up and down, in units of ``crs``: what it takes to draw them."""
        rings = (ring for rings in self.polygons for ring in rings)
        return sum(abs(end[1] - start[1]) for ring in rings for start, end in pairwise(ring))

    @cached_property
    def key(self) -> str:
        """Text that is equal where the borders are."""
        return hashlib.blake2b(repr((self.crs.to_wkt(), self.polygons)).encode(), digest_size=16).hexdigest()

    def points(self) -> Iterator[tuple[float, float]]:
        """Every point of every ring."""
        return (point for rings in self.polygons for ring in rings for point in ring)
