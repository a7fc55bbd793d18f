"""What the fast driver knows of a file: what GDAL says of it, and where its blocks are."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.source import Header
from app.read.cog.layout import Layout

ENTRY_BYTES = 2048
"""Weight of an entry without its bands and block tables."""
BAND_BYTES = 192
"""Of what is told of a band: its number, description, scale, offset, statistics."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CogHeader(Header):
    """A header with where the blocks of its file are.

    Attributes:
        layout: None when the fast driver declines the file.
        declined: Why, or an empty text.
    """

    layout: Layout | None
    declined: str

    @property
    def weight(self) -> int:
        """Bytes in a cache."""
        blocks = sum(len(level.offsets) for level in self.layout.levels + self.layout.masks) if self.layout else 0
        return ENTRY_BYTES + BAND_BYTES * self.band_count + 16 * blocks
