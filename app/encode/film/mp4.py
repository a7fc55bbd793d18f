"""MP4 with H.264, by PyAV (FFmpeg and x264), which is the extra ``swath[mp4]``."""

from __future__ import annotations

from fractions import Fraction
from importlib.util import find_spec
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from app.errors import BadRequest

QUALITY = "20"
"""Constant rate factor of x264: 0 is without loss, 23 its default, on which fields of imagery smear."""
PRESET = "veryfast"
"""x264's own word: a third of the time of ``medium`` for some more bytes."""


def require_mp4() -> None:
    """Raise ``BadRequest`` when the extra is not installed."""
    if find_spec("av") is None:
        told = "is not installed on this server (pip install 'swath[mp4]'); gif, webp and apng are"
        raise BadRequest.of("format", "mp4", told)


class Mp4Film:
    """Frames are compressed as they come; what is transparent becomes black."""

    def __init__(self, fps: float) -> None:
        import av  # noqa: PLC0415 -- an extra

        self._out = BytesIO()
        self._file = av.open(
            self._out, "w", format="mp4", options={"movflags": "faststart"}, io_open=lambda *_: BytesIO(self._written())
        )
        self._rate = Fraction(fps).limit_denominator(1000)
        self._stream = self._file.add_stream("libx264", rate=self._rate, options={"crf": QUALITY, "preset": PRESET})
        self._stream.pix_fmt = "yuv420p"  # the only one that every player knows
        self._stream.thread_count = 1
        self._count = 0

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Append a frame of shape ``(y, x, 4)``; its last row and column are repeated to make it even."""
        import av  # noqa: PLC0415 -- an extra

        height, width, _ = pixels.shape
        opacity = pixels[..., 3:].astype(np.uint16)
        colors = (pixels[..., :3] * opacity // 255).astype(np.uint8)
        even = np.pad(colors, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if not self._count:
            self._stream.height, self._stream.width = even.shape[:2]
        frame = av.VideoFrame.from_ndarray(even, format="rgb24")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._count += 1
        self._file.mux(self._stream.encode(frame))

    def _written(self) -> bytes:
        """What FFmpeg reads again to put the index before it."""
        return self._out.getvalue()

    def finish(self) -> bytes:
        """Give the whole, with its index at the beginning, so that it plays while it loads."""
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._out.getvalue()
