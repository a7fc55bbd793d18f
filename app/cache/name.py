"""What does an answer consist of? Everything that decides its bytes, digested into a name."""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from rasterio import __gdal_version__

DIGEST_BYTES = 16
DECISIVE = (
    *("rasterio", "rio-tiler", "async-tiff", "numpy", "numexpr", "color-operations"),
    *("deflate", "isal", "simplejpeg", "pillow"),
)
"""Libraries whose versions may change a byte of a picture."""


def name_of(*parts: object) -> str:
    """Name an answer by what it is made of; another version of this program gives other names."""
    text = "\n".join(map(str, (build(), *parts)))
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


@cache
def build() -> str:
    """Name this program: its source, and the versions of the libraries that make pixels and bytes."""
    root = Path(__file__).parents[1]
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return " ".join((digest.hexdigest(), __gdal_version__, zlib.ZLIB_RUNTIME_VERSION, *map(version, DECISIVE)))
