"""The description of the API, for machines and for people, with examples that work on this server."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from app.api.dataset import runtime
from app.api.dialect import SEARCH_EXAMPLE
from app.api.origin import base_url
from app.api.problems import MEDIA_TYPE as PROBLEM_TYPE
from app.api.routers.server import PAGE_POLICY
from app.api.search import parse_search
from app.api.viewer import send_page
from app.model.request import Format
from app.sample.catalogue import SampleCatalogue

router = APIRouter()

Document = dict[str, Any]

DOCS_POLICY = f"{PAGE_POLICY}; style-src 'self' 'unsafe-inline'"
"""Swagger UI writes styles into its elements."""

TAGS = {
    "Tiles": "Map tiles, the address that map programs take.",
    "TileJSON": "Where the tiles of a dataset are, and how far they reach.",
    "Tilesets": "The tiles of a dataset, as OGC API Tiles tells of them.",
    "WMTS": "The same for programs that speak OGC's WMTS 1.0.0.",
    "Maps": "One picture, as OGC API Maps asks for it, and the page.",
    "Crops and previews": "A box, or the whole, as one picture or array.",
    "Points": "Values at one place.",
    "Statistics": "Numbers over the whole, or over shapes.",
    "Animations": "The scenes of a search, one picture after the other.",
    "Searches": "Scenes from any STAC API, catalogue, collection of features or folder.",
    "Jobs": "Work over many scenes that takes longer than a request, where the operator allows it.",
    "About a dataset": "What is in it, before anything is drawn.",
    "Time series": "What the scenes of a search have at a point or within shapes, one after the other.",
    "Sample catalogue": "A year of invented scenes, with a small STAC search.",
    "Server": "The page, and what a supervisor asks.",
}

SUMMARIES = {
    "/{ds}/tiles/{z}/{x}/{y}": "A tile",
    "/{ds}/tiles/{tms}/{z}/{x}/{y}": "A tile of a tile matrix set",
    "/{ds}/tilejson.json": "TileJSON",
    "/{ds}/{tms}/tilejson.json": "TileJSON of a tile matrix set",
    "/{ds}/tiles": "Tilesets",
    "/{ds}/tiles/{tms}": "One tileset",
    "/{ds}/WMTSCapabilities.xml": "WMTS capabilities",
    "/{ds}/{tms}/WMTSCapabilities.xml": "WMTS capabilities of a tile matrix set",
    "/{ds}/wmts": "WMTS by queries",
    "/{ds}/map": "A map as one picture",
    "/{ds}/map.html": "A map in a browser",
    "/{ds}/{tms}/map.html": "A map in a browser, under its other name",
    "/{ds}/viewer": "The page",
    "/conformance": "Conformance classes",
    "/{ds}/crop/{bbox}": "A box, at most 1024 pixels",
    "/{ds}/crop/{bbox}/{size}": "A box of a given size",
    "/{ds}/bbox/{bbox}": "A box, at the data's resolution",
    "/{ds}/bbox/{bbox}/{size}": "A box of a given size, under its other name",
    "/{ds}/feature": "A shape, at the data's resolution",
    "/{ds}/feature.{format}": "A shape, in a given format",
    "/{ds}/feature/{size}": "A shape, of a given size",
    "/{ds}/crop": "A shape, at most 1024 pixels",
    "/{ds}/crop.{format}": "A shape, at most 1024 pixels, in a given format",
    "/{ds}/preview": "The whole",
    "/{ds}/preview.{format}": "The whole, in a given format",
    "/{ds}/preview/{size}": "The whole, of a given size",
    "/{ds}/point/{point}": "Values at a point",
    "/{ds}/info": "Bands, size, CRS, nodata",
    "/{ds}/info.geojson": "The same as a GeoJSON Feature",
    "/{ds}/bounds": "Bounds",
    "/{ds}/statistics": "Numbers of each band",
    "post /{ds}/statistics": "Numbers of each band within shapes",
    "/stac/asset_statistics": "Numbers of each asset",
    "/{ds}/metadata": "Description and numbers, as TiTiler 0.1 told them",
    "/stac/assets": "Assets of an item",
    "/cog/validate": "Is it a COG?",
    "/cog/stac": "A STAC item of a raster",
    "/stac/renders": "Renders of an item",
    "/stac/renders/{render}": "One render of an item",
    "/stac/presets": "Ways to show an item, and its bands",
    "/cog/presets": "Ways to show a raster, and its bands",
    "/{ds}/explain": "How a tile would be made",
    "/{ds}/legend.{kind}": "What its colours mean",
    "/timeseries/bbox/{bbox}": "A box as an animation",
    "/timeseries/bbox/{bbox}/{size}": "A box as an animation of a given size",
    "/timeseries/feature.{format}": "A shape as an animation",
    "/timeseries/feature/{size}": "A shape as an animation of a given size",
    "/search": "The id and the links of a search",
    "/search/assets": "Assets of the scenes of a search",
    "/search/items": "Scenes of a search",
    "/timeseries/point/{point}": "Values at a point, scene by scene",
    "post /timeseries/statistics": "Statistics within shapes, scene by scene",
    "/search/{search_id}": "A search by its id",
    "/search/{search_id}/items": "Scenes of a search by its id",
    "/processes": "What jobs there are",
    "/processes/{process_id}": "What a job takes",
    "/processes/{process_id}/execution": "A new job",
    "get /jobs": "Jobs",
    "post /jobs": "A new job, under its other name",
    "get /jobs/{job_id}": "How far a job is",
    "delete /jobs/{job_id}": "End a job",
    "/jobs/{job_id}/results": "What a job gave",
    "/tileMatrixSets": "Tile matrix sets",
    "/tileMatrixSets/{tms}": "One tile matrix set",
    "/colorMaps": "Colormaps",
    "/colorMaps/{color_map}": "One colormap, or a picture of it",
    "/algorithms": "Algorithms",
    "/algorithms/{algorithm}": "One algorithm",
    "/indices": "Spectral indices",
    "/indices/{name}": "One spectral index",
}

IN_PATH = {
    "ds": "stac",
    "tms": "WebMercatorQuad",
    "color_map": "viridis",
    "algorithm": "hillshade",
    "kind": "png",
    "z": "13",
    "x": "4797",
    "y": "3391.png",
    "bbox": "30.80,29.45,30.88,29.52.png",
    "size": "512x512.png",
    "format": "png",
    "point": "30.85,29.48",
    "path": "catalog.json",
    "name": "ndvi",
    "render": "ndvi",
    "search_id": "0" * 64,
    "process_id": "timeseries",
    "job_id": str(UUID(int=0)),
}
"""Values of path parameters that lie inside the sample's scenes."""

