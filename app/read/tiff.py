"""How does a TIFF write its directories? In one of two byte orders, its offsets in 4 or 8 bytes (TIFF 6.0; BigTIFF)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct


@dataclass(frozen=True, slots=True)
class TiffForm:
    """Where numbers are, and how they are unpacked.

    Attributes:
        order: Of bytes, as ``struct`` writes it: ``<`` or ``>``.
        first_at: Where the offset of the first directory is.
        count: Of the entries of a directory, in front of them.
        entry: Tag, type, number of values; the values, or where they are.
        offset: Of a directory; the next one's is behind the entries.
    """

    order: str
    first_at: int
    count: Struct
    entry: Struct
    offset: Struct


def _form(order: str, *, big: bool) -> TiffForm:
    codes = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    return TiffForm(order, 8 if big else 4, *(Struct(order + code) for code in codes))


_FORMS = {(order, big): _form(order, big=big) for order in "<>" for big in (False, True)}


def form_of(start: bytes) -> TiffForm:
    """The form of a file, by its first four bytes; what is no TIFF has one, too, and nothing that makes sense in it."""
    return _FORMS["<" if start[:2] == b"II" else ">", start[2:4] in (b"+\0", b"\0+")]
