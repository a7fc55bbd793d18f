"""Answers that hold pixels: decode them, and tell whether two mean the same picture."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rasterio.io import MemoryFile

from benchmarks.parity.difference import Difference

PICTURES = ("image/png", "image/jpeg", "image/jpg", "image/webp", "image/jp2", "image/tiff; application=geotiff")
ARRAY = "application/x-binary"
LOSSY = ("image/jpeg", "image/jpg", "image/webp", "image/jp2")
EQUAL_SHARE = 0.97
"""DESIGN: at least so many pixels are identical, and each of the others is a neighbour's."""
MASK_SHARE = 0.0001
LOSSY_MEAN, LOSSY_WORST = 4.0, 48
"""Digital numbers by which two lossy encoders may differ: on average, and in 99.9 % of the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Bands without mask or alpha, and where they are valid."""

    data: NDArray[np.generic]
    """Shape ``(band, y, x)``."""
    valid: NDArray[np.bool_]
    """Shape ``(y, x)``."""
    crs: str = ""
    transform: tuple[float, ...] = ()


def decode(body: bytes, media: str, *, masked: bool) -> Pixels | None:
    """Pixels of an answer; None when it cannot be read.

    Args:
        masked: The last plane of an array is a mask.
    """
    try:
        return _array(body, masked=masked) if media == ARRAY else _picture(body, georeferenced="tiff" in media)
    except (ValueError, EOFError, RasterioIOError):
        return None


def _array(body: bytes, *, masked: bool) -> Pixels:
    planes = np.load(BytesIO(body))
    if not masked:
        return Pixels(data=planes, valid=np.ones(planes.shape[1:], bool))
    return Pixels(data=planes[:-1], valid=_is_valid(planes[-1]))


def _is_valid(mask: NDArray[np.generic]) -> NDArray[np.bool_]:
    """TiTiler writes the lowest value of the dtype where a pixel is not valid, Swath 0."""
    lowest = np.finfo(mask.dtype).min if mask.dtype.kind == "f" else np.iinfo(mask.dtype).min
    return np.asarray((mask != lowest) & (mask != 0))


def _picture(body: bytes, *, georeferenced: bool) -> Pixels:
    with warnings.catch_warnings(), MemoryFile(body) as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open() as file:
            bands = file.read()
            # GDAL marks no alpha in a JPEG 2000 that it writes.
            alpha = file.colorinterp[-1] == ColorInterp.alpha or (
                file.driver.startswith("JP2") and file.count in (2, 4)
            )
            if file.colorinterp[0] == ColorInterp.palette and not georeferenced:
                bands, alpha = _colours(bands[0], file.colormap(1)), True
            return Pixels(
                data=bands[:-1] if alpha else bands,
                valid=_is_valid(bands[-1]) if alpha else np.ones(bands.shape[1:], bool),
                crs=str(file.crs) if georeferenced else "",
                transform=tuple(file.transform)[:6] if georeferenced else (),
            )


def _colours(indexes: NDArray[np.generic], table: dict[int, tuple[int, ...]]) -> NDArray[np.uint8]:
    """A picture with a palette as red, green, blue and alpha: one way to write the same colours."""
    return np.moveaxis(np.array([table.get(index, (0, 0, 0, 0)) for index in range(256)], np.uint8)[indexes], -1, 0)


def compare_pixels(theirs: Pixels | None, ours: Pixels | None, *, lossy: bool) -> Iterator[Difference]:
    """What differs beyond the tolerances above; invalid pixels have no value."""
    if theirs is None or ours is None:
        yield Difference("pixels", f"readable: {theirs is not None} and {ours is not None}")
        return
    if theirs.data.shape != ours.data.shape:
        yield Difference("shape", f"{theirs.data.shape} and {ours.data.shape}")
        return
    if theirs.data.dtype != ours.data.dtype:
        yield Difference("dtype", f"{theirs.data.dtype} and {ours.data.dtype}")
    if theirs.crs != ours.crs or not np.allclose(theirs.transform, ours.transform, rtol=1e-9):
        yield Difference("place", f"{theirs.crs} {theirs.transform} and {ours.crs} {ours.transform}")
    wrong = float(np.mean(theirs.valid != ours.valid))
    if wrong > MASK_SHARE:
        yield Difference("mask", f"{wrong:.2%} of the pixels are valid in one only")
    compare = _lossy if lossy else _exact
    yield from compare(theirs, ours, theirs.valid & ours.valid)


def _lossy(theirs: Pixels, ours: Pixels, valid: NDArray[np.bool_]) -> Iterator[Difference]:
    apart = np.abs(theirs.data.astype(float) - ours.data)[:, valid]
    mean, worst = (float(np.mean(apart)), float(np.quantile(apart, 0.999))) if apart.size else (0.0, 0.0)
    if mean > LOSSY_MEAN or worst > LOSSY_WORST:
        yield Difference("pixels", f"{mean:.1f} apart on average, {worst:.0f} in one of 1000")


def _exact(theirs: Pixels, ours: Pixels, valid: NDArray[np.bool_]) -> Iterator[Difference]:
    """A float may differ by its last digits, and another pixel must lie between the neighbours of theirs."""
    close = np.isclose(ours.data, theirs.data, rtol=1e-5, atol=1e-6, equal_nan=True)
    apart = ~close.all(axis=0) & valid
    share = float(apart.sum() / max(1, valid.sum()))
    if share > 1 - EQUAL_SHARE:
        yield Difference("pixels", f"{share:.2%} of the pixels differ, by up to {_furthest(theirs, ours, apart)}")
    elif strange := int((apart & ~_of_a_neighbour(theirs, ours)).sum()):
        yield Difference("values", f"{strange} pixels have no neighbour's value: {_furthest(theirs, ours, apart)}")


def _furthest(theirs: Pixels, ours: Pixels, where: NDArray[np.bool_]) -> str:
    return f"{float(np.max(np.abs(theirs.data.astype(float) - ours.data)[:, where])):g}"


def _of_a_neighbour(theirs: Pixels, ours: Pixels) -> NDArray[np.bool_]:
    """Where each band lies between the lowest and the highest of the nine pixels of theirs around it.

    An integer may be one more or less: a float that was brought to it fell to the other side of a step.
    """
    step = 0 if theirs.data.dtype.kind == "f" else 1
    padded = np.pad(theirs.data, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = sliding_window_view(padded, (3, 3), axis=(1, 2))  # (band, y, x, 3, 3)
    low, high = around.min(axis=(3, 4)).astype(float) - step, around.max(axis=(3, 4)).astype(float) + step
    return np.asarray(((low <= ours.data) & (ours.data <= high)).all(axis=0))
