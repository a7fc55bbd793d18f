"""What of OGC's APIs this server holds: a class is named here when a test shows it, and not before."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app.api.links import link
from app.api.origin import base_url

router = APIRouter(tags=["Server"])

_COMMON = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
_TMS = "http://www.opengis.net/spec/tms/2.0/conf"
_MAPS = "https://www.opengis.net/spec/ogcapi-maps-1/1.0/conf"
CLASSES = (
    *(f"{_COMMON}/{name}" for name in ("core", "landing-page", "json")),
    *(f"{_TILES}/{name}" for name in ("core", "tileset", "tilesets-list", "png", "jpeg", "tiff")),
    *(f"{_TMS}/{name}" for name in ("tilematrixset", "json-tilematrixset", "tilesetmetadata", "json-tilesetmetadata")),
    *(f"{_MAPS}/{name}" for name in ("core", "crs", "png", "jpeg", "tiff")),
)
"""Classes of OGC API Common and Tiles, of OGC's tile matrix sets, and of OGC API Maps, by URI."""


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """Conformance classes that this server holds."""
    links = [link("self", f"{base_url(request)}/conformance", "This list")]
    return JSONResponse({"conformsTo": CLASSES, "links": links}, headers={"Cache-Control": "no-cache"})
