"""What a STAC item is written of: what a raster tells of itself, and what the caller wants to have said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.model.request import DatasetRef
from app.model.source import Header

Period = tuple[datetime, datetime]
"""Start and end, in UTC; equal for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandPortrait:
    """What a file says of one band.

    Attributes:
        name: ``b1``, ``b2`` ..., as statistics call it.
        color: Colour interpretation, as rasterio names it.
    """

    name: str
    dtype: str
    scale: float
    offset: float
    unit: str | None
    description: str | None
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What a file says of itself, besides where it is.

    Attributes:
        bands: All of them, alpha too.
        sampling: ``area``, ``point`` or nothing: what a pixel is.
        acquired: When, as the file writes it; empty when it does not.
        cloud_cover: Percent, as the file writes it; empty when it does not.
    """

    bands: tuple[BandPortrait, ...]
    nodata: float | None
    sampling: str
    acquired: str
    cloud_cover: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Where a raster is, in longitude and latitude.

    Attributes:
        geometry: GeoJSON: a Polygon, or a MultiPolygon cut at the antimeridian.
        bbox: West, south, east, north; west above east across the antimeridian.
    """

    geometry: dict[str, Any]
    bbox: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of the raster.

    Attributes:
        name: Of the file: the id unless another one is asked for.
        place: None for a raster without a place on earth: its item has no geometry and no ``bbox``.
        statistics: Numbers of each band that was measured, by its name, as ``/statistics`` tells them.
    """

    name: str
    header: Header
    place: Footprint | None
    portrait: Portrait
    statistics: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRequest:
    """An item of one raster.

    Attributes:
        id: None: the name of the file.
        period: None: what the file tells, else now.
        extensions: Addresses of schemas that the item is said to follow, besides those that it needs.
        collection_url: Where the collection is; None: at its id.
        asset_type: Media type; None for what a GeoTIFF has.
        asset_href: None: the URL of the request.
        with_raster: Tell of values: type, nodata, scale, statistics.
        max_size: Longest side of the picture that is measured, in pixels.
        densify: Points added to each edge of the footprint.
        precision: Decimals of its coordinates; None: all.
    """

    dataset: DatasetRef
    id: str | None = None
    period: Period | None = None
    extensions: tuple[str, ...] = ()
    collection: str | None = None
    collection_url: str | None = None
    asset_name: str = "data"
    asset_roles: tuple[str, ...] = ()
    asset_type: str | None = None
    asset_href: str | None = None
    with_proj: bool = True
    with_raster: bool = True
    with_eo: bool = True
    max_size: int = 1024
    densify: int = 0
    precision: int | None = None
