"""What a GeoTIFF is and whether it is a COG, in the shape of rio-cogeo's ``info``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

from app.errors import UpstreamUnusable
from app.net.source import BlockingSource
from app.read.validation.levels import Level, read_levels
from app.read.validation.verdict import errors_of, warnings_of

TAGS_MAX = 1_000_000
"""Characters of all tags together; real files have a few thousand."""


def report(dataset: DatasetReader, opened: BlockingSource, *, strict: bool) -> dict[str, Any]:
    """Describe an open file; ``Path``, and the zooms of ``GEO``, are for who knows them.

    Args:
        strict: A file with warnings is no COG.

    Raises:
        UpstreamUnusable: Its tags are too long to be told.
    """
    levels = read_levels(dataset, opened)
    errors = errors_of(levels, edited=_is_edited(dataset))
    warnings = warnings_of(levels)
    return {
        "Driver": dataset.driver,
        "COG": not errors and not (strict and warnings),
        "Compression": _word(dataset.compression),
        "ColorSpace": _word(dataset.photometric),
        "COG_errors": errors or None,
        "COG_warnings": warnings or None,
        "Profile": _profile(dataset, levels[0]),
        "GEO": _geo(dataset),
        **_tags(dataset, opened.name),
        "IFD": [_directory(number, level) for number, level in enumerate(levels)],
    }


def _is_edited(dataset: DatasetReader) -> bool:
    ghost = dataset.get_tag_item("GDAL_STRUCTURAL_METADATA", "TIFF") or ""
    return "KNOWN_INCOMPATIBLE_EDITION=YES" in ghost


def _profile(dataset: DatasetReader, full: Level) -> dict[str, Any]:
    masks = [flag for flags in dataset.mask_flag_enums for flag in flags]
    own_mask = any(MaskFlags.per_dataset in f and MaskFlags.alpha not in f for f in dataset.mask_flag_enums)
    return {
        "Bands": dataset.count,
        "Width": full.width,
        "Height": full.height,
        "Tiled": full.is_tiled,
        "Dtype": dataset.dtypes[0],
        "Interleave": _word(dataset.interleaving) or "UNKNOWN",
        "AlphaBand": MaskFlags.alpha in masks or ColorInterp.alpha in dataset.colorinterp,
        "InternalMask": own_mask,
        "Nodata": _nodata(dataset.nodata),
        "ColorInterp": [color.name for color in dataset.colorinterp],
        "ColorMap": ColorInterp.palette in dataset.colorinterp,
        "Scales": _numbers(dataset.scales),
        "Offsets": _numbers(dataset.offsets),
    }


def _geo(dataset: DatasetReader) -> dict[str, Any]:
    transform = dataset.transform
    return {
        "CRS": _crs(dataset),
        "BoundingBox": _numbers(dataset.bounds),
        "Origin": _numbers([transform.c, transform.f]),
        "Resolution": _numbers([transform.a, transform.e]),
        "MinZoom": None,
        "MaxZoom": None,
    }


def _crs(dataset: DatasetReader) -> str | None:
    if dataset.crs is None:
        return None
    epsg = dataset.crs.to_epsg()
    text: str = f"EPSG:{epsg}" if epsg else dataset.crs.to_wkt()
    return text


def _tags(dataset: DatasetReader, name: str) -> dict[str, Any]:
    """The tags of the file by their domain, and what it says of each band."""
    spaces = [space for space in dataset.tag_namespaces() if space != "DERIVED_SUBDATASETS"]
    tags = {"Image Metadata": dataset.tags()}
    tags |= {space.title().replace("_", " "): dataset.tags(ns=space) for space in spaces}
    bands = {
        f"Band {number}": {
            "Description": description,
            "ColorInterp": color.name,
            "Offset": _number(offset),
            "Scale": _number(scale),
            "Metadata": dataset.tags(number),
        }
        for number, description, color, offset, scale in zip(
            dataset.indexes, dataset.descriptions, dataset.colorinterp, dataset.offsets, dataset.scales, strict=True
        )
    }
    written = [*tags.values(), *(band["Metadata"] for band in bands.values())]
    length = sum(len(key) + len(value) for each in written for key, value in each.items())
    if length > TAGS_MAX:
        raise UpstreamUnusable(f"{name} has tags of {length} characters, {TAGS_MAX} are told at most.")
    return {"Tags": tags, "Band Metadata": bands}


def _directory(number: int, level: Level) -> dict[str, Any]:
    """An overview's factor; of the full resolution rio-cogeo says 0."""
    return {
        "Level": number,
        "Width": level.width,
        "Height": level.height,
        "Blocksize": list(level.block_yx),
        "Decimation": level.factor if number else 0,
    }


def _word(value: Any) -> str | None:
    """The value of one of rasterio's enumerations."""
    return None if value is None else str(getattr(value, "value", value))


def _nodata(value: float | None) -> float | str | None:
    """As text where JSON has no number for it, as ``/cog/info`` tells it."""
    return str(value) if value is not None and not math.isfinite(value) else value


def _numbers(values: Sequence[float]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float | None) -> float | None:
    """None for what JSON has no number for."""
    return value if value is not None and math.isfinite(value) else None
