"""PMTiles 3: one file of tiles, of which a map reads ranges."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, Entry, TileType
from pmtiles.writer import finalize_header

from app.export.tiles import About
from app.export.work import WorkFile
from app.model.request import Format

PMTILES_TYPES = {
    Format.PNG: TileType.PNG,
    Format.JPEG: TileType.JPEG,
    Format.WEBP: TileType.WEBP,
    Format.AVIF: TileType.AVIF,
}
"""Formats that its header can name."""


def write_pmtiles(work: WorkFile, about: About, path: Path) -> None:
    """Write all tiles in the order of their numbers; equal ones once, in the place of the first.

    Directories stand before the tiles, so the pieces are gone through twice, and nothing is held but an entry for each.
    """
    entries: list[Entry] = []
    places: dict[bytes, int] = {}
    end = count = 0
    for number, digest, length in work.digests():
        count += 1
        place = places.setdefault(digest, end)
        end += length if place == end else 0
        _add(entries, number, place, length)
    head = finalize_header(_header(about), count, entries, len(places), _metadata(about), True, end)  # type: ignore[no-untyped-call]
    with path.open("wb") as file:
        file.writelines(head)
        file.writelines(map(work.body, places))


def _add(entries: list[Entry], number: int, place: int, length: int) -> None:
    """Add a tile to the directory; one like that before it makes the run longer."""
    last = entries[-1] if entries else None
    if last is not None and last.offset == place and last.tile_id + last.run_length == number:
        last.run_length += 1
    else:
        entries.append(Entry(number, place, length, 1))


def _header(about: About) -> dict[str, Any]:
    """Fields that the library does not find in the tiles; coordinates in units of 1e-7 degrees."""
    west, south, east, north = (round(degrees * 1e7) for degrees in about.bounds_wgs84)
    longitude, latitude = (round(degrees * 1e7) for degrees in about.center_wgs84)
    return {
        "tile_type": PMTILES_TYPES[about.format],
        "tile_compression": Compression.NONE,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": about.minzoom,
        "center_lon_e7": longitude,
        "center_lat_e7": latitude,
    }


def _metadata(about: About) -> dict[str, Any]:
    told = {"name": about.name, "type": about.role, "generator": "Swath"}
    # Map clients show the attribution as HTML, and the item that it comes from may be anybody's.
    return told | ({"attribution": html.escape(about.attribution)} if about.attribution else {})
