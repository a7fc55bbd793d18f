"""Differences of documents and pages that are meant."""

from __future__ import annotations

from benchmarks.parity.difference import Deliberate

DOCUMENTS = {
    "zooms": Deliberate(
        title="Zooms of items",
        why="TileJSON and tilesets of an item have the zooms found in its rasters; TiTiler says 0 to 24 whatever "
        "they are.",
        covers=("json /minzoom", "json /maxzoom", "json /center/2", "json /tileMatrixSetLimits"),
        where="/stac/",
    ),
    "poles": Deliberate(
        title="Zooms of the whole world",
        why="Rasters that reach to the poles have the `maxzoom` of their pixels: 0.01 degrees are zoom 7. Web "
        "Mercator has no end at the poles, where TiTiler looks too, and finds 4.",
        covers=("json /maxzoom",),
        where="tilejson.*(cog_world|world_10000|inverted_lat)",
    ),
    "wrapped": Deliberate(
        title="Data over the antimeridian",
        why="TileJSON knows no `bounds` that wrap around it, so they are all longitudes, and `center` is in the "
        "data; TiTiler's is on the other side of the world.",
        covers=("json /bounds/*", "json /center/0"),
        where="tilejson.*cog_dateline",
    ),
    "planets": Deliberate(
        title="Other planets",
        why="A raster of Mars has no place on a map of the earth: 424. TiTiler tells one.",
        covers=("status",),
        where="tilejson.*mars",
        told="200 and 424",
    ),
    "tilesets": Deliberate(
        title="Lists of tilesets",
        why="`/tiles` lists the tile matrix sets that reach the data, TiTiler all, with tiles that are not there. "
        "Other links and `accessConstraints` tell what is known.",
        covers=("json /tilesets", "json /links", "json /accessConstraints"),
        where=r"/tiles(/[A-Za-z0-9_]+)?\?",
    ),
    "wmts": Deliberate(
        title="WMTS of one tile matrix set",
        why="Capabilities have WebMercatorQuad, or what `tms=` names, with the zooms of the data and the layer "
        "first that was asked for; TiTiler's have all sets, also those that the data do not reach (see "
        "[standards](standards.md)).",
        covers=("xml names",),
        where="WMTSCapabilities",
    ),
    "texts": Deliberate(
        title="Names and texts",
        why="Titles and descriptions are Swath's own; the landing page and renders have other links.",
        covers=("json */title", "json /title", "json /description", "json /links", "json /renders/*/links"),
        where=r"GET /(\?f|algorithms)|renders|/tiles(/\w+)?\?",
    ),
    "conformance": Deliberate(
        title="Conformance classes",
        why="A class is named when a test shows it; those that are not: see [standards](standards.md).",
        covers=("json /conformsTo",),
        where="/conformance",
    ),
    "html": Deliberate(
        title="Documents are JSON",
        why="There is one page, at `/`; lists for programs are JSON for browsers, too. TiTiler has a page of HTML "
        "for each.",
        covers=("type",),
        told="^text/html and application/json$",
    ),
    "pages": Deliberate(
        title="Pages",
        why="`map.html` and `viewer` lead to the one page, with the dataset on its map.",
        covers=("status",),
        where=r"map\.html|/viewer",
        told="200 and 307",
    ),
    "health": Deliberate(
        title="Versions",
        why="`/healthz` tells Swath's own version, and not those of libraries.",
        covers=("json /versions*",),
        where="/healthz",
    ),
    "openapi": Deliberate(
        title="The API's description",
        why="`/api` describes Swath's routes, `/{ds}/…` for both kinds of dataset, in OpenAPI 3.1.",
        covers=("type", "json *"),
        where=r"GET /api$",
    ),
    "interval": Deliberate(
        title="Intervals above 0",
        why="`interval` of `terrainrgb` must be above 0; TiTiler divides by it.",
        covers=("json /parameters/interval/minimum",),
        where="terrainrgb",
    ),
    "ramps": Deliberate(
        title="Pictures of colormaps",
        why="A ramp narrower than 256 pixels shows some of the colours as they are; TiTiler mixes neighbours.",
        covers=("pixels",),
        where=r"colorMaps.*width=",
    ),
    "other-rooms": Deliberate(
        title="MosaicJSON and Zarr",
        why="Swath has no `/mosaicjson` and no `/zarr`.",
        covers=("status",),
        where="/mosaicjson/",
        told="200 and 404",
    ),
}
