"""The capabilities of a WMTS 1.0.0 (OGC 07-057r7): layers, and the tile matrix sets that they link to, as XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from morecantile import TileMatrixSet
from rio_tiler.utils import CRS_to_urn

from app.model.grid import Bounds
from app.plan.tiling import MatrixLimits, Tileset

MEDIA_TYPE = "application/xml"
INFO_FORMATS = ("application/json", "application/geo+json")
STYLE = "default"
ALL_DAYS = "default"
"""In the place of a day: all scenes of the search."""
WMTS, OWS, XLINK = "http://www.opengis.net/wmts/1.0", "http://www.opengis.net/ows/1.1", "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = f"{WMTS} http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd"
CRS84_URN = "urn:ogc:def:crs:OGC:1.3:CRS84"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

for _prefix, _namespace in (("", WMTS), ("ows", OWS), ("xlink", XLINK), ("xsi", XSI)):
    register_namespace(_prefix, _namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One way to show the dataset, in one tile matrix set.

    Attributes:
        bounds_wgs84: Not across the antimeridian.
        media_type: Of its tiles.
        template: URL of its tiles, with ``{TileMatrix}``, ``{TileCol}`` and ``{TileRow}`` to fill, and with ``{Time}``
            where there are days.
        days: Of the scenes of a search, the newest first; empty for what has no time.
    """

    identifier: str
    title: str
    bounds_wgs84: Bounds
    media_type: str
    tileset: Tileset
    template: str
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where the operations are.

    Attributes:
        capabilities: URL of this document.
        queries: URL that ends where the parameters of a query begin, or None when there are only templates.
    """

    title: str
    capabilities: str
    queries: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TileShape:
    """Pixels of a tile, where they are not those of its tile matrix set.

    Attributes:
        size: Columns and rows, or None for those of the set times ``scale``.
    """

    size: int | None = None
    scale: int = 1

    def width_height(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows of a tile that has so many in its set."""
        return (self.size, self.size) if self.size else (width * self.scale, height * self.scale)


def is_expressible(tms: TileMatrixSet) -> bool:
    """Whether WMTS can tell of a tile matrix set: rows are counted from the top, and all have as many columns."""
    return not tms.is_variable and all(matrix.cornerOfOrigin != "bottomLeft" for matrix in tms.tileMatrices)


def capabilities(service: Service, layers: Sequence[Layer], shape: TileShape, *, use_epsg: bool = False) -> bytes:
    """Write the document; what a name has that XML cannot hold is left out.

    Args:
        use_epsg: Name a CRS ``EPSG:n`` instead of by its URN.
    """
    root = Element(f"{{{WMTS}}}Capabilities", {"version": "1.0.0", f"{{{XSI}}}schemaLocation": SCHEMA})
    _add_service(root, service)
    contents = SubElement(root, f"{{{WMTS}}}Contents")
    for layer in layers:
        _add_layer(contents, layer, has_queries=service.queries is not None)
    for tms, zooms in _linked(layers):
        _add_matrix_set(contents, tms, zooms, shape, use_epsg=use_epsg)
    SubElement(root, f"{{{WMTS}}}ServiceMetadataURL", {f"{{{XLINK}}}href": service.capabilities})
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_service(root: Element, service: Service) -> None:
    about = SubElement(root, f"{{{OWS}}}ServiceIdentification")
    _add_ows(about, "Title", service.title)
    _add_ows(about, "ServiceType", "OGC WMTS")
    _add_ows(about, "ServiceTypeVersion", "1.0.0")
    if service.queries is None:  # templates are no operations
        return
    operations = SubElement(root, f"{{{OWS}}}OperationsMetadata")
    _add_operation(operations, "GetCapabilities", [(service.capabilities, "RESTful"), (service.queries, "KVP")])
    _add_operation(operations, "GetTile", [(service.queries, "KVP")])
    _add_operation(operations, "GetFeatureInfo", [(service.queries, "KVP")])


def _add_operation(operations: Element, name: str, places: Iterable[tuple[str, str]]) -> None:
    operation = SubElement(operations, f"{{{OWS}}}Operation", {"name": name})
    http = SubElement(SubElement(operation, f"{{{OWS}}}DCP"), f"{{{OWS}}}HTTP")
    for href, encoding in places:
        get = SubElement(http, f"{{{OWS}}}Get", {f"{{{XLINK}}}href": href})
        constraint = SubElement(get, f"{{{OWS}}}Constraint", {"name": "GetEncoding"})
        _add_ows(SubElement(constraint, f"{{{OWS}}}AllowedValues"), "Value", encoding)


