"""The catalogue of spectral indices that ``index=`` knows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.missing import of_path
from app.api.origin import base_url
from app.api.params import find_index
from app.compute.expression import compile_expression
from app.compute.indices import INDICES, Index

router = APIRouter(tags=["Server"])


@router.get("/indices")
async def indices(request: Request) -> Response:
    """All indices by name, with the band math that `index=` stands for."""
    base = base_url(request)
    links = [{"rel": "self", "type": "application/json", "href": f"{base}/indices", "title": "All indices"}]
    return JSONResponse({"indices": [index_body(index, base) for index in INDICES.values()], "links": links})


@router.get("/indices/{name}")
async def index(request: Request, name: str) -> Response:
    """One index."""
    return JSONResponse(index_body(of_path(find_index, name), base_url(request)))


def index_body(index: Index, base: str) -> dict[str, Any]:
    """Tell of an index in JSON types; ``bands`` are common names in order of first use."""
    return {
        "id": index.name,
        "title": index.title,
        "expression": index.expression,
        "bands": list(compile_expression(index.expression).names),
        "about": index.about,
        "needs_reflectance": index.of_reflectance,
        "reference": index.reference,
        "links": [{"rel": "self", "type": "application/json", "href": f"{base}/indices/{index.name}"}],
    }
