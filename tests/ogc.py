"""OGC's own schemas, which are beside the tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import xmlschema
from referencing import Registry, Resource

FOLDER = Path(__file__).parent / "schemas"
SPACES = {"w": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"


@cache
def _wmts() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(FOLDER / "wmts" / "1.0" / "wmtsGetCapabilities_response.xsd", allow="local")


@cache
def _tms() -> Registry[Any]:
    files = (FOLDER / "tms" / "2.0").glob("*.json")
    return Registry().with_resources(
        (path.name, Resource.from_contents({"$id": path.name, **json.loads(path.read_text(encoding="utf-8"))}))
        for path in files
    )


def faults_of_capabilities(document: bytes) -> list[str]:
    """What the schema of WMTS 1.0.0 finds wrong with capabilities."""
    return [f"{error.path}: {error.reason}" for error in _wmts().iter_errors(document.decode())]


def faults_of_json(body: Any, schema: str) -> list[str]:
    """What a schema of OGC 17-083r4 finds wrong, by the name of its file."""
    registry = _tms()
    validator = jsonschema.Draft201909Validator(registry.contents(schema), registry=registry)
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
