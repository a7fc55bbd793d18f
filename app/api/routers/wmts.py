"""WMTS 1.0.0 of a dataset, by templates (REST) and by queries (KVP)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from morecantile import TileMatrixSet
from rasterio.warp import transform

from app.api.access import handed_on, is_signed
from app.api.dataset import dataset_ref, query_of, runtime
from app.api.dialect import MATRIX_SETS, WMTS, WMTS_OF_SET, WMTS_QUERY, documented
from app.api.kvp import one_of, required, split_kvp
from app.api.layers import Asked, find_layers, query_of_layer, render_of_layer
from app.api.matrix_sets import WEB_MERCATOR, ZOOM_MAX, find_tms
from app.api.origin import base_url
from app.api.params import FORMATS, WGS84, parse_selection
from app.api.query import Query
from app.api.renders import with_render
from app.api.responses import ignored, point_body
from app.api.route import PlainRoute
from app.api.routers.tiles import answer_tile
from app.api.templates import OWN, Pairs
from app.api.tiles import TileOptions, read_tile_options, tile_frame
from app.api.wmts import INFO_FORMATS, MEDIA_TYPE, STYLE, Service, TileShape, capabilities, is_expressible
from app.errors import BadRequest, OutOfBounds
from app.model.grid import Frame
from app.model.request import DatasetKind, PointRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.point import read_point

router = APIRouter(tags=["WMTS"], route_class=PlainRoute)

OPERATIONS = ("GetCapabilities", "GetTile", "GetFeatureInfo")
VERSION = "1.0.0"
MEDIA_TYPES = {
    **{format.media_type: name for name, format in reversed(FORMATS.items())},
    **{name: name for name in FORMATS},
    "image/jpg": "jpg",
}
"""What ``FORMAT`` may be, and which extension of a tile it stands for."""
DROPPED = OWN | {"buffer", "format", "f"}
"""Not handed on to tiles, which have a place, a size and a format of their own."""


@router.get("/{ds:dataset}/WMTSCapabilities.xml", openapi_extra=documented(WMTS))
async def wmts_capabilities(request: Request, ds: DatasetKind) -> Response:
    """Capabilities of a WMTS: a layer of what the query selects, else one for each render of the item."""
    _, text = split_kvp(_query_text(request))
    query = query_of(request, ds, WMTS, text)
    return await answer_capabilities(request, ds, query, text, _set_names(query))


@router.get("/{ds:dataset}/{tms}/WMTSCapabilities.xml", openapi_extra=documented(WMTS_OF_SET))
async def wmts_capabilities_of_matrix_set(request: Request, ds: DatasetKind, tms: str) -> Response:
    """The same in the tile matrix set `tms`."""
    _, text = split_kvp(_query_text(request))
    return await answer_capabilities(request, ds, query_of(request, ds, WMTS_OF_SET, text), text, [tms])


@router.get("/{ds:dataset}/wmts", openapi_extra=documented(WMTS_QUERY))
async def wmts(request: Request, ds: DatasetKind) -> Response:
    """WMTS by queries: `REQUEST` is `GetCapabilities`, `GetTile` or `GetFeatureInfo`; names may be in any case."""
    kvp, text = split_kvp(_query_text(request))
    query = query_of(request, ds, WMTS, text)
    one_of(kvp, "SERVICE", ("WMTS",), "WMTS")
    operation = one_of(kvp, "REQUEST", OPERATIONS, OPERATIONS[0])
    _require_version(kvp)
    if operation == "GetTile":
        return await answer_wmts_tile(request, ds, kvp, query)
    if operation == "GetFeatureInfo":
        return await answer_feature_info(request, ds, kvp, query)
    return await answer_capabilities(request, ds, query, text, _set_names(query))


async def answer_capabilities(
    request: Request, ds: DatasetKind, query: Query, text: str, names: Sequence[str]
) -> Response:
    """Describe the layers of a dataset in some tile matrix sets.

    Args:
        text: The query as it was written, without the parameters of WMTS.
    """
    rt = runtime(request)
    extension = query.choice("tile_format", tuple(FORMATS)) or "png"
    parameter = "tile_scale" if query.text("tile_scale") else "scale"
    options = read_tile_options(query, rt.settings, None, extension, scale_parameter=parameter)
    sets = [_expressible(find_tms(request, name)) for name in names]
    written = parse_qsl(text, keep_blank_values=True)
    pairs = [pair for pair in written if pair[0] not in DROPPED]
    asked = Asked(ds=ds, query=query, pairs=pairs, sets=sets, options=options, extension=extension)
    async with allowance(rt, Cost.TILE):
        layers = await find_layers(request, asked)
    named = [("tms", name) for name in names if names != [WEB_MERCATOR]]
    service = Service(
        title=f"{layers[0].title}, by Swath",
        capabilities=_href(request, f"/{ds}/WMTSCapabilities.xml", _without_sets(written) + named),
        # A signature is of one query, and there each tile has its own.
        queries=None
        if is_signed(request)
        else _href(request, f"/{ds}/wmts", _with_scale(pairs, options) + named) + "&",
    )
    shape = TileShape(size=options.size, scale=options.scale)
    body = capabilities(service, layers, shape, use_epsg=query.flag("use_epsg"))
    return Response(body, headers={"Cache-Control": "no-cache"} | ignored(query), media_type=MEDIA_TYPE)


async def answer_wmts_tile(request: Request, ds: DatasetKind, kvp: Query, query: Query) -> Response:
    """The tile that the template has for the same place: the same bytes under the same name."""
    tms = kvp.text("TILEMATRIXSET") or WEB_MERCATOR
    z, x, y = _tile(kvp)
    one_of(kvp, "STYLE", (STYLE,), STYLE)
    extension = one_of(kvp, "FORMAT", MEDIA_TYPES, query.text("tile_format") or "png")
    return await answer_tile(
        request, ds, _query_of_layer(request, ds, kvp, query, tms), tms, (z, x, f"{y}.{extension}")
    )


async def answer_feature_info(request: Request, ds: DatasetKind, kvp: Query, query: Query) -> Response:
    """Values of the data at the middle of a pixel of a tile, as GeoJSON; no feature where there are none."""
    rt = runtime(request)
    media_type = one_of(kvp, "INFOFORMAT", INFO_FORMATS, INFO_FORMATS[0])
    name = kvp.text("TILEMATRIXSET") or WEB_MERCATOR
    matrix_set = find_tms(request, name)
    asked = await with_render(request, ds, _query_of_layer(request, ds, kvp, query, name))
    x, y = _place(kvp, tile_frame(matrix_set, _tile(kvp), read_tile_options(query, rt.settings, None, None)))
    req = PointRequest(
        dataset=dataset_ref(request, ds, asked), selection=parse_selection(asked), x=x, y=y, crs=matrix_set.rasterio_crs
    )
    features: list[dict[str, Any]] = []
    try:
        async with allowance(rt, Cost.TILE):
            values = await read_point(rt, req)
    except OutOfBounds:
        pass
    else:
        [longitude], [latitude] = transform(matrix_set.rasterio_crs, WGS84, [x], [y])
        features = [_feature(point_body(longitude, latitude, values.raster))]
    body = {"type": "FeatureCollection", "features": features}
    return JSONResponse(body, headers={"Cache-Control": "no-cache"} | ignored(query), media_type=media_type)


def _feature(point: dict[str, Any]) -> dict[str, Any]:
    """The answer of a point as a feature, with a property for each band."""
    bands = zip(point["band_names"], point["band_descriptions"], point["values"], strict=True)
    properties = {told or name: value for name, told, value in bands}
    geometry = {"type": "Point", "coordinates": point["coordinates"]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _place(kvp: Query, frame: Frame) -> tuple[float, float]:
    """Coordinates of the middle of pixel ``I``, ``J`` of a tile, counted from its top left corner from 0."""
    assert frame.bounds is not None
    assert frame.width is not None
    assert frame.height is not None
    for name in ("I", "J"):
        required(kvp, name)
    column = kvp.integer("I", low=0, high=frame.width - 1) or 0
    row = kvp.integer("J", low=0, high=frame.height - 1) or 0
    left, bottom, right, top = frame.bounds
    x = left + (column + 0.5) * (right - left) / frame.width
    return x, top - (row + 0.5) * (top - bottom) / frame.height


def _query_of_layer(request: Request, ds: DatasetKind, kvp: Query, query: Query, tms: str) -> Query:
    url = dataset_ref(request, ds, query).url
    return query_of_layer(query, render_of_layer(ds, url, tms, kvp.text("LAYER")))


def _tile(kvp: Query) -> tuple[str, str, str]:
    """Zoom, column and row, which are whole numbers."""
    for name in ("TILEMATRIX", "TILECOL", "TILEROW"):
        required(kvp, name)
    zoom = kvp.integer("TILEMATRIX", low=0, high=ZOOM_MAX)
    return str(zoom), str(kvp.integer("TILECOL", low=0)), str(kvp.integer("TILEROW", low=0))


def _require_version(kvp: Query) -> None:
    for name in ("VERSION", "ACCEPTVERSIONS"):
        value = kvp.text(name)
        if value is not None and VERSION not in value.split(","):
            raise kvp.fault(name, value, f"is not a version of WMTS that is spoken here; there is {VERSION}")


def _set_names(query: Query) -> list[str]:
    """Names of tile matrix sets, each once."""
    names = [name for value in query.all("tms") for name in value.split(",") if name]
    return list(dict.fromkeys(names)) or [WEB_MERCATOR]


def _expressible(tms: TileMatrixSet) -> TileMatrixSet:
    if not is_expressible(tms):
        told = "has rows of different widths, or rows that are counted from the bottom, of which WMTS cannot tell"
        raise BadRequest.of("tms", tms.id, f"{told}; /tiles/{tms.id} of the dataset does")
    return tms


def _without_sets(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if pair[0] not in (MATRIX_SETS.name, *MATRIX_SETS.aliases)]


def _with_scale(pairs: Pairs, options: TileOptions) -> Pairs:
    return pairs if options.scale == 1 else [*pairs, ("scale", str(options.scale))]


def _href(request: Request, path: str, pairs: Pairs) -> str:
    return f"{base_url(request)}{path}?{urlencode(handed_on(request, path, pairs))}"


def _query_text(request: Request) -> str:
    text: bytes = request.scope["query_string"]
    return text.decode("latin-1")
