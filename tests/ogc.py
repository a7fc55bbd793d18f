"""What OGC's standards want: WMTS by its own schema, tilesets and TileJSON by their clauses."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import xmlschema

FOLDER = Path(__file__).parent / "schemas"
SPACES = {"w": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

NUMBER, TEXT, COUNT = {"type": "number"}, {"type": "string"}, {"type": "integer", "minimum": 1}
PLACE = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
INDEX = {"type": "integer", "minimum": 0}


def _object(required: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | (more or {})}


LINK = _object({"href": TEXT, "rel": TEXT}, {"type": TEXT, "title": TEXT, "templated": {"type": "boolean"}})
LIMITS = _object({"tileMatrix": TEXT} | dict.fromkeys(("minTileRow", "maxTileRow", "minTileCol", "maxTileCol"), INDEX))
TILESET = _object(
    {
        "dataType": {"enum": ["map", "vector", "coverage"]},
        "crs": {"type": ["string", "object"]},
        "links": {"type": "array", "items": LINK, "minItems": 1},
    },
    {
        "title": TEXT,
        "attribution": TEXT,
        "tileMatrixSetURI": {"type": "string", "format": "uri"},
        "tileMatrixSetLimits": {"type": "array", "items": LIMITS, "minItems": 1},
        "boundingBox": _object({"lowerLeft": PLACE, "upperRight": PLACE}, {"crs": TEXT}),
    },
)
"""OGC 17-083r4, 8.1: metadata of a tileset."""
MATRIX = _object(
    {
        "id": TEXT,
        "scaleDenominator": NUMBER,
        "cellSize": NUMBER,
        "pointOfOrigin": PLACE,
        **dict.fromkeys(("tileWidth", "tileHeight", "matrixWidth", "matrixHeight"), COUNT),
    },
    {"cornerOfOrigin": {"enum": ["topLeft", "bottomLeft"]}},
)
TILE_MATRIX_SET = _object(
    {"crs": {"type": ["string", "object"]}, "tileMatrices": {"type": "array", "items": MATRIX, "minItems": 1}}
)
"""OGC 17-083r4, 7.1."""

ZOOM = {"type": "integer", "minimum": 0, "maximum": 30}
TILEJSON = _object(
    {
        "tilejson": {"const": "3.0.0"},
        "tiles": {"type": "array", "items": TEXT, "minItems": 1},
        "vector_layers": {"type": "array"},
    },
    {
        **dict.fromkeys(("name", "attribution", "description", "legend", "template"), TEXT),
        "minzoom": ZOOM,
        "maxzoom": ZOOM,
        "fillzoom": ZOOM,
        "scheme": {"enum": ["xyz", "tms"]},
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "bounds": {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4},
        "center": {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3},
    },
)
"""TileJSON 3.0.0, chapter 3, without what it has for vector tiles."""


@cache
def _wmts() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(FOLDER / "wmts" / "1.0" / "wmtsGetCapabilities_response.xsd", allow="local")


def faults_of_capabilities(document: bytes) -> list[str]:
    """What the schema of WMTS 1.0.0 finds wrong with capabilities."""
    return [f"{error.path}: {error.reason}" for error in _wmts().iter_errors(document.decode())]


def faults_of_json(body: Any, schema: dict[str, Any]) -> list[str]:
    """What is wrong with a document, by one of the schemas above."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def layers_of(document: bytes) -> list[ET.Element]:
    """The layers of capabilities."""
    return ET.fromstring(document).findall("w:Contents/w:Layer", SPACES)


def text_of(element: ET.Element, path: str) -> str:
    """The text of the first element found."""
    found = element.find(path, SPACES)
    assert found is not None, path
    return found.text or ""


def template_of(layer: ET.Element) -> str:
    """The template of the tiles of a layer."""
    found = layer.find("w:ResourceURL[@resourceType='tile']", SPACES)
    assert found is not None
    return found.attrib["template"]


def limits_of(layer: ET.Element) -> dict[str, tuple[int, int, int, int]]:
    """Zoom to first and last row, first and last column."""
    names = ("MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol")
    found = layer.findall("w:TileMatrixSetLink/w:TileMatrixSetLimits/w:TileMatrixLimits", SPACES)
    return {
        text_of(each, "w:TileMatrix"): tuple(int(text_of(each, f"w:{name}")) for name in names)  # type: ignore[misc]
        for each in found
    }
