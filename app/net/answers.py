"""What the guarded client gives back."""

from __future__ import annotations

from dataclasses import dataclass

from app.model.location import Location, RemoteLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A small text, such as a STAC item; ``body`` is not compressed."""

    body: bytes
    location: Location
    """Where it was found after redirects; relative links in it start here."""
    etag: str | None = None
    media_type: str | None = None
    not_modified: bool = False
    """The ``etag`` sent along still holds; ``body`` is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAnswer:
    """Bytes of a file."""

    body: bytes
    """The range asked for (shorter only where the file ends), or the whole file."""
    total_size: int
    location: RemoteLocation
    etag: str | None = None
    whole: bool = False
    """The server ignores ``Range``: ``body`` is the file from its first byte."""
