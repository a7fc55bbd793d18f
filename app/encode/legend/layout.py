"""Where everything of a legend goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.encode.legend.drawing import (
    FAINT,
    LABEL_SIZE,
    TITLE_SIZE,
    Anchor,
    Box,
    Drawing,
    Mark,
    Shape,
    Text,
    shortened,
    text_width,
)
from app.model.legend import Bar, Class, Legend, Tick

PADDING = 14
BAR_LENGTH, BAR_WIDTH = 300, 14
COLUMN_LENGTH = 200
"""Length of a bar that stands."""
GAP = 8
TICK = 4
LABEL_GAP = 10
"""Least room between two labels."""
ROW = 20
SWATCH = 14
ROWS_MAX, COLUMNS_MAX = 16, 4
LABEL_MAX = 150
"""Widest label of a class."""


def lay_out(legend: Legend, *, vertical: bool = False) -> Drawing:
    """Place a bar, three of them, or rows of classes below the title."""
    top = PADDING + TITLE_SIZE + GAP
    if legend.kind == "classes":
        shapes, right, bottom = _classes(legend.classes, top)
    elif legend.kind == "ramp":
        shapes, right, bottom = _standing(legend.bars[0], top) if vertical else _lying(legend.bars[0], top)
    else:
        shapes, right, bottom = _channels(legend.bars, top)
    title = shortened(legend.title, TITLE_SIZE, max(right, BAR_LENGTH + PADDING) - PADDING)
    heading = Text(x=PADDING, y=PADDING + TITLE_SIZE - 2, text=title, size=TITLE_SIZE)
    right = max(right, PADDING + text_width(title, TITLE_SIZE))
    return Drawing(width=round(right + PADDING), height=round(bottom + PADDING), shapes=(heading, *shapes))


def _lying(bar: Bar, top: float) -> tuple[list[Shape], float, float]:
    """A bar from left to right, labels below it."""
    below = top + BAR_WIDTH
    shapes: list[Shape] = [Box(x=PADDING, y=top, width=BAR_LENGTH, height=BAR_WIDTH, colors=bar.colors)]
    for tick, start, anchor in _labels_that_fit(bar.ticks):
        x = PADDING + tick.at * (BAR_LENGTH - 1)
        shapes.append(Mark(x=x, y=below, width=1, height=TICK))
        shapes.append(
            Text(x=start, y=below + TICK + LABEL_SIZE + 1, text=tick.label, size=LABEL_SIZE, color=FAINT, anchor=anchor)
        )
    return shapes, PADDING + BAR_LENGTH, below + TICK + LABEL_SIZE + 2


def _labels_that_fit(ticks: Sequence[Tick]) -> Iterator[tuple[Tick, float, Anchor]]:
    """Ticks, each with the place of its label; those that would touch another, or the last, are left out."""
    first, *inner, last = ticks
    right = PADDING + BAR_LENGTH
    yield first, PADDING, "start"
    taken = PADDING + text_width(first.label, LABEL_SIZE)
    end = right - text_width(last.label, LABEL_SIZE)
    for tick in inner:
        x, half = PADDING + tick.at * BAR_LENGTH, text_width(tick.label, LABEL_SIZE) / 2
        if x - half >= taken + LABEL_GAP and x + half <= end - LABEL_GAP:
            yield tick, x, "middle"
            taken = x + half
    yield last, right, "end"


def _standing(bar: Bar, top: float) -> tuple[list[Shape], float, float]:
    """A bar from bottom to top, labels to the right of it."""
    top += LABEL_SIZE / 2
    beside = PADDING + BAR_WIDTH
    shapes: list[Shape] = [Box(x=PADDING, y=top, width=BAR_WIDTH, height=COLUMN_LENGTH, colors=bar.colors, down=True)]
    for tick in bar.ticks:
        y = top + (1 - tick.at) * (COLUMN_LENGTH - 1)
        shapes.append(Mark(x=beside, y=y, width=TICK, height=1))
        shapes.append(Text(x=beside + TICK + 4, y=y + LABEL_SIZE * 0.38, text=tick.label, size=LABEL_SIZE, color=FAINT))
    widest = max(text_width(tick.label, LABEL_SIZE) for tick in bar.ticks)
    return shapes, beside + TICK + 4 + widest, top + COLUMN_LENGTH + LABEL_SIZE / 2


def _channels(bars: Sequence[Bar], top: float) -> tuple[list[Shape], float, float]:
    """A row for each: its name, and its bar between the lowest and the highest value."""
    shapes: list[Shape] = []
    names = [shortened(bar.name, LABEL_SIZE, LABEL_MAX) for bar in bars]
    lows = max(text_width(bar.ticks[0].label, LABEL_SIZE) for bar in bars)
    highs = max(text_width(bar.ticks[-1].label, LABEL_SIZE) for bar in bars)
    start = PADDING + max(text_width(name, LABEL_SIZE) for name in names) + 2 * GAP + lows
    length = max(120.0, BAR_LENGTH + PADDING - start - GAP - highs)
    for row, (name, bar) in enumerate(zip(names, bars, strict=True)):
        y = top + row * ROW
        base = y + BAR_WIDTH - 3
        shapes += [
            Text(x=PADDING, y=base, text=name, size=LABEL_SIZE),
            Text(x=start - GAP + 2, y=base, text=bar.ticks[0].label, size=LABEL_SIZE, color=FAINT, anchor="end"),
            Box(x=start, y=y, width=length, height=BAR_WIDTH, colors=bar.colors),
            Text(x=start + length + GAP - 2, y=base, text=bar.ticks[-1].label, size=LABEL_SIZE, color=FAINT),
        ]
    return shapes, start + length + GAP + highs, top + len(bars) * ROW - (ROW - BAR_WIDTH)


def _classes(classes: Sequence[Class], top: float) -> tuple[list[Shape], float, float]:
    """Swatches in columns; of very many the first, and how many more there are."""
    if not classes:
        return [], PADDING, top - GAP
    shown = classes if len(classes) <= ROWS_MAX * COLUMNS_MAX else classes[: ROWS_MAX * COLUMNS_MAX - 1]
    labels = [shortened(each.label, LABEL_SIZE, LABEL_MAX) for each in shown]
    if len(shown) < len(classes):
        labels.append(f"and {len(classes) - len(shown)} more")
    rows = min(ROWS_MAX, len(labels))
    shapes: list[Shape] = []
    x = float(PADDING)
    right = x
    for start in range(0, len(labels), rows):
        column = labels[start : start + rows]
        for row, label in enumerate(column):
            y = top + row * ROW
            if start + row < len(shown):
                shapes.append(Box(x=x, y=y, width=SWATCH, height=SWATCH, colors=(shown[start + row].color,)))
            shapes.append(Text(x=x + SWATCH + GAP, y=y + SWATCH - 3, text=label, size=LABEL_SIZE))
        right = x + SWATCH + GAP + max(text_width(label, LABEL_SIZE) for label in column)
        x = right + 2 * GAP
    return shapes, right, top + rows * ROW - (ROW - SWATCH)
