"""Animated PNG (W3C PNG specification, third edition): every frame whole, without loss."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.encode.png import COLOR_TYPES, LEVEL, SIGNATURE, chunk, scanlines

REPLACE = bytes((1, 0))
"""Clear the canvas after a frame, and draw the next one as it is: where it is transparent, nothing shines through."""


class ApngFilm:
    """Frames are compressed as they come."""

    def __init__(self, fps: float) -> None:
        self._delay = 1 / Fraction(fps).limit_denominator(1000)
        self._size_wh = (0, 0)
        self._bodies: list[bytes] = []

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append a frame of shape ``(y, x, 4)``."""
        height, width, _ = pixels.shape
        self._size_wh = (width, height)
        self._bodies.append(isal_zlib.compress(scanlines(pixels), LEVEL))

    def finish(self) -> bytes:
        """Give the whole; programs that know no animation show the first frame."""
        parts = [
            SIGNATURE,
            chunk(b"IHDR", struct.pack(">2I5B", *self._size_wh, 8, COLOR_TYPES[4], 0, 0, 0)),
            chunk(b"acTL", struct.pack(">2I", len(self._bodies), 0)),
        ]
        for number, body in enumerate(self._bodies):
            sequence = max(0, 2 * number - 1)  # fcTL and fdAT count together; the first frame is an IDAT, without one
            parts.append(self._control(sequence))
            parts.append(chunk(b"fdAT", struct.pack(">I", sequence + 1) + body) if number else chunk(b"IDAT", body))
        return b"".join((*parts, chunk(b"IEND", b"")))

    def _control(self, sequence: int) -> bytes:
        place = struct.pack(">5I", sequence, *self._size_wh, 0, 0)
        return chunk(b"fcTL", place + struct.pack(">2H", *self._delay.as_integer_ratio()) + REPLACE)
