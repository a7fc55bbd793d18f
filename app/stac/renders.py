"""Which ways of showing it does an item name? Its ``renders``, by the STAC render extension."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

RENDERS_MAX = 64
RENDER_CHARACTERS = 32_768
"""Length of one render as JSON: a colormap of 256 colours has about 6000."""


def renders_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Read ``renders`` of the item (version 1 of the extension) and of its properties (version 2), as written.

    What is not an object, and what is longer than any sensible render, is left out.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for holder in (document, document.get("properties")):
        renders = holder.get("renders") if isinstance(holder, Mapping) else None
        if isinstance(renders, Mapping):
            found |= {_encodable(name): each for name, each in _modest(renders)}
    return found


def _modest(renders: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, render in islice(renders.items(), RENDERS_MAX):
        written = _written(render) if isinstance(render, Mapping) else ""
        if 0 < len(written) <= RENDER_CHARACTERS:
            yield name, json.loads(written, parse_constant=lambda _: None)  # NaN and Infinity are no JSON


def _written(render: Mapping[str, Any]) -> str:
    """As JSON that can be sent; nothing when it is nested too deep."""
    try:
        return _encodable(json.dumps(render, ensure_ascii=False))
    except RecursionError:
        return ""


def _encodable(text: str) -> str:
    """Replace what JSON can say and UTF-8 cannot: half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")
