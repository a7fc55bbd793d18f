"""A legend as PNG, by Pillow."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from app.encode.legend.drawing import EDGE, FRAME, INK, PAPER, Box, Drawing, Mark, Text, font

_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def draw_png(drawing: Drawing, scale: int) -> bytes:
    """Draw ``scale`` pixels for each of the layout, on white."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 -- a tenth of a second at every start, which only pictures need

    picture = Image.new("RGB", (drawing.width * scale, drawing.height * scale), PAPER[:3])
    pen = ImageDraw.Draw(picture, "RGBA")  # its colours blend with what is there
    for shape in drawing.shapes:
        match shape:
            case Text():
                at = (shape.x * scale, shape.y * scale)
                pen.text(at, shape.text, fill=shape.color, font=font(shape.size * scale), anchor=_ANCHORS[shape.anchor])
            case Mark():
                pen.rectangle(_corners(shape, scale), fill=(*INK[:3], 140))
            case Box():
                left, top, right, bottom = _corners(shape, scale)
                colors = Image.fromarray(_pixels(shape, right - left + 1, bottom - top + 1))
                picture.paste(colors, (left, top), colors)
                pen.rectangle((left, top, right, bottom), outline=EDGE, width=scale)
    pen.rectangle((0, 0, picture.width - 1, picture.height - 1), outline=FRAME, width=scale)
    with BytesIO() as out:
        picture.save(out, "PNG", optimize=True)
        return out.getvalue()


def _corners(shape: Box | Mark, scale: int) -> tuple[int, int, int, int]:
    """First and last column and row, both included."""
    left, top = round(shape.x * scale), round(shape.y * scale)
    return left, top, left + round(shape.width * scale) - 1, top + round(shape.height * scale) - 1


def _pixels(box: Box, width: int, height: int) -> Any:
    """Colours of a box, shape ``(height, width, 4)``, uint8."""
    colors = np.array(box.colors, np.uint8)
    length = height if box.down else width
    line = colors[np.arange(length) * len(colors) // length]
    line = line[::-1, np.newaxis] if box.down else line[np.newaxis]
    return np.ascontiguousarray(np.broadcast_to(line, (height, width, 4)))
