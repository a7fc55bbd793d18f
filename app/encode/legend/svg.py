"""A legend as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from app.encode.legend.drawing import EDGE, FRAME, INK, PAPER, Box, Drawing, Mark, Text
from app.model.request import Rgba

STEPS_MAX = 64
"""Bars of at most so many colours have hard edges between them; others run smoothly."""


def write_svg(drawing: Drawing) -> bytes:
    """Write all shapes; the caller's words are escaped."""
    body = "".join(_written(shape, number) for number, shape in enumerate(drawing.shapes))
    width, height = drawing.width, drawing.height
    paper = f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" {_fill(PAPER)} {_stroke(FRAME)}/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif">'
        f"{paper}{body}</svg>\n"
    ).encode()


def _written(shape: Text | Box | Mark, number: int) -> str:
    match shape:
        case Text():
            anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
            at = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size}"{anchor}'
            return f"<text {at} {_fill(shape.color)}>{escape(shape.text)}</text>"
        case Mark():
            at = f'x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}"'
            return f"<rect {at} {_fill((*INK[:3], 140))}/>"
        case Box():
            return _box(shape, f"c{number}")


def _box(box: Box, name: str) -> str:
    at = (
        f'x="{box.x + 0.5:g}" y="{box.y + 0.5:g}" width="{box.width - 1:g}" height="{box.height - 1:g}" {_stroke(EDGE)}'
    )
    if len(box.colors) == 1:
        return f"<rect {at} {_fill(box.colors[0])}/>"
    way = 'x1="0" y1="1" x2="0" y2="0"' if box.down else 'x1="0" y1="0" x2="1" y2="0"'
    stops = "".join(f'<stop offset="{at:.4g}" {_color("stop", color)}/>' for at, color in _stops(box.colors))
    return f'<linearGradient id="{name}" {way}>{stops}</linearGradient><rect {at} fill="url(#{name})"/>'


def _stops(colors: tuple[Rgba, ...]) -> Iterator[tuple[float, Rgba]]:
    """Where the gradient has which colour: at both ends of a run of equal ones, or in the middle of each."""
    runs = [(color, len(list(run))) for color, run in groupby(colors)]
    start = 0
    for number, (color, length) in enumerate(runs):
        first, last = start / len(colors), (start + length) / len(colors)
        if len(runs) <= STEPS_MAX:
            yield first, color
            yield last, color
        else:
            yield 0.0 if number == 0 else 1.0 if number == len(runs) - 1 else (first + last) / 2, color
        start += length


def _fill(color: Rgba) -> str:
    return _color("fill", color)


def _stroke(color: Rgba) -> str:
    return _color("stroke", color)


def _color(word: str, color: Rgba) -> str:
    red, green, blue, alpha = color
    name = "stop-color" if word == "stop" else word
    opacity = "" if alpha == 255 else f' {word}-opacity="{alpha / 255:.3g}"'
    return f'{name}="#{red:02x}{green:02x}{blue:02x}"{opacity}'
