"""What keeps a GeoTIFF from being a COG? The rules of GDAL's own validator, over what is known of its levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.read.validation.levels import Level

HEAD_MAX = 300
"""Bytes before the first directory: 8 or 16 of the header, then what GDAL says of the layout (its ghost area)."""


def errors_of(levels: Sequence[Level], *, edited: bool) -> list[str]:
    """Say what is wrong with the layout; empty for a COG.

    Args:
        levels: The full resolution, then its overviews.
        edited: The file says of itself that its layout was broken by a later change.
    """
    return [*_blocks(levels), *_directories(levels), *_pixels(levels), *(_edited() if edited else ())]


def warnings_of(levels: Sequence[Level]) -> list[str]:
    """Say what makes it slower than it could be."""
    full, *overviews = levels
    if overviews or not full.is_large:
        return []
    size = f"{full.width} x {full.height} pixels"
    return [f"There are no overviews: whoever shows all of the {size} reads all of them."]


def _edited() -> Iterator[str]:
    yield "The file says that it was changed after it had been laid out (KNOWN_INCOMPATIBLE_EDITION=YES)."


def _blocks(levels: Sequence[Level]) -> Iterator[str]:
    for number, level in enumerate(levels):
        if level.is_large and not level.is_tiled:
            size = f"{level.width} x {level.height} pixels"
            yield f"{_name(number)} is not tiled: its {size} lie in blocks of the whole width."


def _directories(levels: Sequence[Level]) -> Iterator[str]:
    first = levels[0].directory_at
    if first is not None and first > HEAD_MAX:
        yield f"The first directory begins at byte {first}; it should begin within the first {HEAD_MAX}."
    factors = [level.factor for level in levels[1:]]
    if factors != sorted(factors):
        yield f"The overviews are not sorted from fine to coarse: their factors are {', '.join(map(str, factors))}."
    if min(factors, default=2) < 2:
        yield "An overview is as large as the full resolution."
    known = [(number, level.directory_at) for number, level in enumerate(levels) if level.directory_at is not None]
    for (finer, before), (coarser, at) in pairwise(known):
        if at < before:
            yield f"The directory of {_noun(coarser)} (byte {at}) is before that of {_noun(finer)} (byte {before})."


def _pixels(levels: Sequence[Level]) -> Iterator[str]:
    """Pixels come after all directories, from the coarsest level to the finest."""
    last = max((level.directory_at or 0 for level in levels), default=0)
    known = [(number, level.pixels_at) for number, level in enumerate(levels) if level.pixels_at is not None]
    if known and known[-1][1] < last:
        number, at = known[-1]
        yield f"The pixels of {_noun(number)} (byte {at}) are before the last directory (byte {last})."
    for (finer, at), (coarser, after) in pairwise(known):
        if at < after:
            yield f"The pixels of {_noun(finer)} (byte {at}) are before those of {_noun(coarser)} (byte {after})."


def _noun(number: int) -> str:
    return f"overview {number}" if number else "the full resolution"


def _name(number: int) -> str:
    noun = _noun(number)
    return noun[:1].upper() + noun[1:]
