"""Write a STAC item of one raster, in the shape that rio-stac gives it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.model.authoring import BandPortrait, Found, ItemRequest, Period, Portrait
from app.model.source import Header

STAC_VERSION = "1.1.0"
EXTENSIONS = "https://stac-extensions.github.io/{name}/v1.1.0/schema.json"
"""The version of each extension that rio-stac writes, and whose fields Swath and others read."""
GEOTIFF, TIFF = "image/tiff; application=geotiff", "image/tiff"


def write_item(req: ItemRequest, found: Found, now: datetime) -> dict[str, Any]:
    """Make the item.

    Args:
        now: The time of an item of which no other is known.
    """
    portrait, place = found.portrait, found.place
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [*req.extensions, *(EXTENSIONS.format(name=word) for word in _extensions(req))],
        "id": req.id or found.name,
        "geometry": place.geometry if place else None,
        **({"bbox": list(place.bbox)} if place else {}),
        "properties": {
            **_times(req.period or _told(portrait.acquired) or (now, now)),
            **(_projection(found.header) if req.with_proj else {}),
            **(_cloud_cover(portrait.cloud_cover) if req.with_eo else {}),
        },
        "links": [],
        "assets": {req.asset_name: _asset(req, found)},
    }
    if req.collection:
        href = req.collection_url or req.collection
        item["collection"] = req.collection
        item["links"] = [{"rel": "collection", "href": href, "type": "application/json"}]
    return item


def _extensions(req: ItemRequest) -> list[str]:
    wanted = {"projection": req.with_proj, "raster": req.with_raster, "eo": req.with_eo}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _times(period: Period) -> dict[str, str | None]:
    start, end = map(_written, period)
    if start == end:
        return {"datetime": start}
    return {"datetime": None, "start_datetime": start, "end_datetime": end}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told(acquired: str) -> Period | None:
    """Read the date of a file: ISO 8601, or ``2019:07:01 08:30:00`` as TIFF writes it; None for anything else."""
    for read in (datetime.fromisoformat, _written_in_tiff):
        try:
            moment = read(acquired.strip())
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
        return moment, moment
    return None


def _written_in_tiff(text: str) -> datetime:
    return datetime.strptime(f"{text}+0000", "%Y:%m:%d %H:%M:%S%z")


def _projection(header: Header) -> dict[str, Any]:
    """The grid that is read: of a raster that is turned, or placed by control points, the one GDAL makes of it."""
    left, bottom, right, top = header.bounds
    bottom, top = sorted((bottom, top))  # without a CRS, rows may go north
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    epsg = header.crs.to_epsg() if header.crs else None
    told = {
        "proj:epsg": epsg,
        "proj:geometry": {"type": "Polygon", "coordinates": [ring]},
        "proj:bbox": [left, bottom, right, top],
        "proj:shape": [header.height, header.width],
        "proj:transform": list(header.transform),
    }
    return told if epsg or header.crs is None else {**told, "proj:wkt2": header.crs.to_wkt(version="WKT2_2019")}


def _cloud_cover(text: str) -> dict[str, float]:
    try:
        percent = float(text)
    except ValueError:
        return {}
    return {"eo:cloud_cover": percent} if 0 <= percent <= 100 else {}


def _asset(req: ItemRequest, found: Found) -> dict[str, Any]:
    portrait = found.portrait
    asset: dict[str, Any] = {
        "href": req.asset_href or req.dataset.url,
        "type": req.asset_type or (GEOTIFF if found.header.crs else TIFF),
        "roles": list(req.asset_roles),
    }
    if req.with_raster:
        asset["raster:bands"] = [
            _raster_band(band, portrait, found.statistics.get(band.name)) for band in portrait.bands
        ]
    if req.with_eo:
        asset["eo:bands"] = [
            {"name": band.name, "description": band.description or band.color} for band in portrait.bands
        ]
    return asset


def _raster_band(band: BandPortrait, portrait: Portrait, numbers: Mapping[str, Any] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"data_type": band.dtype}
    told |= {name: value for name, value in (("scale", band.scale), ("offset", band.offset)) if math.isfinite(value)}
    if portrait.sampling in ("area", "point"):
        told["sampling"] = portrait.sampling
    if portrait.nodata is not None:
        told["nodata"] = portrait.nodata if math.isfinite(portrait.nodata) else str(portrait.nodata)
    if band.unit:
        told["unit"] = band.unit
    return told | (_measured(numbers) if numbers else {})


def _measured(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Statistics and histogram as the raster extension names them; a band without valid pixels has few of them."""
    words = {"mean": "mean", "minimum": "min", "maximum": "max", "stddev": "std", "valid_percent": "valid_percent"}
    told = {word: numbers[name] for word, name in words.items() if numbers[name] is not None}
    counts, edges = numbers["histogram"]
    if None in counts or None in edges:
        return {"statistics": told}
    histogram = {"count": len(counts), "min": edges[0], "max": edges[-1], "buckets": [int(count) for count in counts]}
    return {"statistics": told, "histogram": histogram}
