"""What jobs there are, as OGC API Processes describes them."""

from __future__ import annotations

from typing import Any

from app import __version__
from app.api.dialect import FEATURE_EXAMPLE, SEARCH, SEARCH_EXAMPLE, STRICT, documented
from app.api.jobs import PARAMETERS, TIMESERIES

SUMMARY: dict[str, Any] = {
    "id": TIMESERIES,
    "title": "Time series",
    "description": "Values at a point, or numbers within shapes, of every scene that a search finds; one row each.",
    "version": __version__,
    "jobControlOptions": ["async-execute", "dismiss"],
    "outputTransmission": ["value"],
}

_SEARCH_SCHEMA = {
    "type": "object",
    "properties": {each.name: {"description": each.help} for each in SEARCH if each is not STRICT},
}
_INPUTS: dict[str, Any] = {
    "search": {
        "title": "Which scenes",
        "description": "The id of a search, or the body of a STAC API search that also says where: `api` or `url`.",
        "schema": {"oneOf": [{"type": "string"}, _SEARCH_SCHEMA]},
    },
    "point": {
        "title": "Longitude and latitude; or features",
        "schema": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "minOccurs": 0,
    },
    "features": {
        "title": "A GeoJSON Feature or FeatureCollection of polygons; or a point",
        "schema": {"type": "object", "required": ["type"]},
        "minOccurs": 0,
    },
}

DESCRIPTION: dict[str, Any] = {
    **SUMMARY,
    "inputs": _INPUTS
    | {
        each.name: {
            "title": each.name,
            "description": each.help,
            "schema": each.schema,
            "minOccurs": 0,
            **({"maxOccurs": "unbounded"} if each.repeats else {}),
        }
        for each in PARAMETERS
    },
    "outputs": {
        "rows": {"title": "A row for each scene, by time", "schema": {"type": "array", "items": {"type": "object"}}}
    },
}

EXAMPLE: dict[str, Any] = {
    "inputs": {"search": SEARCH_EXAMPLE, "expression": "(B08-B04)/(B08+B04)", "features": FEATURE_EXAMPLE}
}
WANTED = 'inputs: {"inputs": {"search": {"api": "https://…"}, "point": [30.85, 29.48], "assets": "B04"}}'


def with_execution() -> dict[str, Any]:
    """Describe a route that takes the inputs of a process."""
    schema = {
        "type": "object",
        "required": ["inputs"],
        "properties": {"inputs": {"type": "object"}, "process": {"type": "string"}},
    }
    content = {"application/json": {"schema": schema, "example": EXAMPLE}}
    told = "Inputs by name, as the description of the process has them."
    return {**documented((STRICT,)), "requestBody": {"required": True, "description": told, "content": content}}
