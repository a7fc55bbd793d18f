"""Ways to write a coordinate reference system, and the order of coordinates that goes with them."""

from __future__ import annotations

import re
from functools import lru_cache

from pyproj import CRS

_LONG = re.compile(
    r"https?://www\.opengis\.net/def/crs/(?P<a>EPSG|OGC)/[0-9.]{1,8}/(?P<n>[A-Z0-9]{1,8})"
    r"|urn:ogc:def:crs:(?P<b>EPSG|OGC):[0-9.]{0,8}:(?P<m>[A-Z0-9]{1,8})",
    re.IGNORECASE,
)


def short_crs(text: str) -> str:
    """Write a URI or a URN of OGC's, or a CURIE in brackets, as ``EPSG:n`` or ``OGC:CRS84``; else give it as it is."""
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1]
    match = _LONG.fullmatch(text)
    return f"{match['a'] or match['b']}:{match['n'] or match['m']}" if match else text


def is_written_by_ogc(text: str | None) -> bool:
    """Whether a CRS is written as OGC's standards write it, so that coordinates are in the order of its axes.

    ``EPSG:4326`` alone means longitude first, here as in TiTiler; ``[EPSG:4326]`` and its URI mean latitude first.
    """
    return text is not None and short_crs(text) != text


@lru_cache(maxsize=256)
def is_northing_first(epsg: int) -> bool:
    """Whether the first axis of a CRS is the northing or the latitude."""
    first = CRS.from_epsg(epsg).axis_info[0]
    return first.direction == "north" or first.abbrev.upper() in ("N", "LAT")
