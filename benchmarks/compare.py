"""Are the two servers' answers the same? A fast wrong answer is worth nothing."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.cases import Case

NEAR = {"png": 2, "jpg": 8}
"""Digital numbers that encoders and roundings may differ by."""


def alike(case: Case, ours: list[bytes], theirs: list[bytes]) -> float | None:
    """Share of pixels that are equal, or for pictures nearly so; None where the answers are no pixels."""
    if case.kind == "tilejson":
        return None
    shares = [_alike(case, *pair) for pair in zip(ours, theirs, strict=True)]
    return float(np.mean(shares))


def _alike(case: Case, ours: bytes, theirs: bytes) -> float:
    if case.kind == "point":
        return float(_values(ours) == _values(theirs))
    if case.kind == "crop":
        return float(np.mean(_array(ours) == _array(theirs)))
    difference = np.abs(_pixels(ours) - _pixels(theirs)).max(axis=-1)
    return float(np.mean(difference <= NEAR[case.extension]))


def _values(answer: bytes) -> list[float]:
    values = json.loads(answer)["values"]
    return [float(value) for value in values]


def _array(answer: bytes) -> NDArray[np.generic]:
    """Bands and mask; in the mask only zero or not counts (TiTiler's is 65535 for uint16, Swath's always 255)."""
    planes = np.load(BytesIO(answer))
    planes[-1] = planes[-1] != 0
    return np.asarray(planes)


def _pixels(answer: bytes) -> NDArray[np.int16]:
    """Red, green, blue and alpha; what is transparent has no colour."""
    rgba = np.asarray(Image.open(BytesIO(answer)).convert("RGBA")).astype(np.int16)
    return np.where(rgba[..., 3:] == 0, 0, rgba)
