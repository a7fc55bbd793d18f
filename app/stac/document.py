"""Read the JSON of a STAC item, taking only the fields that Swath uses, so that an off-spec rest does no harm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.errors import UpstreamUnusable, shorten
from app.model.grid import Bounds
from app.model.item import Asset, Item
from app.model.location import Location
from app.stac.bands import bands_of
from app.stac.renders import renders_of

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ASSETS_MAX = 10_000
PARTS_MAX = 100_000
VALUES_MAX = 500_000
"""Objects and lists, and commas, of a document: reading more would keep everybody else waiting."""
_JSON_KINDS = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def parse_item(body: bytes, location: Location | None) -> Item:
    """Make an ``Item`` of a JSON document.

    Raises:
        UpstreamUnusable: Not JSON, nested too deep, not a STAC item, or without assets; the message says what it is.
    """
    require_small(body)
    document = _load_json(body)
    _require_item(document)
    assets = document["assets"]
    if len(assets) > ASSETS_MAX:
        raise UpstreamUnusable(f"The item has {len(assets)} assets, {ASSETS_MAX} are read at most.")
    properties = _properties(document)
    return Item(
        id=shorten(encodable(str(document.get("id", "item"))), 200),
        location=location,
        assets={
            encodable(key): _asset(encodable(key), asset, properties)
            for key, asset in assets.items()
            if _has_href(asset)
        },
        bounds_wgs84=bounds_of(document),
        attribution=_attribution(document),
        renders=renders_of(document),
        size_bytes=len(body),
    )


def require_small(body: bytes) -> None:
    """Raise ``UpstreamUnusable`` for a document whose reading would keep everybody else waiting."""
    parts, values = body.count(b"{") + body.count(b"["), body.count(b",")
    if parts > PARTS_MAX or values > VALUES_MAX:
        raise UpstreamUnusable(
            f"The document has {parts} objects and lists, and {values} commas; "
            f"{PARTS_MAX} and {VALUES_MAX} are read at most."
        )


def _load_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError as err:
        raise UpstreamUnusable("The document is nested too deep to be a STAC item.") from err
    except ValueError as err:
        if body.startswith(_TIFF):
            raise UpstreamUnusable(
                "The document is a TIFF, not a STAC item; rasters are asked for under /cog."
            ) from err
        if not body.strip():
            raise UpstreamUnusable("The document is empty; a STAC item is needed.") from err
        start = shorten(body[:40].decode("utf-8", "replace"), 40)
        raise UpstreamUnusable(f"The document is not JSON (it begins with {start!r}); a STAC item is needed.") from err


def _require_item(document: Any) -> None:
    if not isinstance(document, Mapping):
        found = _JSON_KINDS.get(type(document), "a number")
        raise UpstreamUnusable(f"The document is JSON, but {found}; a STAC item, which is an object, is needed.")
    kind = document.get("type")
    if kind == "FeatureCollection":
        raise UpstreamUnusable(_collection_of_items(document))
    if kind in ("Collection", "Catalog") or ("extent" in document and "assets" not in document):
        raise UpstreamUnusable(
            f"The document is a STAC {kind or 'Collection'}, not an item; give the URL of one of its items."
        )
    if not isinstance(document.get("assets"), Mapping):
        raise UpstreamUnusable(
            "The document is JSON but not a STAC item: it has no 'assets' object. Give the URL of an item."
        )


def _collection_of_items(document: Mapping[str, Any]) -> str:
    features = document.get("features")
    ids = [str(f.get("id")) for f in features if isinstance(f, Mapping)] if isinstance(features, list) else []
    if not ids:
        return "The document is a FeatureCollection without items; give the URL of one item."
    some = shorten(", ".join(ids[:3]), 120) + (" …" if len(ids) > 3 else "")
    count = "1 item" if len(ids) == 1 else f"{len(ids)} items"
    return f"The document is a FeatureCollection of {count} ({some}), not an item; give the URL of one item."


def _has_href(asset: Any) -> bool:
    return isinstance(asset, Mapping) and isinstance(asset.get("href"), str)


def _asset(key: str, asset: Mapping[str, Any], properties: Mapping[str, Any]) -> Asset:
    return Asset(
        key=key,
        href=asset["href"],
        media_type=_text(asset.get("type")),
        title=_text(asset.get("title")),
        roles=tuple(str(role) for role in _sequence(asset.get("roles"))),
        bands=bands_of(asset, properties),
    )


def _properties(document: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = document.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def bounds_of(document: Mapping[str, Any]) -> Bounds | None:
    """``bbox``, its heights left out; None when it is missing, not on earth, or not four numbers without them.

    Some real items write north before south, or end half a pixel beyond a pole.
    """
    bbox = list(_sequence(document.get("bbox")))
    if len(bbox) == 6:
        bbox = [bbox[0], bbox[1], bbox[3], bbox[4]]
    if len(bbox) != 4 or not all(isinstance(v, (int, float)) for v in bbox):
        return None
    if not all(abs(v) <= limit for v, limit in zip(bbox, (361, 91, 361, 91), strict=True)):
        return None
    south, north = sorted(max(-90.0, min(90.0, latitude)) for latitude in (bbox[1], bbox[3]))
    return (float(bbox[0]), south, float(bbox[2]), north)


def _attribution(document: Mapping[str, Any]) -> str | None:
    """Names of the providers; of the item, or of its properties."""
    providers = _sequence(_properties(document).get("providers"))
    names = [p["name"] for p in providers if isinstance(p, Mapping) and isinstance(p.get("name"), str)]
    return shorten(", ".join(names), 300) or None


def _text(value: Any) -> str | None:
    return encodable(value) if isinstance(value, str) else None


def encodable(text: str) -> str:
    """Replace what JSON can say and UTF-8 cannot: half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
