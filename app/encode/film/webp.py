"""Animated WebP: stills by Pillow, put one after the other as Google's WebP container specification says."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from app.encode.photo import WEBP_METHOD, WEBP_QUALITY

ANIMATED, TRANSPARENT = 0x02, 0x10
"""Flags of the file."""
ALONE = 0x03
"""Flags of a frame: do not blend it with the canvas, and clear that afterwards."""
PIXELS = (b"ALPH", b"VP8 ", b"VP8L")


class WebpFilm:
    """Frames are compressed as they come."""

    def __init__(self, fps: float) -> None:
        self._duration_ms = round(1000 / fps)
        self._size_wh = (0, 0)
        self._frames: list[bytes] = []

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append a frame of shape ``(y, x, 4)``."""
        from PIL import Image  # noqa: PLC0415 -- a tenth of a second at every start, which only these formats need

        height, width, _ = pixels.shape
        self._size_wh = (width, height)
        with BytesIO() as out:
            Image.fromarray(pixels).save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
            still = out.getvalue()
        place = _triple(0) + _triple(0) + _triple(width - 1) + _triple(height - 1)
        head = place + _triple(self._duration_ms) + bytes([ALONE])
        body = b"".join(_chunk(name, data) for name, data in _chunks(still) if name in PIXELS)
        self._frames.append(_chunk(b"ANMF", head + body))

    def finish(self) -> bytes:
        """Give the whole, which is shown again and again."""
        width, height = self._size_wh
        flags = bytes([ANIMATED | TRANSPARENT, 0, 0, 0])
        file = _chunk(b"VP8X", flags + _triple(width - 1) + _triple(height - 1))
        loop = _chunk(b"ANIM", struct.pack("<IH", 0, 0))  # on a transparent ground, without end
        return _chunk(b"RIFF", b"".join((b"WEBP", file, loop, *self._frames)))


def _chunks(still: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the chunks of a WebP file."""
    at = 12
    while at < len(still):
        name, size = still[at : at + 4], int.from_bytes(still[at + 4 : at + 8], "little")
        yield name, still[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of an even length."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _triple(number: int) -> bytes:
    return number.to_bytes(3, "little")
