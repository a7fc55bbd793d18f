"""The server itself: probes, the first page, and the files that pages are made of."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from app import __version__
from app.api.accept import VARY
from app.api.dataset import runtime
from app.api.links import CONFORMANCE, MAP, TILESETS_MAP, TILING_SCHEMES, link
from app.api.origin import base_url
from app.api.viewer import send_file, send_page
from app.model.request import DatasetKind
from app.observe.metrics import MEDIA_TYPE, exposition
from app.pipeline.vitals import publish_vitals

router = APIRouter(tags=["Server"])

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""A page of ours loads nothing from elsewhere; the browser enforces it."""

STREET_MAP = "https://tile.openstreetmap.org"
"""The only other host, for those who ask for its map (``/?base=osm``): it learns who looks where."""


@router.get("/livez", summary="Is the process alive?")
async def livez() -> dict[str, str]:
    """200 while the event loop runs; does no work."""
    return {"status": "alive"}


@router.get("/ping", include_in_schema=False)
async def ping() -> dict[str, str]:
    """As TiTiler answered before 0.12."""
    return {"ping": "pong!"}


@router.get("/readyz", summary="Is it ready for requests?")
@router.get("/healthz", summary="The same, under another usual name")
async def readyz(request: Request) -> Response:
    """200 when requests may come, else 503."""
    rt = runtime(request)
    draining = getattr(request.state, "draining", False)  # told by app.serve
    ready = rt.ready and not rt.full and not draining
    body = {"status": "ready" if ready else "not ready", "versions": {"swath": __version__}}
    return JSONResponse(body, 200 if ready else 503, {"Cache-Control": "no-store"})


@router.get("/metrics", summary="Counters for Prometheus")
async def metrics(request: Request) -> Response:
    """Of all workers together: this one as of now, the others as of a second ago."""
    publish_vitals(runtime(request))
    return Response(exposition(), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.get("/", summary="The map, or the links of this server")
async def landing(request: Request) -> Response:
    """A page for people; for `Accept: application/json` the links of this server."""
    if "text/html" in request.headers.get("accept", "text/html"):
        response = send_page("index.html", page_policy(request))
    else:
        response = JSONResponse(landing_links(base_url(request), sample=runtime(request).sample is not None))
    response.headers.update({"Cache-Control": "no-cache"} | VARY)
    return response


@router.get("/viewer/{path:path}", include_in_schema=False)
async def viewer_file(request: Request, path: str) -> Response:
    """A script, style or picture of a page."""
    return send_file(request, path)


@router.get("/favicon.ico", include_in_schema=False)
async def favicon(request: Request) -> Response:
    """What browsers ask for beside a picture that is opened alone."""
    return send_file(request, "favicon.svg")


def page_policy(request: Request) -> str:
    """The policy of the page, which is opened to the street map only when the address asks for it."""
    if request.query_params.get("base") != "osm":
        return PAGE_POLICY
    return PAGE_POLICY.replace("data: blob:", f"data: blob: {STREET_MAP}")


def landing_links(base: str, *, sample: bool) -> dict[str, Any]:
    """What is here, for machines."""
    links = [
        link("self", f"{base}/", "This document"),
        link("service-desc", f"{base}/openapi.json", "API definition", "application/vnd.oai.openapi+json;version=3.1"),
        link("service-doc", f"{base}/docs", "API documentation", "text/html"),
        link("conformance", f"{base}/conformance", "Conformance classes"),
        link(CONFORMANCE, f"{base}/conformance", "Conformance classes"),
        link(TILING_SCHEMES, f"{base}/tileMatrixSets", "Tile matrix sets"),
        link("data", f"{base}/colorMaps", "Colormaps"),
        link("data", f"{base}/algorithms", "Algorithms"),
        link("data", f"{base}/indices", "Spectral indices"),
        *_dataset_links(base),
    ]
    if sample:
        links += [
            link("search", f"{base}/v0/search", "Search of the sample catalogue", "application/geo+json"),
            link("child", f"{base}/samples/catalog.json", "The sample catalogue, as static STAC"),
        ]
    description = "Dynamic tiles from STAC items and cloud-optimised GeoTIFFs."
    return {"title": "Swath", "description": description, "links": links}


def _dataset_links(base: str) -> list[dict[str, Any]]:
    """Where a dataset of one's own is found, for both kinds."""
    return [
        each
        for kind, what in ((DatasetKind.STAC, "STAC item"), (DatasetKind.COG, "raster"))
        for each in (
            link(TILESETS_MAP, f"{base}/{kind}/tiles{{?url}}", f"Tilesets of a {what}"),
            link(MAP, f"{base}/{kind}/map{{?url}}", f"A map of a {what}", "image/png"),
            link("data", f"{base}/{kind}/tilejson.json{{?url}}", f"TileJSON of a {what}"),
            link("data", f"{base}/{kind}/WMTSCapabilities.xml{{?url}}", f"WMTS of a {what}", "application/xml"),
            link("data", f"{base}/{kind}/info{{?url}}", f"What is in a {what}"),
        )
    ]
