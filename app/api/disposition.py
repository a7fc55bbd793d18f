"""What is an answer called when it is saved? As RFC 6266 writes it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

DATASET_MAX = 100
"""Characters kept of the dataset's name, which may be anybody's."""


def content_disposition(dataset: str, what: str, extension: str) -> dict[str, str]:
    """Make the header: shown where a browser can, and saved as ``{dataset}_{what}.{extension}``.

    Args:
        dataset: An item's id or a file's name; any text.
        what: ASCII letters, digits and hyphens.
    """
    plain, extended = _names(dataset[: DATASET_MAX + 5])
    end = f"_{what}.{extension}"
    value = f'inline; filename="{plain}{end}"'
    return {"Content-Disposition": f"{value}; filename*=UTF-8''{extended}{end}" if extended else value}


@lru_cache(maxsize=512)
def _names(dataset: str) -> tuple[str, str]:
    """The name in letters that need no quoting; and all of it percent-encoded (RFC 5987), or nothing if that is equal.

    What directs text (right to left), separates folders or is forbidden in a file's name is in neither.
    """
    printable = "".join(char if char.isprintable() and char not in '<>:"/\\|?*' else "_" for char in dataset)
    stem = re.sub(r"\.tiff?$", "", printable, flags=re.IGNORECASE)[:DATASET_MAX].lstrip(".") or "raster"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", stem)
    return plain, "" if stem.isascii() else quote(stem, safe="")
