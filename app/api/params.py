"""Strings stop here: a query becomes the frozen values that the stories take."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from rasterio.crs import CRS
from rasterio.errors import CRSError

from app.api.algorithms import parse_algorithm
from app.api.crs import short_crs
from app.api.dialect import REPROJECTING, RESAMPLING
from app.api.masks import parse_masks
from app.api.query import REMEMBERED, Query
from app.compute.expression import compile_expression
from app.compute.indices import INDICES, Index
from app.errors import BadRequest, InvalidExpression, InvalidType, ParameterFault
from app.model.expression import Expression
from app.model.grid import Bounds
from app.model.request import AssetChoice, ColormapTable, Format, Selection, Style
from app.style.colormap import named_colormap, parse_colormap
from app.style.formula import parse_formula

WGS84 = CRS.from_epsg(4326)
FORMATS = {"png": Format.PNG, "jpg": Format.JPEG, "jpeg": Format.JPEG, "webp": Format.WEBP, "avif": Format.AVIF,
           "tif": Format.TIFF, "tiff": Format.TIFF, "cog.tif": Format.TIFF, "npy": Format.NPY, "npz": Format.NPZ,
           "pngraw": Format.PNGRAW, "jp2": Format.JP2}  # fmt: skip
PADDING_MAX = 128
PREVIEW_SIZE = 1024
"""Longest side of a preview or ``/crop`` of which no size is given, as TiTiler 0.x; ``/bbox`` keeps the native size."""
DEGREES_MAX = (540.0, 90.0)
PROJECTED_MAX = (1e8, 1e8)
"""Twice around the earth, in metres. GDAL unwinds a huge Web Mercator x by 360 degrees at a time: 1e18 never ends."""


@lru_cache(maxsize=REMEMBERED)
def parse_selection(query: Query) -> Selection:
    """Read what to read: assets, bands, expression, nodata, resampling."""
    assets, bands = parse_assets(query), tuple(_names(query.all("bands")))
    if not assets:  # names of bands alone are names like others
        assets, bands = tuple(AssetChoice(name=name) for name in bands), ()
    return Selection(
        assets=assets,
        bands=bands,
        indexes=_indexes(query, "bidx", query.all("bidx")),
        expression=_indices(query) or parse_expression(query, "expression", query.text("expression")),
        nodata=query.number("nodata", nan=True),
        unscale=query.flag("unscale"),
        resampling=query.choice("resampling", RESAMPLING) or "nearest",
        reproject=query.choice("reproject", REPROJECTING) or "nearest",
        padding=query.integer("padding", low=0, high=PADDING_MAX) or 0,
        algorithm=parse_algorithm(query),
        masks=parse_masks(query),
    )


@lru_cache(maxsize=REMEMBERED)
def parse_style(query: Query) -> Style:
    """Read how to show it: rescale, colour formula, colormap, mask."""
    formula = query.text("color_formula")
    if formula is not None:
        formula = " ".join(parse_formula(formula))
    auto = parse_auto(query)
    return Style(
        rescale=() if auto else parse_rescale(query),
        auto=auto,
        color_formula=formula,
        colormap=_colormap(query),
        return_mask=query.flag("return_mask", default=True),
    )


def parse_assets(query: Query) -> tuple[AssetChoice, ...]:
    """Read ``assets`` in every dialect: repeated, comma-separated, with options behind ``|``; and ``asset_bidx`` ..."""
    choices = [_asset(query, part) for value in query.all("assets") for part in _split_assets(value)]
    for value in query.all("asset_bidx"):
        name, bands = _name_and_option(query, "asset_bidx", value)
        indexes = _indexes(query, "asset_bidx", [bands])
        choices = [replace(c, indexes=indexes) if c.name == name else c for c in _including(choices, name)]
    for value in query.all("asset_expression"):
        name, text = _name_and_option(query, "asset_expression", value)
        own = parse_expression(query, "asset_expression", text)
        choices = [replace(c, expression=own) if c.name == name else c for c in _including(choices, name)]
    return tuple(choices)


def _split_assets(value: str) -> list[str]:
    """Split ``B04,B03|bidx=1,2`` into assets; commas among the options of an asset belong to it."""
    if "|" not in value:
        return [part for part in value.split(",") if part]
    head, options = value.split("|", 1)
    *alone, last = head.split(",")
    return [*alone, f"{last}|{options}"]


def _asset(query: Query, text: str) -> AssetChoice:
    name, *options = text.split("|")
    choice = AssetChoice(name=name)
    for option in options:
        key, _, value = option.partition("=")
        match key if value else "":
            case "bidx" | "indexes":
                choice = replace(choice, indexes=_indexes(query, "assets", [value]))
            case "bands":
                choice = replace(choice, bands=tuple(_names([value])))
            case "expression":
                choice = replace(choice, expression=parse_expression(query, "assets", value))
            case _:
                raise query.fault(
                    "assets",
                    text,
                    f"has the option {option!r}; options are bidx=1,2, bands=red,nir and expression=b1*2",
                )
    return choice


def _names(values: Sequence[str]) -> list[str]:
    return [name for value in values for name in value.split(",") if name]


def _name_and_option(query: Query, parameter: str, value: str) -> tuple[str, str]:
    name, bar, option = value.partition("|")
    if not (name and bar and option):
        raise query.fault(parameter, value, "is written name|value, for example B04|1")
    return name, option


def _including(choices: Sequence[AssetChoice], name: str) -> list[AssetChoice]:
    """The choices, with the asset of this name at the end when it was not listed."""
    return [*choices] if any(choice.name == name for choice in choices) else [*choices, AssetChoice(name=name)]


def _indexes(query: Query, parameter: str, values: Sequence[str]) -> tuple[int, ...] | None:
    words = [word for value in values for word in value.split(",") if word]
    if not all(re.fullmatch(r"[1-9][0-9]{0,4}", word.strip()) for word in words):
        raise query.wrong_type(
            parameter, ",".join(words), "has a band that is not a number from 1; write for example bidx=1,2"
        )
    return tuple(int(word) for word in words) or None


def parse_expression(query: Query, parameter: str, text: str | None) -> Expression | None:
    """Compile band math; the error says which parameter it is about."""
    if text is None:
        return None
    name = query.spelling.get(parameter, parameter)
    try:
        expression = compile_expression(text)
    except InvalidExpression as err:
        fault = ParameterFault(name=name, value=text[:80], message=err.detail)
        raise InvalidExpression(err.detail, position=err.position, faults=[fault]) from err
    if not expression.names:
        raise query.fault(parameter, text, "names no band; write for example (B08-B04)/(B08+B04)")
    return expression


def _indices(query: Query) -> Expression | None:
    """Band math of the indices that are named, as if it had been written out."""
    names = _names(query.all("index"))
    if not names:
        return None
    if query.text("expression") is not None:
        raise query.fault("index", ",".join(names), "and expression cannot both be given; leave one out")
    return parse_expression(query, "index", ";".join(find_index(name).expression for name in names))


def find_index(name: str) -> Index:
    """Look a spectral index up, whatever the case of its name.

    Raises:
        BadRequest: No such index; the message names the ones there are.
    """
    index = INDICES.get(name.lower())
    if index is None:
        near = difflib.get_close_matches(name.lower()[:80], INDICES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(INDICES)}"
        raise BadRequest.of("index", name, f"is not an index; {hint}")
    return index


def parse_rescale(query: Query) -> tuple[tuple[float, float], ...]:
    """Read ``low,high`` pairs: repeated, flat (``0,1000,0,2000``), or as JSON (``[[0,1000],[0,2000]]``)."""
    pairs: list[tuple[float, float]] = []
    for value in query.all("rescale"):
        numbers = _numbers(query, value)
        pairs += zip(numbers[::2], numbers[1::2], strict=True)
    for low, high in pairs:
        if not low < high:
            raise query.fault("rescale", f"{low:g},{high:g}", "must be low,high with low below high")
        if math.isinf(high - low):
            raise query.fault("rescale", f"{low:g},{high:g}", "is wider than numbers reach; write for example 0,3000")
    return tuple(pairs)


def parse_auto(query: Query) -> tuple[float, float] | None:
    """Read ``auto`` or ``auto:p,q``: percentiles, 2 and 98 when none are said; None for ranges in numbers."""
    values = query.all("rescale")
    if not any(value.startswith("auto") for value in values):
        return None
    number = r"([0-9]{1,3}(?:\.[0-9]{1,6})?)"
    match = re.fullmatch(rf"auto(?::{number},{number})?", values[0]) if len(values) == 1 else None
    low, high = (float(match[1] or 2), float(match[2] or 98)) if match else (0.0, 0.0)
    if not 0 <= low < high <= 100:
        told = "is not auto or auto:p,q with percentiles 0 to 100, for all bands at once; write for example auto:2,98"
        raise query.fault("rescale", "&".join(values), told)
    return low, high


def _numbers(query: Query, value: str) -> list[float]:
    words = re.sub(r"[\[\]\s]", "", value).split(",")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise query.fault("rescale", value, "is not pairs of numbers; write for example rescale=0,3000") from None
    if len(numbers) % 2:
        count = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        raise query.fault("rescale", value, f"has {count}, not pairs of low,high; write for example rescale=0,3000")
    if not all(map(math.isfinite, numbers)):
        raise query.fault("rescale", value, "is not pairs of finite numbers; write for example rescale=0,3000")
    return numbers


def _colormap(query: Query) -> ColormapTable | None:
    try:
        if (name := query.text("colormap_name")) is not None:
            return named_colormap(name)
        if (text := query.text("colormap")) is not None:
            return parse_colormap(text)
    except BadRequest as err:
        raise _respelt(query, err) from err
    return None


def _respelt(query: Query, err: BadRequest) -> BadRequest:
    """The same error under the name that the caller wrote (``color_map`` for ``colormap_name``)."""
    for fault in err.faults:
        return query.fault(fault.name, fault.value, fault.message)
    return err


def parse_format(query: Query, text: str | None) -> Format | None:
    """Read the format of the path, else of ``format=``; None leaves the choice to the picture."""
    name = text or query.text("format")
    if name is None:
        return None
    if name.lower() not in FORMATS:
        raise query.fault("format", name, f"is not a format; there are {', '.join(FORMATS)}")
    return FORMATS[name.lower()]


def parse_crs(query: Query, parameter: str) -> CRS | None:
    """Read ``EPSG:n`` or ``OGC:CRS84``, or OGC's longer names of them.

    Nothing else, because PROJ would open files and URLs given as a CRS.
    """
    text = query.text(parameter)
    if text is None:
        return None
    short = short_crs(text)
    if short.upper() == "OGC:CRS84":
        return WGS84
    match = re.fullmatch(r"EPSG:([0-9]{4,6})", short, re.IGNORECASE)
    crs = _crs_of_epsg(int(match[1])) if match else None
    if crs is None:
        raise query.fault(parameter, text, "is not a known CRS; write EPSG:n, such as EPSG:4326, or OGC:CRS84")
    if not (crs.is_geographic or crs.is_projected):
        raise query.fault(
            parameter, text, "is not a CRS of maps (it has heights, or x y z); write for example EPSG:3857"
        )
    return crs


@lru_cache(maxsize=256)
def _crs_of_epsg(code: int) -> CRS | None:
    """One object per code: what is remembered by CRS compares them by identity first."""
    try:
        return CRS.from_epsg(code)
    except CRSError:
        return None


def parse_bounds(text: str, crs: CRS = WGS84) -> Bounds:
    """Read ``minx,miny,maxx,maxy`` of a path.

    Raises:
        InvalidType: Not four numbers.
        BadRequest: Not finite, not on earth, or upside down.
    """
    numbers = _coordinates("bbox", text, 4, crs)
    left, bottom, right, top = numbers
    if not (left < right and bottom < top):
        raise BadRequest.of(
            "bbox", text, "is inverted or empty; write minx,miny,maxx,maxy with minx < maxx and miny < maxy"
        )
    return left, bottom, right, top


def parse_point(text: str, crs: CRS = WGS84) -> tuple[float, float]:
    """Read ``lon,lat`` of a path; raises as ``parse_bounds`` does."""
    x, y = _coordinates("point", text, 2, crs)
    return x, y


def _coordinates(name: str, text: str, count: int, crs: CRS) -> list[float]:
    example = "30.8,29.4,30.9,29.5" if count == 4 else "30.85,29.48"
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise InvalidType.of(name, text, f"is not {count} numbers separated by commas, such as {example}")
    if not all(map(math.isfinite, numbers)):
        raise BadRequest.of(name, text, f"has a number that is not finite; write for example {example}")
    limits = DEGREES_MAX if crs.is_geographic else PROJECTED_MAX
    for value, limit in zip(numbers, limits * (count // 2), strict=True):
        if abs(value) > limit:
            raise BadRequest.of(name, text, f"has {value:g}, which is not on earth; write for example {example}")
    return numbers
