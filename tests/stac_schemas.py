"""What STAC wants of an item: the schemas of the core, which pystac carries, and the tables of three extensions."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource

ITEM = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
NUMBER, TEXT, COUNT = {"type": "number"}, {"type": "string"}, {"type": "integer", "minimum": 0}
DATA_TYPES = [
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"),
    *("cint16", "cint32", "cfloat32", "cfloat64", "other"),
]


def _numbers(*counts: int) -> dict[str, Any]:
    return {"anyOf": [{"type": "array", "items": NUMBER, "minItems": each, "maxItems": each} for each in counts]}


def _fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


PROJECTION = {
    "proj:code": {"type": ["string", "null"]},
    "proj:epsg": {"type": ["integer", "null"]},
    "proj:wkt2": {"type": ["string", "null"]},
    "proj:projjson": {"type": ["object", "null"]},
    "proj:geometry": {"type": "object", "required": ["type", "coordinates"]},
    "proj:bbox": _numbers(4, 6),
    "proj:centroid": _fields(lat=NUMBER, lon=NUMBER),
    "proj:shape": {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2},
    "proj:transform": _numbers(6, 9),
}
"""github.com/stac-extensions/projection, v1.1.0."""
RASTER_BAND = _fields(
    nodata={"anyOf": [NUMBER, {"enum": ["nan", "inf", "-inf"]}]},
    sampling={"enum": ["area", "point"]},
    data_type={"enum": DATA_TYPES},
    bits_per_sample=COUNT,
    spatial_resolution=NUMBER,
    statistics=_fields(**dict.fromkeys(("mean", "minimum", "maximum", "stddev", "valid_percent"), NUMBER)),
    unit=TEXT,
    scale=NUMBER,
    offset=NUMBER,
    histogram={
        **_fields(count=NUMBER, min=NUMBER, max=NUMBER, buckets={"type": "array", "items": COUNT}),
        "required": ["count", "min", "max", "buckets"],
    },
)
"""github.com/stac-extensions/raster, v1.1.0."""
EO_BAND = _fields(name=TEXT, common_name=TEXT, description=TEXT, center_wavelength=NUMBER, full_width_half_max=NUMBER)
"""github.com/stac-extensions/eo, v1.1.0."""
BANDS = {"raster:bands": RASTER_BAND, "eo:bands": EO_BAND}
EXTENDED = {
    **PROJECTION,
    **{name: {"type": "array", "items": each, "minItems": 1} for name, each in BANDS.items()},
    "eo:cloud_cover": {"type": "number", "minimum": 0, "maximum": 100},
}
EXTENSIONS = _fields(
    properties=_fields(**EXTENDED), assets={"type": "object", "additionalProperties": _fields(**EXTENDED)}
)


@cache
def _core() -> Registry[Any]:
    named = get_local_schema_cache().items()
    return Registry().with_resources((name, Resource.from_contents(each)) for name, each in named)


def faults_of_item(item: Any) -> list[str]:
    """What is wrong with an item by STAC 1.1 and the three extensions."""
    core = _core()
    validators = (
        jsonschema.Draft7Validator(core.contents(ITEM), registry=core),
        jsonschema.Draft7Validator(EXTENSIONS),
    )
    return [f"{error.json_path}: {error.message}" for each in validators for error in each.iter_errors(item)]