IN_QUERY: dict[str, Document] = {"bbox": {"example": "30.80,29.45,30.88,29.52"}}
"""The same of parameters of the query that have another name's meaning in a path."""

JOBS = ("/processes", "/jobs")
"""Told only where there is a folder for them."""

PICTURES = ("Tiles", "Crops and previews")

KEY: Document = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key; also as `X-API-Key`, or as `access_token` in the query.",
}

PROBLEM: Document = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "properties": {
        "type": {"type": "string", "description": "Stable word for programs.", "examples": ["invalid-parameter"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The value, the limit and the remedy."},
        "instance": {"type": "string", "description": "The request's id, as in `X-Request-Id`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "message"],
                "properties": {name: {"type": "string"} for name in ("name", "message", "value")},
            },
        },
    },
}


@router.get("/docs", include_in_schema=False)
@router.get("/api.html", include_in_schema=False)
@router.get("/redoc", include_in_schema=False)
async def docs() -> Response:
    """The API documentation for people."""
    return send_page("docs.html", DOCS_POLICY)


@router.get("/openapi.json", include_in_schema=False)
@router.get("/api", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The API documentation for machines."""
    rt = runtime(request)
    described = describe(request.app, base_url(request), rt.sample)
    if rt.settings.jobs_dir is None:
        described["paths"] = {path: each for path, each in described["paths"].items() if not path.startswith(JOBS)}
    if rt.settings.api_keys or rt.settings.api_keys_file:
        described |= {"security": [{"key": []}]}
        described["components"] |= {"securitySchemes": {"key": KEY}}
    return JSONResponse(described, headers={"Cache-Control": "no-cache"})


def describe(api: FastAPI, base: str, sample: SampleCatalogue | None) -> Document:
    """The OpenAPI document as one server shows it: its address, and examples from its sample catalogue."""
    document = deepcopy(api.openapi())
    document["servers"] = [{"url": base}]
    document["tags"] = [{"name": name, "description": told} for name, told in TAGS.items()]
    examples = _examples(base, sample)
    for path, operations in document["paths"].items():
        operations.pop("head", None)  # every GET answers HEAD too
        for method, operation in operations.items():
            operation["summary"] = SUMMARIES.get(f"{method} {path}") or SUMMARIES.get(path, operation["summary"])
            _tidy(operation, _of_rasters(examples) if path.startswith("/cog/") else examples)
            if sample is not None and path.startswith(("/search", "/timeseries")):
                _fill_search(operation, f"{base}/v0")
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {"DatasetKind": schemas["DatasetKind"], "Problem": PROBLEM}
    return document


def _examples(base: str, sample: SampleCatalogue | None) -> dict[str, Document]:
    """What to add to the parameters of each name."""
    added: dict[str, Document] = {name: {"example": value} for name, value in IN_PATH.items()}
    if sample is None:
        return added
    collection, item = sample.collection_id, sample.showcase_id
    item_url = f"{base}/v0/collections/{collection}/items/{item}"
    raster_url = f"{base}/samples/{collection}/{item}/visual.tif"
    return added | {
        "collection_id": {"example": collection},
        "item_id": {"example": item},
        "assets": {"example": ["visual"]},
        "url": {
            "examples": {
                "item": {"summary": "For /stac: a sample scene", "value": item_url},
                "raster": {"summary": "For /cog: its picture", "value": raster_url},
            }
        },
    }


def _of_rasters(examples: dict[str, Document]) -> dict[str, Document]:
    """The same for routes that are of rasters alone: no item is an example of their ``url``."""
    if "url" not in examples:
        return examples
    return examples | {"url": {"example": examples["url"]["examples"]["raster"]["value"]}}


def _fill_search(operation: Document, api: str) -> None:
    """Let a search ask the sample catalogue; the id is that of the body which is posted."""
    example = {"api": api, **SEARCH_EXAMPLE}
    content = operation.get("requestBody", {}).get("content", {})
    if content and "application/geo+json" not in content:  # of shapes, for which the query has the search
        content["application/json"]["example"] = example
    found = parse_search(example, items_max=1)
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "url":
            parameter.pop("examples", None)  # one of the two
        parameter.update({"api": {"example": api}, "search_id": {"example": found.id}}.get(parameter["name"], {}))


def _tidy(operation: Document, examples: dict[str, Document]) -> None:
    operation["tags"] = [tag[:1].upper() + tag[1:] for tag in operation["tags"]]
    for parameter in operation.get("parameters", ()):
        known = examples | IN_QUERY if parameter["in"] == "query" else examples
        if "enum" not in parameter["schema"]:  # which shows its values by itself
            parameter.update(known.get(parameter["name"], {}))
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "A problem",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if operation["tags"][0] == "Tiles":
        responses["204"] = {"description": "Nothing to show here, asked for with `empty=204`"}
    if operation["tags"][0] == "Points":
        responses["200"]["content"]["text/csv"] = {}
    if operation["tags"][0] in PICTURES:
        responses["200"] = {
            "description": "A picture or an array",
            "content": {format.media_type: {} for format in Format},
        }
