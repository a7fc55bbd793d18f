"""A STAC item, as far as Swath uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.model.grid import Bounds
from app.model.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetBand:
    """One band of an asset, as the item describes it.

    Attributes:
        names: Its ``eo:bands`` / ``bands`` name, then its common name.
        scale: Factor that turns pixels into values, before ``offset`` is added.
    """

    names: tuple[str, ...] = ()
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset of an item.

    Attributes:
        key: Name in the item's ``assets``.
        href: As written in the item: absolute, or relative to the item.
        media_type: As written, or None.
        bands: What the item says of its bands, in the order of the file; empty when it says nothing.
        roles: As written, such as ``("data",)`` or ``("thumbnail",)``.
    """

    key: str
    href: str
    media_type: str | None = None
    title: str | None = None
    roles: tuple[str, ...] = ()
    bands: tuple[AssetBand, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """A STAC item that was read from ``location``; compared by identity, so that choices can be remembered.

    Attributes:
        location: Relative hrefs begin here; None for an item that the caller sent.
        bounds_wgs84: The item's ``bbox`` (2D), or None.
        attribution: Names of the providers, joined, or None.
        renders: Ways to show it by name, as the render extension writes them.
        size_bytes: Length of the document, for caches that count bytes.
    """

    id: str
    location: Location | None
    assets: Mapping[str, Asset]
    bounds_wgs84: Bounds | None = None
    attribution: str | None = None
    renders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    size_bytes: int = 0
