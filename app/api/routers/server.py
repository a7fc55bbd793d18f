"""The server itself: probes, and the first page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from app import __version__
from app.api.dataset import runtime
from app.api.origin import base_url

router = APIRouter(tags=["Server"])

VIEWER = Path(__file__).parents[2] / "viewer"
PAGE_POLICY = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'"
"""A page of ours loads nothing from elsewhere; the browser enforces it."""


@router.get("/livez")
async def livez() -> dict[str, str]:
    """200 while the event loop runs; does no work."""
    return {"status": "alive"}


@router.get("/readyz")
@router.get("/healthz")
async def readyz(request: Request) -> Response:
    """200 when requests may come, else 503."""
    ready = runtime(request).ready
    body = {"status": "ready" if ready else "not ready", "versions": {"swath": __version__}}
    return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})


@router.get("/")
async def landing(request: Request) -> Response:
    """The page, or for `Accept: application/json` the links of this server."""
    if "text/html" not in request.headers.get("accept", "text/html"):
        return JSONResponse(landing_links(base_url(request), sample=runtime(request).sample is not None))
    return FileResponse(
        VIEWER / "index.html", headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    )


def landing_links(base: str, *, sample: bool) -> dict[str, Any]:
    """What is here, for machines."""
    links = [
        ("self", "application/json", f"{base}/", "This document"),
        ("service-desc", "application/vnd.oai.openapi+json;version=3.1", f"{base}/openapi.json", "API definition"),
        ("service-doc", "text/html", f"{base}/docs", "API documentation"),
    ]
    if sample:
        links += [
            ("search", "application/geo+json", f"{base}/v0/search", "Search of the sample catalogue"),
            ("child", "application/json", f"{base}/samples/catalog.json", "The sample catalogue, as static STAC"),
        ]
    return {
        "title": "Swath",
        "description": "Dynamic tiles from STAC items and cloud-optimised GeoTIFFs.",
        "links": [{"rel": rel, "type": kind, "href": href, "title": title} for rel, kind, href, title in links],
    }
