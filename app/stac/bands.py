"""What does an item say of the bands of its assets? Names, scale and offset, in every form that STAC has had for them.

Names stand in ``eo:bands`` (EO extension before 2.0; before STAC 0.9 as numbers of the bands in the properties) and in
``bands`` (STAC 1.1); scale and offset in ``raster:bands`` (raster extension before 2.0), and as ``raster:scale`` and
``raster:offset`` in ``bands`` or for the whole asset.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from app.model.item import AssetBand

BANDS_MAX = 1000
"""Bands of an asset that are looked at; hyperspectral files have hundreds."""

_NAMES = ("name", "common_name", "eo:common_name")
_SHIFT_DN = -1000
"""``BOA_ADD_OFFSET`` of all Sentinel-2 L2A bands since processing baseline 04.00 (25 January 2022)."""


def bands_of(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[AssetBand, ...]:
    """Read the bands of an asset, in the order of its file; ``properties`` are those of its item."""
    listed = _mappings(properties.get("eo:bands"), ())
    rows: Iterable[tuple[Mapping[str, Any], ...]] = zip_longest(
        _mappings(asset.get("bands"), ()),
        _mappings(asset.get("eo:bands"), listed),
        _mappings(asset.get("raster:bands"), ()),
        fillvalue={},
    )
    shifted = is_shifted(properties)
    return tuple(_band(asset, *row, shifted=shifted) for row in rows)


def is_shifted(properties: Mapping[str, Any]) -> bool:
    """Whether the pixels hold values from which Sentinel-2's offset of 1000 was taken already.

    Earth Search does that to scenes of baseline 04.00 and later and says so in ``earthsearch:boa_offset_applied``
    (``sentinel:`` in its version 0), while its ``raster:bands`` go on to carry the offset of the original product, -0.1
    (cirrus-geo/cirrus-earth-search#21, Element84/earth-search#66). Without the word the offset is due.
    """
    return any(key.endswith(":boa_offset_applied") and value is True for key, value in properties.items())


def _band(
    asset: Mapping[str, Any],
    today: Mapping[str, Any],
    eo: Mapping[str, Any],
    raster: Mapping[str, Any],
    *,
    shifted: bool,
) -> AssetBand:
    names = (band.get(name) for band in (eo, today) for name in _NAMES)
    scale = _first_number(today.get("raster:scale"), raster.get("scale"), asset.get("raster:scale"))
    offset = _first_number(today.get("raster:offset"), raster.get("offset"), asset.get("raster:offset"))
    scale, offset = 1.0 if scale is None else scale, offset or 0.0
    if shifted and math.isclose(offset, _SHIFT_DN * scale, rel_tol=1e-6):
        offset = 0.0
    return AssetBand(
        names=tuple(dict.fromkeys(_encodable(name) for name in names if isinstance(name, str) and name)),
        scale=scale,
        offset=offset,
    )


def _mappings(bands: Any, listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Objects of a list; a number means the one in ``listed``, anything else says nothing."""
    return [_mapping(band, listed) for band in bands[:BANDS_MAX]] if isinstance(bands, list) else []


def _mapping(band: Any, listed: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if isinstance(band, int) and 0 <= band < len(listed):
        return listed[band]
    return band if isinstance(band, Mapping) else {}


def _first_number(*values: Any) -> float | None:
    for value in values:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e30:  # NaN is no number
            return float(value)
    return None


def _encodable(text: str) -> str:
    """Replace what JSON can say and UTF-8 cannot: half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
