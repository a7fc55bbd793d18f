"""Rasters of many scenes on one grid become one: pixel by pixel, and band by band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.model.mosaic import Method
from app.model.raster import Raster

NOWHERE = -1
VALUES_AT_ONCE = 2**20
"""Of all scenes and bands, that are worked on at the same time: 8 MiB as float64, and some copies."""
Numbers = NDArray[np.int16]
"""Shape ``(y, x)``: number of the scene that a pixel comes from, in the order of adding; ``NOWHERE`` without one."""


class Composite(Protocol):
    """Takes raster after raster; all have the same grid and bands."""

    @property
    def full(self) -> bool:
        """Whether no other raster can change it."""
        ...

    def add(self, raster: Raster) -> None:
        """Take one more."""
        ...

    def raster(self) -> Raster:
        """What has come out; dtype as each class says."""
        ...


class Picking(Composite, Protocol):
    """One of which each value is that of one scene."""

    def numbers(self) -> Numbers:
        """Which scene each pixel of the first band comes from."""
        ...


def compositing(method: Method, percentile: float) -> Composite:
    """Make an empty composite of a method; ``last`` is ``first`` of the scenes in reverse."""
    match method:
        case Method.HIGHEST | Method.LOWEST:
            return Extreme(highest=method is Method.HIGHEST)
        case Method.MEAN | Method.STDEV | Method.COUNT:
            return Moments(method)
        case Method.MEDIAN | Method.PERCENTILE:
            return Ranked(50 if method is Method.MEDIAN else percentile)
        case Method.MEDOID:
            return Medoid()
        case _:
            return First()


class First:
    """Each value is the first valid one, as with rio-tiler's ``FirstMethod``; dtype the smallest that holds all."""

    def __init__(self) -> None:
        self._made: Raster | None = None
        self._numbers: Numbers = np.empty((0, 0), np.int16)
        self._count = 0

    @property
    def full(self) -> bool:
        """Whether every pixel of every band is valid."""
        return self._made is not None and bool(self._made.mask.all())

    def add(self, raster: Raster) -> None:
        """Fill what is still empty."""
        if self._made is None:
            self._made = raster
            self._numbers = np.where(raster.mask[0], np.int16(0), np.int16(NOWHERE))
        else:
            better = self._better(self._made, raster)
            self._made = replace(
                self._made,
                data=np.where(better, raster.data, self._made.data),
                mask=self._made.mask | better,
                alpha=_alpha(self._made, raster, better[0]),
            )
            self._numbers = np.where(better[0], np.int16(self._count), self._numbers)
        self._count += 1

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Where a band has no value yet: shape ``(y, x)``."""
        assert self._made is not None
        empty: NDArray[np.bool_] = np.any(~self._made.mask, axis=0)
        return empty

    def raster(self) -> Raster:
        """See ``Composite``."""
        assert self._made is not None
        return replace(self._made, ranges=None)

    def numbers(self) -> Numbers:
        """See ``Picking``."""
        return self._numbers

    def _better(self, made: Raster, other: Raster) -> NDArray[np.bool_]:
        return other.mask & ~made.mask


class Extreme(First):
    """Each value is the highest, or the lowest."""

    def __init__(self, *, highest: bool) -> None:
        super().__init__()
        self._beats = np.greater if highest else np.less

    @property
    def full(self) -> bool:
        """Another may always be higher."""
        return False

    def _better(self, made: Raster, other: Raster) -> NDArray[np.bool_]:
        better: NDArray[np.bool_] = other.mask & (~made.mask | self._beats(other.data, made.data))
        return better


class Moments:
    """Mean, standard deviation (of the population, as numpy's) or number of the valid values.

    float64; the number is uint16. One pass in constant memory (Welford, 1962).
    """

    full = False

    def __init__(self, method: Method) -> None:
        self._method = method
        self._first: Raster | None = None
        self._count: NDArray[Any] = np.zeros(0)
        self._mean: NDArray[np.float64] = np.zeros(0)
        self._squares: NDArray[np.float64] = np.zeros(0)

    def add(self, raster: Raster) -> None:
        """Count the valid values in."""
        if self._first is None:
            self._first = raster
            self._count = np.zeros(raster.data.shape, np.uint16)
            self._mean, self._squares = np.zeros(raster.data.shape), np.zeros(raster.data.shape)
        self._count += raster.mask
        apart = np.where(raster.mask, raster.data - self._mean, 0.0)
        self._mean += apart / np.maximum(self._count, 1)
        self._squares += apart * np.where(raster.mask, raster.data - self._mean, 0.0)

    def raster(self) -> Raster:
        """See ``Composite``."""
        assert self._first is not None
        valid = self._count > 0
        data: NDArray[Any] = self._count
        if self._method is Method.MEAN:
            data = self._mean
        elif self._method is Method.STDEV:
            data = np.sqrt(self._squares / np.maximum(self._count, 1))
        else:
            valid = np.ones_like(valid)
        return _plain(self._first, data, valid)


class _Stack:
    """All rasters, one above the other; worked on strip by strip, as float64 takes four times the memory of uint16."""

    full = False

    def __init__(self) -> None:
        self._rasters: list[Raster] = []

    def add(self, raster: Raster) -> None:
        """Put it on top."""
        self._rasters.append(raster)

    def _strips(self) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.bool_]]]:
        """Rows, and their values and validity: shape ``(scene, band, y, x)``."""
        bands, height, width = self._rasters[0].data.shape
        step = max(1, VALUES_AT_ONCE // (len(self._rasters) * bands * width))
        for top in range(0, height, step):
            rows = slice(top, top + step)
            data = np.stack([raster.data[:, rows] for raster in self._rasters]).astype(np.float64)
            yield rows, data, np.stack([raster.mask[:, rows] for raster in self._rasters])


class Ranked(_Stack):
    """A percentile of the valid values, between two of them in proportion (numpy's ``linear``); float64."""

    def __init__(self, percentile: float) -> None:
        super().__init__()
        self._share = percentile / 100

    def raster(self) -> Raster:
        """See ``Composite``."""
        first = self._rasters[0]
        found, known = np.empty(first.data.shape), np.empty(first.data.shape, np.bool_)
        for rows, data, valid in self._strips():
            found[:, rows], known[:, rows] = ranked(data, valid, self._share), _any(valid)
        return _plain(first, found, known)


class Medoid(_Stack):
    """Each pixel is that of the one scene, valid in all bands, that lies nearest to the median of all (Euclidean).

    All bands of a pixel come from the same scene, so that their relations are true (Flood, 2013, takes the least
    sum of distances; the distance to the median is much cheaper, as in Earth Engine's ``medoid``).
    """

    def raster(self) -> Raster:
        """See ``Composite``."""
        numbers, first = self.numbers(), self._rasters[0]
        data = np.zeros(first.data.shape, np.result_type(*{raster.data.dtype for raster in self._rasters}))
        for number, raster in enumerate(self._rasters):
            data = np.where(numbers == number, raster.data, data)
        return _plain(first, data, np.broadcast_to(numbers >= 0, data.shape))

    def numbers(self) -> Numbers:
        """See ``Picking``."""
        numbers = np.empty(self._rasters[0].data.shape[1:], np.int16)
        for rows, data, valid in self._strips():
            whole: NDArray[np.bool_] = np.all(valid, axis=1, keepdims=True)
            median = ranked(data, np.broadcast_to(whole, data.shape), 0.5)
            far = np.where(whole[:, 0], ((data - median) ** 2).sum(axis=1), np.inf)
            numbers[rows] = np.where(_any(whole[:, 0]), far.argmin(axis=0), NOWHERE)
        return numbers


def ranked(data: NDArray[np.float64], valid: NDArray[np.bool_], share: float) -> NDArray[np.float64]:
    """Find the value below which ``share`` of the valid ones along the first axis lie; 0 where none is valid."""
    ordered = np.sort(np.where(valid, data, np.inf), axis=0)
    last = np.maximum(valid.sum(axis=0) - 1, 0)
    place = last * share
    below = np.floor(place).astype(np.intp)
    low, high = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (below, np.minimum(below + 1, last)))
    known = _any(valid)
    low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
    found: NDArray[np.float64] = low + (high - low) * (place - below)
    return found


def _any(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.any(valid, axis=0)
    return known


def _plain(like: Raster, data: NDArray[Any], mask: NDArray[np.bool_]) -> Raster:
    """The same bands with other values, 0 where they are not valid."""
    zero = np.zeros((), data.dtype)
    return replace(like, data=np.where(mask, data, zero), mask=mask, alpha=None, palette=None, ranges=None)


def _alpha(made: Raster, other: Raster, taken: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """Opacity, where one of both has its own."""
    if made.alpha is None and other.alpha is None:
        return None
    mine, its = (np.uint8(255) if raster.alpha is None else raster.alpha for raster in (made, other))
    opacity: NDArray[np.uint8] = np.where(taken, its, mine)
    return opacity
