"""Write a date on a picture so that it can be read on any ground."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.errors import BadRequest

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SIZE_MIN, SIZE_MAX = 10, 48
"""Height of the letters in pixels; smaller ones cannot be read, larger ones are in the way."""
SHARE = 18
"""Longest side of the picture over the height of the letters."""


def stamp(pixels: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """Write ``text`` at the lower left, white with a black rim; gives a picture of its own, shape ``(y, x, 4)``.

    Raises:
        BadRequest: It does not fit.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- a tenth of a second at every start, which only these need

    height, width, _ = pixels.shape
    size = letter_size((width, height), text)
    rim = max(1, size // 10)
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    place = (size // 2, height - size // 2)
    draw.text(place, text, (255, 255, 255, 255), _font(size), "ls", stroke_width=rim, stroke_fill=(0, 0, 0, 255))
    return np.array(picture)


def letter_size(size_wh: tuple[int, int], text: str) -> int:
    """Height of letters in pixels that suits a picture.

    Raises:
        BadRequest: Not even the smallest ones fit.
    """
    width, height = size_wh
    size = min(max(SIZE_MIN, max(size_wh) // SHARE), SIZE_MAX)
    while size > SIZE_MIN and not _fits(size, size_wh, text):
        size -= 1
    if not _fits(size, size_wh, text):
        needed = _needed(SIZE_MIN, text)
        told = f"needs a picture of {needed[0]} x {needed[1]} pixels or more; this one has {width} x {height}"
        raise BadRequest.of("label", "date", told)
    return size


def _fits(size: int, size_wh: tuple[int, int], text: str) -> bool:
    return all(needed <= there for needed, there in zip(_needed(size, text), size_wh, strict=True))


def _needed(size: int, text: str) -> tuple[int, int]:
    """Columns and rows that a text takes, with half a letter around it."""
    return round(_font(size).getlength(text)) + size, 2 * size


@lru_cache(maxsize=SIZE_MAX)
def _font(size: int) -> FreeTypeFont:
    """The letters that come with Pillow (Aileron, CC0)."""
    from PIL import ImageFont  # noqa: PLC0415 -- as above

    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return font
