"""The schemas of STAC: of items, which pystac carries, and of extensions, which are beside the tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pyproj
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource

FOLDER = Path(__file__).parent / "schemas" / "stac" / "v1.1.0"
ITEM = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
EXTENSION = "https://stac-extensions.github.io/{}/v1.1.0/schema.json"
PROJJSON = "https://proj.org/schemas/v0.5/projjson.schema.json"


@cache
def _schemas() -> Registry[Any]:
    schemas = get_local_schema_cache()
    schemas |= {EXTENSION.format(path.stem): json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
    schemas[PROJJSON] = json.loads((Path(pyproj.datadir.get_data_dir()) / "projjson.schema.json").read_text("utf-8"))
    return Registry().with_resources((name, Resource.from_contents(each)) for name, each in schemas.items())


def faults_of_item(item: Any) -> list[str]:
    """What the schemas of STAC 1.1 and of the extensions that an item names find wrong with it."""
    registry = _schemas()
    return [
        f"{name.split('/')[3]}: {error.json_path}: {error.message}"
        for name in (ITEM, *item["stac_extensions"])
        for error in jsonschema.Draft7Validator(registry.contents(name), registry=registry).iter_errors(item)
    ]
