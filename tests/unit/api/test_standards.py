"""The small parts of OGC's services: names in any case, ways to write a CRS, `Accept`, and what XML cannot hold."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from morecantile import tms as library
from starlette.datastructures import Headers

from app.api.accept import accepted, prefers_html
from app.api.crs import is_northing_first, is_written_by_ogc, short_crs
from app.api.kvp import split_kvp
from app.api.wmts import Layer, Service, TileShape, capabilities
from app.plan.tiling import MatrixLimits, Tileset
from tests.ogc import SPACES, faults_of_capabilities, layers_of, template_of, text_of


def test_names_of_a_service_are_read_in_any_case_and_the_rest_is_left_as_it_was():
    kvp, rest = split_kvp("Service=WMTS&url=a%20b&TileRow=3&assets=B04%2CB03&tilerow=4&FORMAT=image%2Fpng&&%69=7&x")
    assert kvp.values == {"SERVICE": ["WMTS"], "TILEROW": ["3", "4"], "FORMAT": ["image/png"], "I": ["7"]}
    assert rest == "url=a%20b&assets=B04%2CB03&x"
    assert kvp.fault("TILEROW", 4, "is").faults[0].name == "tilerow"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("EPSG:3857", "EPSG:3857"),
        ("[EPSG:3857]", "EPSG:3857"),
        ("[OGC:CRS84]", "OGC:CRS84"),
        ("http://www.opengis.net/def/crs/EPSG/0/3857", "EPSG:3857"),
        ("https://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84"),
        ("urn:ogc:def:crs:EPSG::3857", "EPSG:3857"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84"),
        ("http://www.opengis.net.evil.org/def/crs/EPSG/0/3857", None),
        ("file:///etc/passwd", None),
        ("[[EPSG:3857]]", "[EPSG:3857]"),
        ("", None),
    ],
)
def test_every_way_of_ogc_to_write_a_crs_is_read(text, short):
    assert short_crs(text) == (text if short is None else short)
    assert is_written_by_ogc(text) == (short not in (None, text))


@pytest.mark.parametrize(
    ("epsg", "northing"), [(4326, True), (3857, False), (3035, True), (2193, True), (32636, False), (5041, False)]
)
def test_the_order_of_axes_is_known(epsg, northing):
    assert is_northing_first(epsg) == northing


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", ["text/html", "application/xhtml+xml", "*/*"]),
        ("image/png;q=0.5, image/jpeg", ["image/jpeg", "image/png"]),
        ("IMAGE/PNG;q=0, image/webp; q=1.0", ["image/webp"]),
        ("", []),
        (",;q=;,,", []),
        ("a/b;q=nonsense", []),
        ("a/b;q=" + "9" * 5000, []),
    ],
)
def test_what_is_accepted_is_in_the_order_of_liking(header, wanted):
    request = SimpleNamespace(headers=Headers({"accept": header}))
    assert accepted(request) == wanted
    assert prefers_html(request) == (wanted[:1] == ["text/html"])


def layer(text: str, **changes: object) -> Layer:
    limits = (MatrixLimits(zoom=3, min_row=1, max_row=2, min_column=3, max_column=4),)
    made = {
        "identifier": text,
        "title": text,
        "bounds_wgs84": (-1e-7, 0.1, 179.99999999999, 85.0),
        "media_type": "image/png",
        "tileset": Tileset(tms=library.get("WebMercatorQuad"), limits=limits),
        "template": "http://host/{TileMatrix}/{TileCol}/{TileRow}.png?url=a%26b&assets=c",
    }
    return Layer(**(made | changes))


SERVICE = Service(title="x", capabilities="http://host/a?b=c&d=e", queries="http://host/w?b=c&")


@pytest.mark.parametrize("text", ["a<b>&\"'c", "]]><x/>", "\x00\x01\x1b\ufffe", "half \ud800", "🛰 名前", "&lt;&#0;"])
def test_no_text_breaks_the_document(text):
    document = capabilities(SERVICE, [layer(text)], TileShape())
    assert faults_of_capabilities(document) == []
    told = text_of(layers_of(document)[0], "ows:Title")
    assert told == "".join(char for char in text if char.isprintable() and not "\ud800" <= char < "\ue000")
    assert template_of(layers_of(document)[0]) == layer("").template


def test_a_larger_tile_covers_the_same_ground_with_smaller_pixels():
    documents = [
        capabilities(SERVICE, [layer("x")], each) for each in (TileShape(), TileShape(scale=2), TileShape(size=384))
    ]
    found = [ET.fromstring(each).find("w:Contents/w:TileMatrixSet/w:TileMatrix", SPACES) for each in documents]
    one, two, size = found
    assert [text_of(each, "w:TileWidth") for each in (one, two, size)] == ["256", "512", "384"]
    denominators = [float(text_of(each, "w:ScaleDenominator")) for each in (one, two, size)]
    assert denominators[0] / denominators[1] == pytest.approx(2)
    assert denominators[0] / denominators[2] == pytest.approx(1.5)
    assert denominators[0] == pytest.approx(559082264.028717 / 8)
