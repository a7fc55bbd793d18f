"""Which files are alike? Those of one product: their directories differ in nothing but where their blocks are.

What GDAL and async-tiff say of such a file they would say of each: it is made of the values that are compared here,
byte by byte, and of where the blocks are, which each file has for itself.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.read.cog.directories import DIRECTORIES_MAX, ENTRIES_MAX
from app.read.tiff import form_of

SUBFILE_TYPE, COMPRESSION, TIE_POINTS = 254, 259, 33922
TABLES = TILE_OFFSETS, TILE_COUNTS = 324, 325
STRIPS = {273, 279}
ELSEWHERE = {330, 34665, 34853, 40965}
"""Tags that lead to further directories, which are not looked at here: SubIFDs, EXIF, GPS, interoperability."""
UNSEEN = {1, 5, 8, 32773, 32946, 34887, 34925, 50000}
"""Compressions of which GDAL looks at no block to open a file: of JPEG, WebP and JPEG XL it does."""
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
"""Bytes of a value by its type (TIFF 6.0, section 2; BigTIFF); types 13 and 18 lead to directories."""
NUMBERS = {3: "u2", 4: "u4", 16: "u8"}
PLACED = 6
"""Numbers of one tie point; more of them are ground control points."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Where the blocks of a directory are; as of ``Level``."""

    offsets: array[int]
    counts: array[int]
    is_mask: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes files alike, and what each of them has for itself.

    Attributes:
        digest: Equal for files whose directories differ only in ``blocks``.
        blocks: Of each directory, in the order in which they follow one another.
    """

    digest: bytes
    blocks: tuple[Blocks, ...]


class _Odd(Exception):
    """The file has to be looked at by GDAL."""


def likeness_of(head: bytes) -> Likeness | None:
    """Compare a file by its first bytes; None where they do not tell all, or where more than tags decides.

    It looks at no more bytes than ``head`` has: entries and values that do not overlap fit into it.
    """
    try:
        return _Head(head).likeness()
    except (_Odd, struct.error, OverflowError):  # which unpacking raises for offsets of more than 63 bits
        return None


class _Head:
    """The first bytes of a TIFF, taken apart."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._form = form_of(head)
        self._left = len(head)
        self._told: list[bytes] = [head[: self._form.first_at]]  # BigTIFF says there how long its offsets are

    def likeness(self) -> Likeness:
        blocks = tuple(map(self._directory, self._offsets()))
        return Likeness(hashlib.blake2b(b"".join(self._told), digest_size=16).digest(), blocks)

    def _offsets(self) -> Iterator[int]:
        """Follow the chain of directories."""
        form = self._form
        [offset] = form.offset.unpack_from(self._head, form.first_at)
        for _ in range(DIRECTORIES_MAX):
            if not offset:
                return
            yield offset
            [count] = form.count.unpack_from(self._head, offset)
            [offset] = form.offset.unpack_from(self._head, offset + form.count.size + count * form.entry.size)
        raise _Odd

    def _directory(self, offset: int) -> Blocks:
        """Note what a directory says, and give where its blocks are."""
        tables: dict[int, array[int]] = {}
        is_mask = False
        entries = self._entries(offset)
        for tag, kind, count, raw in entries:
            self._told.append(struct.pack("<HHQ", tag, kind, count))
            value = self._value(kind, count, raw)
            if tag in TABLES:
                tables[tag] = self._numbers(kind, value)
                continue
            self._require_plain(tag, kind, count, value)
            self._told.append(value)
            if tag == SUBFILE_TYPE:
                is_mask = bool(self._numbers(kind, value)[0] & 4)
        if tables.keys() != set(TABLES):
            raise _Odd
        return Blocks(tables[TILE_OFFSETS], tables[TILE_COUNTS], is_mask)

    def _entries(self, offset: int) -> Iterator[tuple[int, int, int, bytes]]:
        """Tag, type, number of values, and the values or where they are."""
        form = self._form
        [count] = form.count.unpack_from(self._head, offset)
        if count > ENTRIES_MAX:
            raise _Odd
        self._told.append(struct.pack("<Q", count))
        return form.entry.iter_unpack(self._slice(offset + form.count.size, count * form.entry.size))

    def _value(self, kind: int, count: int, raw: bytes) -> bytes:
        size = count * SIZES.get(kind, 0)
        if not size:
            raise _Odd
        if size <= len(raw):
            return raw[:size]
        [offset] = self._form.offset.unpack(raw)
        return self._slice(offset, size)

    def _slice(self, offset: int, size: int) -> bytes:
        self._left -= size
        if self._left < 0 or offset + size > len(self._head):
            raise _Odd
        return self._head[offset : offset + size]

    def _require_plain(self, tag: int, kind: int, count: int, value: bytes) -> None:
        """Let GDAL look at files of which more than their tags decides, or whose geometry is not simple."""
        if tag in STRIPS or tag in ELSEWHERE or (tag == TIE_POINTS and count > PLACED):
            raise _Odd
        if tag == COMPRESSION and self._numbers(kind, value)[0] not in UNSEEN:
            raise _Odd

    def _numbers(self, kind: int, value: bytes) -> array[int]:
        if kind not in NUMBERS:
            raise _Odd
        return array("Q", np.frombuffer(value, self._form.order + NUMBERS[kind]).astype(np.uint64).tobytes())
