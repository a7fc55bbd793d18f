"""Choose the encoder of an animation, and find out whether this server has it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.encode.film.apng import ApngFilm
from app.encode.film.gif import GifFilm
from app.encode.film.mp4 import Mp4Film, require_mp4
from app.encode.film.webp import WebpFilm
from app.model.request import Motion

Pixels = NDArray[np.uint8]
"""Shape ``(y, x, 4)``: red, green, blue, opacity."""


class Film(Protocol):
    """Takes frames of one size in the order of time; what is added need not be kept by others."""

    def add(self, pixels: Pixels) -> None:
        """Append a frame."""

    def finish(self) -> bytes:
        """Give the whole; there is at least one frame."""


FILMS: dict[Motion, Callable[[float], Film]] = {
    Motion.GIF: GifFilm,
    Motion.WEBP: WebpFilm,
    Motion.APNG: ApngFilm,
    Motion.MP4: Mp4Film,
}


def open_film(format: Motion, fps: float) -> Film:
    """Begin an animation of ``fps`` frames a second."""
    return FILMS[format](fps)


def require_encoder(format: Motion) -> None:
    """Raise ``BadRequest`` when this server was installed without what the format needs."""
    if format is Motion.MP4:
        require_mp4()


def encoder_of(format: Motion) -> str:
    """Name what decides the bytes of a format, beyond the libraries that every answer depends on."""
    return f"av {version('av')}" if format is Motion.MP4 else ""
