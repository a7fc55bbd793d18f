"""What a picture of a legend consists of: shapes in pixels of an unscaled picture, from the top left."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from app.model.request import Rgba

Anchor = Literal["start", "middle", "end"]
INK: Rgba = (31, 41, 51, 255)
FAINT: Rgba = (94, 107, 120, 255)
EDGE: Rgba = (31, 41, 51, 56)
PAPER: Rgba = (255, 255, 255, 255)
FRAME: Rgba = (31, 41, 51, 30)
TITLE_SIZE, LABEL_SIZE = 13, 11
BROWSER = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line; ``y`` is its baseline."""

    x: float
    y: float
    text: str
    size: int
    color: Rgba = INK
    anchor: Anchor = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of one colour, or of many from left to right (``down``: from bottom to top), with an edge."""

    x: float
    y: float
    width: float
    height: float
    colors: tuple[Rgba, ...]
    down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A short line of one pixel, along x or y."""

    x: float
    y: float
    width: float
    height: float


Shape = Text | Box | Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All shapes, and the size that holds them."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


def text_width(text: str, size: int) -> float:
    """Width of a line, with room for the fonts of browsers, which are wider than the built-in one."""
    width: float = font(size).getlength(text)
    return width * BROWSER


def shortened(text: str, size: int, room: float) -> str:
    """The text, or as much of it as there is room for."""
    if text_width(text, size) <= room:
        return text
    letters = bisect_right(range(len(text)), room, key=lambda count: text_width(text[:count] + "...", size)) - 1
    return text[: max(0, letters)].rstrip() + "..."


@cache
def font(size: int) -> Any:
    """Pillow's built-in font; sizes are few: two, times a scale of 1 to 4."""
    from PIL import ImageFont  # noqa: PLC0415 -- a tenth of a second at every start, which only these pictures need

    return ImageFont.load_default(size)
