"""Requests whose answers are documents: TileJSON, tilesets, WMTS, catalogues of the server, pages."""

from __future__ import annotations

from benchmarks.parity.case import Case, Group
from benchmarks.parity.places import B04, CLASSES, COUNTS, DEM, HEIGHTS, LANDCOVER, MADE, PHOTO, RGB, SCENE

SETS = ("CDB1GlobalGrid", "CanadianNAD83_LCC", "EuropeanETRS89_LAEAQuad", "GNOSISGlobalGrid", "LINZAntarticaMapTilegrid",
        "NZTM2000Quad", "UPSAntarcticWGS84Quad", "UPSArcticWGS84Quad", "UTM31WGS84Quad", "WGS1984Quad",
        "WebMercatorQuad", "WorldCRS84Quad", "WorldMercatorWGS84Quad")  # fmt: skip
NEAR = ("EuropeanETRS89_LAEAQuad", "WGS1984Quad", "WebMercatorQuad", "WorldCRS84Quad", "WorldMercatorWGS84Quad")
PAGE = "text/html"


def tilejsons() -> list[Case]:
    """TileJSON of rasters and items, in tile matrix sets, with every option."""
    group = Group(name="TileJSON")
    path = "WebMercatorQuad/tilejson.json"
    cases = [group.cog(path, file) for file in (COUNTS, RGB, CLASSES, HEIGHTS, B04, DEM, PHOTO, LANDCOVER)]
    cases += [group.cog(f"{name}/tilejson.json", B04) for name in NEAR if name != "WebMercatorQuad"]
    cases += [group.cog(path, B04, **how) for how in (
        {"tilesize": 256}, {"minzoom": 4, "maxzoom": 9}, {"tile_format": "png"}, {"rescale": "0,3000"},
        {"colormap_name": "viridis", "rescale": "0,3000"}, {"bidx": [1]}, {"expression": "b1*2"}, {"nodata": 0},
        {"algorithm": "hillshade"}, {"buffer": 2}, {"return_mask": False},
    )]  # fmt: skip
    cases += [group.stac(path, SCENE, assets=["B04", "B03", "B02"], **how)
              for how in ({}, {"rescale": "0,3000"}, {"minzoom": 8, "maxzoom": 14, "tile_format": "webp"})]  # fmt: skip
    cases += [group.stac(path, SCENE, assets=["B08", "B04"], expression="(b1-b2)/(b1+b2)")]
    cases += [group.stac(path, MADE, assets=["counts|bidx=1"])]
    return cases


def tilesets() -> list[Case]:
    """OGC API Tiles and WMTS."""
    group = Group(name="tilesets and WMTS")
    cases = [group.cog("tiles", B04), group.stac("tiles", SCENE, assets="B04"), group.cog("tiles", COUNTS, f="json")]
    cases += [group.cog(f"tiles/{name}", B04) for name in NEAR]
    cases += [group.cog("tiles/WebMercatorQuad", B04, minzoom=5, maxzoom=8)]
    cases += [group.stac("tiles/WebMercatorQuad", SCENE, assets="B04")]
    cases += [group.cog(f"tiles{rest}", B04, ACCEPT=PAGE) for rest in ("", "/WebMercatorQuad")]
    cases += [group.cog("WMTSCapabilities.xml", B04, **how)
              for how in ({}, {"tile_format": "jpg"}, {"use_epsg": True}, {"zooms": "WebMercatorQuad::6,9"})]  # fmt: skip
    cases += [group.stac("WMTSCapabilities.xml", MADE), group.stac("WMTSCapabilities.xml", SCENE, assets=["B04"])]
    return cases


def catalogues() -> list[Case]:
    """What the server has: tile matrix sets, algorithms, colormaps, conformance, its description."""
    group = Group(name="catalogues of the server")
    lists = ("/tileMatrixSets", "/algorithms", "/colorMaps", "/conformance", "/")
    cases = [group.root(path, f="json") for path in lists]
    cases += [group.root(path, ACCEPT=PAGE) for path in lists]
    cases += [group.root(f"/tileMatrixSets/{name}") for name in SETS]
    cases += [
        group.root(f"/algorithms/{name}") for name in ("hillshade", "contours", "normalizedIndex", "cast", "terrainrgb")
    ]
    cases += [group.root(f"/colorMaps/{name}") for name in ("viridis", "cfastie", "tab20")]
    cases += [group.root("/colorMaps/viridis", f="png", **how)
              for how in ({}, {"orientation": "vertical"}, {"width": 100, "height": 10})]  # fmt: skip
    cases += [group.root("/healthz"), group.root("/api"), group.root("/api.html")]
    return cases


def pages() -> list[Case]:
    """Pages for people."""
    group = Group(name="pages")
    cases = [group.cog("WebMercatorQuad/map.html", B04, ACCEPT=PAGE), group.cog("viewer", B04, ACCEPT=PAGE)]
    return [
        *cases,
        group.stac("WebMercatorQuad/map.html", SCENE, assets=["B04"], ACCEPT=PAGE),
        group.stac("viewer", None, ACCEPT=PAGE),
    ]


def others() -> list[Case]:
    """A room of TiTiler that Swath does not have."""
    group = Group(name="other rooms")
    return [group.root(path, url="{files}/made/mosaic.json") for path in ("/mosaicjson/", "/mosaicjson/info")]


def documents() -> list[Case]:
    """All of them."""
    return [*tilejsons(), *tilesets(), *catalogues(), *pages(), *others()]
