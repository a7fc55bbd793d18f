"""The sample catalogue over HTTP: a small STAC API at ``/v0`` and its files at ``/samples``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse

from app.api.body import read_body
from app.api.origin import base_url
from app.errors import NotFound
from app.sample.assets import COG_TYPE
from app.sample.catalogue import SampleCatalogue
from app.sample.links import CONFORMANCE, GEOJSON
from app.sample.search.parse import MAX_BODY_BYTES, parse_body, parse_parameters

router = APIRouter(tags=["sample catalogue"])


class GeoJSONResponse(JSONResponse):
    """JSON with the media type of GeoJSON."""

    media_type = GEOJSON


@router.get("/v0", summary="Landing page of the sample catalogue")
async def landing(request: Request) -> JSONResponse:
    """Describe the catalogue and say where to search."""
    return JSONResponse(_catalogue(request).landing(base_url(request)))


@router.get("/v0/conformance", summary="What the sample catalogue conforms to")
async def conformance(request: Request) -> JSONResponse:
    """List the conformance classes of the STAC API."""
    _catalogue(request)
    return JSONResponse({"conformsTo": list(CONFORMANCE)})


@router.get("/v0/collections", summary="Collections of the sample catalogue")
async def collections(request: Request) -> JSONResponse:
    """List the collections: there is one."""
    return JSONResponse(_catalogue(request).collections(base_url(request)))


@router.get("/v0/collections/{collection_id}", summary="A collection of the sample catalogue")
async def collection(request: Request, collection_id: str) -> JSONResponse:
    """Describe one collection."""
    return JSONResponse(_catalogue(request).collection(collection_id, base_url(request)))


@router.get("/v0/collections/{collection_id}/items", summary="Items of a collection")
async def items(request: Request, collection_id: str) -> GeoJSONResponse:
    """List items, newest first; takes the parameters of the search."""
    catalogue, base = _catalogue(request), base_url(request)
    catalogue.collection(collection_id, base)
    return _search_by_parameters(request, {**request.query_params, "collections": collection_id})


@router.get("/v0/collections/{collection_id}/items/{item_id}", summary="An item of the sample catalogue")
async def item(request: Request, collection_id: str, item_id: str) -> GeoJSONResponse:
    """Describe one scene: the ``url`` that the tile server takes."""
    return GeoJSONResponse(_catalogue(request).item(collection_id, item_id, base_url(request)))


@router.get("/v0/search", summary="Search the sample catalogue")
async def search_get(request: Request) -> GeoJSONResponse:
    """Search by the query string."""
    return _search_by_parameters(request, dict(request.query_params))


@router.post("/v0/search", summary="Search the sample catalogue")
async def search_post(request: Request) -> GeoJSONResponse:
    """Search by a JSON body."""
    catalogue = _catalogue(request)
    body = await read_body(request, MAX_BODY_BYTES / 2**20, "the most of a search")
    return GeoJSONResponse(catalogue.search(parse_body(body), base_url(request)))


@router.get("/samples/{path:path}", summary="A file of the sample catalogue")
async def file(request: Request, path: str) -> FileResponse:
    """Send a raster or document, or the range of it that was asked for."""
    location = _catalogue(request).locate(f"/samples/{path}")
    if location is None:
        raise NotFound("There is no such file in the sample catalogue; begin at /samples/catalog.json.")
    media_type = COG_TYPE if location.path.suffix == ".tif" else "application/json"
    return FileResponse(location.path, media_type=media_type)


def _catalogue(request: Request) -> SampleCatalogue:
    sample: SampleCatalogue | None = request.app.state.runtime.sample
    if sample is None:
        raise NotFound("This server was started without --sample; start it with 'swath serve --sample'.")
    return sample


def _search_by_parameters(request: Request, parameters: dict[str, str]) -> GeoJSONResponse:
    query, base = parse_parameters(parameters), base_url(request)
    answer: dict[str, Any] = _catalogue(request).search(query, base)
    following = urlencode({**parameters, "page": query.page + 1})
    for link in answer["links"]:
        if link["rel"] == "next":
            link |= {"method": "GET", "href": f"{base}/v0/search?{following}"}
            del link["body"], link["merge"]
    return GeoJSONResponse(answer)