def _add_layer(contents: Element, layer: Layer, *, has_queries: bool) -> None:
    """In the order that the schema asks for: the bounding box stands before the identifier."""
    element = SubElement(contents, f"{{{WMTS}}}Layer")
    _add_ows(element, "Title", layer.title)
    left, bottom, right, top = layer.bounds_wgs84
    box = SubElement(element, f"{{{OWS}}}WGS84BoundingBox", {"crs": "urn:ogc:def:crs:OGC:2:84"})
    _add_ows(box, "LowerCorner", f"{left!r} {bottom!r}")
    _add_ows(box, "UpperCorner", f"{right!r} {top!r}")
    _add_ows(element, "Identifier", layer.identifier)
    style = SubElement(element, f"{{{WMTS}}}Style", {"isDefault": "true"})
    _add_ows(style, "Title", layer.title)
    _add_ows(style, "Identifier", STYLE)
    _add(element, "Format", layer.media_type)
    for media_type in INFO_FORMATS if has_queries else ():
        _add(element, "InfoFormat", media_type)
    if layer.days:
        _add_days(element, layer.days)
    _add_link(element, layer.tileset)
    resource = {"format": layer.media_type, "resourceType": "tile", "template": layer.template}
    SubElement(element, f"{{{WMTS}}}ResourceURL", resource)


def _add_days(layer: Element, days: Sequence[str]) -> None:
    """Each day by itself, and ``default`` for all of them together, which is what a map shows that knows no time."""
    dimension = SubElement(layer, f"{{{WMTS}}}Dimension")
    _add_ows(dimension, "Identifier", "Time")
    _add_ows(dimension, "UOM", "ISO8601")
    _add(dimension, "Default", ALL_DAYS)
    for day in (ALL_DAYS, *days):
        _add(dimension, "Value", day)


def _add_link(layer: Element, tileset: Tileset) -> None:
    link = SubElement(layer, f"{{{WMTS}}}TileMatrixSetLink")
    _add(link, "TileMatrixSet", str(tileset.tms.id))
    limits = SubElement(link, f"{{{WMTS}}}TileMatrixSetLimits")
    for each in tileset.limits:
        _add_limits(SubElement(limits, f"{{{WMTS}}}TileMatrixLimits"), each)


def _add_limits(element: Element, limits: MatrixLimits) -> None:
    _add(element, "TileMatrix", str(limits.zoom))
    _add(element, "MinTileRow", str(limits.min_row))
    _add(element, "MaxTileRow", str(limits.max_row))
    _add(element, "MinTileCol", str(limits.min_column))
    _add(element, "MaxTileCol", str(limits.max_column))


def _linked(layers: Sequence[Layer]) -> list[tuple[TileMatrixSet, range]]:
    """Each tile matrix set that layers link to, once, with the zooms of all of them.

    Programs that do not look at limits ask for every zoom that a set has, so it is cut to those of the data.
    """
    found: dict[str, tuple[TileMatrixSet, range]] = {}
    for tileset in (layer.tileset for layer in layers):
        low, high = tileset.zooms
        _, known = found.get(str(tileset.tms.id), (None, range(low, high + 1)))
        found[str(tileset.tms.id)] = tileset.tms, range(min(low, known.start), max(high + 1, known.stop))
    return list(found.values())


def _add_matrix_set(
    contents: Element, tms: TileMatrixSet, zooms: Iterable[int], shape: TileShape, *, use_epsg: bool
) -> None:
    element = SubElement(contents, f"{{{WMTS}}}TileMatrixSet")
    _add_ows(element, "Identifier", str(tms.id))
    _add_ows(element, "SupportedCRS", _crs_name(tms, use_epsg=use_epsg))
    for zoom in zooms:
        matrix = tms.matrix(zoom)
        width, height = shape.width_height(matrix.tileWidth, matrix.tileHeight)
        each = SubElement(element, f"{{{WMTS}}}TileMatrix")
        _add_ows(each, "Identifier", matrix.id)
        # The tile covers the same ground, so pixels are smaller when there are more of them.
        _add(each, "ScaleDenominator", repr(float(matrix.scaleDenominator) * matrix.tileWidth / width))
        _add(each, "TopLeftCorner", " ".join(repr(float(value)) for value in matrix.pointOfOrigin))
        _add(each, "TileWidth", str(width))
        _add(each, "TileHeight", str(height))
        _add(each, "MatrixWidth", str(matrix.matrixWidth))
        _add(each, "MatrixHeight", str(matrix.matrixHeight))


def _crs_name(tms: TileMatrixSet, *, use_epsg: bool) -> str:
    epsg = tms.crs.to_epsg()
    if use_epsg and epsg:
        return f"EPSG:{epsg}"
    urn = CRS_to_urn(tms.rasterio_crs)
    if urn is None:
        return tms.crs.to_wkt()
    return CRS84_URN if urn.endswith(":CRS84") else urn


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{WMTS}}}{name}").text = _clean(text)


def _add_ows(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{OWS}}}{name}").text = _clean(text)


def _clean(text: str) -> str:
    """Without what no XML may hold, escaped or not: control characters and halves of surrogate pairs."""
    return _NOT_XML.sub("", text)
