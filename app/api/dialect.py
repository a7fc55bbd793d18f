"""Every query parameter: its name today, the names it once had, and what it means.

One table drives parsing, the notice of ignored parameters, "did you mean", OpenAPI and the docs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One query parameter; compared by identity, as each exists once.

    Attributes:
        name: As TiTiler 2.x writes it, and as the rest of the code calls it.
        help: One sentence for the docs.
        example: A value that works with the sample catalogue.
        aliases: Older or neighbouring spellings of the same thing.
        repeats: May be given more than once.
        values: The only values allowed, or empty.
        stac_only: Has a meaning for items only; a single raster has no assets.
    """

    name: str
    help: str
    example: str | None = None
    aliases: tuple[str, ...] = ()
    repeats: bool = False
    values: tuple[str, ...] = ()
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False
    stac_only: bool = False


INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
RESAMPLING = ("nearest", "bilinear", "cubic", "cubic_spline", "lanczos", "average", "mode", "gauss", "rms")
"""What GDAL knows for reading; for warping it has no gauss, and more ways to sum up many pixels."""
REPROJECTING = (*RESAMPLING[:7], "max", "min", "med", "q1", "q3", "sum", "rms")

URL = Parameter("url", "URL of a STAC item (`/stac`) or of a raster (`/cog`).", required=True)
ASSETS = Parameter(
    "assets",
    "Assets to read: keys, band names or common names; repeated, or separated by commas. "
    "`name|bidx=1,2`, `name|bands=red,nir` and `name|expression=b1*2` choose within an asset; "
    "`:all:` takes every raster.",
    "B04,B03,B02",
    repeats=True,
    stac_only=True,
)
EXPRESSION = Parameter(
    "expression",
    "Band math over asset names (`(B08-B04)/(B08+B04)`), their bands (`B08_b1`) or positions (`b1`). "
    "Several results are separated by `;` or `,`.",
    "(B08-B04)/(B08+B04)",
    aliases=("band_expression",),
)
INDEX = Parameter(
    "index",
    "Spectral indices by name, in place of `expression`: see `/indices`. The item's bands need common names.",
    "ndvi",
    repeats=True,
    stac_only=True,
)
BANDS = Parameter(
    "bands",
    "Names of bands: of the assets listed, where `assets` is given, else of any asset of the item.",
    "red,nir",
    repeats=True,
    stac_only=True,
)
BIDX = Parameter("bidx", "Band numbers, from 1; for every asset without bands of its own.", "1", repeats=True)
ASSET_BIDX = Parameter(
    "asset_bidx", "`name|1,2`: bands of one asset, as TiTiler wrote it before 2.0.", "B04|1",
    aliases=("asset_indexes",), repeats=True, stac_only=True,
)  # fmt: skip
ASSET_EXPRESSION = Parameter(
    "asset_expression",
    "`name|b1*2`: band math on one asset, as TiTiler wrote it before 2.0.",
    "B04|b1*2",
    repeats=True,
    stac_only=True,
)
ASSET_AS_BAND = Parameter(
    "asset_as_band",
    "Accepted from TiTiler 1.x and not needed: asset names are always bands.",
    schema=BOOLEAN,
    stac_only=True,
)
NODATA = Parameter("nodata", "Value that takes the place of the file's nodata; `nan` is one.", "0")
UNSCALE = Parameter("unscale", "Apply scale and offset: the file's own, else the item's.", "true", schema=BOOLEAN)
MASK = Parameter(
    "mask",
    "Pixels to leave out, by the values of an asset: `SCL:3,8,9,10`; `SCL:keep=4,5,6` leaves out all others; "
    "`QA_PIXEL:bits=1,3,4` and `QA_PIXEL:keep_bits=6` look at bits, from 0. Of a raster `b2:0`. See masks.md.",
    "SCL:3,8,9,10",
    repeats=True,
)
RESAMPLING_METHOD = Parameter(
    "resampling", "How pixels are resampled to the output.", "bilinear",
    aliases=("resampling_method",), values=RESAMPLING,
)  # fmt: skip
REPROJECT_METHOD = Parameter(
    "reproject", "How pixels are resampled while they are warped.", "bilinear",
    aliases=("reproject_method",), values=REPROJECTING,
)  # fmt: skip
PADDING = Parameter("padding", "Pixels read around the picture and cut off again.", "2", schema=INTEGER)
BUFFER = Parameter("buffer", "Pixels added on every side, in steps of 0.5.", "0.5", schema=NUMBER)

ALGORITHM = Parameter(
    "algorithm", "What makes new bands of those read, or of the expression's results: see `/algorithms`.", "hillshade"
)
ALGORITHM_PARAMS = Parameter(
    "algorithm_params",
    "Parameters of the algorithm as a JSON object: see `/algorithms/{algorithm}`.",
    '{"azimuth": 315}',
)

RESCALE = Parameter(
    "rescale",
    "`low,high` mapped to 0..255: one pair for all bands, or one per band (repeated, flat, JSON); "
    "or `auto`, `auto:p,q`: percentiles (2 and 98) of each band over the whole dataset.",
    "0,3000",
    repeats=True,
)  # fmt: skip
COLOR_FORMULA = Parameter(
    "color_formula", "rio-color operations, separated by spaces or commas.",
    "gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35",
)  # fmt: skip
COLORMAP_NAME = Parameter("colormap_name", "Name of a colormap for one band.", "viridis", aliases=("color_map",))
COLORMAP = Parameter("colormap", "A colormap as JSON: value to colour, or a list of intervals.", '{"1": "#ff0000"}')
RETURN_MASK = Parameter("return_mask", "Add the mask (alpha channel, last plane of an array).", "true", schema=BOOLEAN)

RENDER = Parameter(
    "render",
    "A render of the item (see `/stac/renders`): it says what the query itself leaves open.",
    "ndvi",
    stac_only=True,
)

WIDTH = Parameter("width", "Columns of the picture; alone, the height keeps the aspect.", "256", schema=INTEGER)
HEIGHT = Parameter("height", "Rows of the picture; alone, the width keeps the aspect.", "256", schema=INTEGER)
MAX_SIZE = Parameter("max_size", "Longest side, when neither width nor height is given.", "1024", schema=INTEGER)
COORD_CRS = Parameter(
    "coord_crs", "CRS of the coordinates in the path or in `bbox`: `EPSG:n` or `OGC:CRS84`.", "EPSG:4326",
    aliases=("coord-crs", "bounds_crs", "bounds-crs", "bbox-crs", "bbox_crs"),
)  # fmt: skip
DST_CRS = Parameter("dst_crs", "CRS of the picture: `EPSG:n`.", "EPSG:3857", aliases=("dst-crs", "crs"))
FORMAT = Parameter("format", "Encoding, where the path has none.", "png", aliases=("f",))
DOCUMENT = Parameter("f", "Form of the document: `json`.", "json", values=("json",))
NUMBER_FORMAT = Parameter(
    "format", "Encoding of numbers: `json` or `csv`.", "csv", aliases=("f",), values=("json", "csv")
)

ORIENTATION = Parameter(
    "orientation",
    "Which way the picture of a colormap, or a legend, runs.",
    "vertical",
    values=("horizontal", "vertical"),
)

TMS = Parameter(
    "tms",
    "Tile matrix set, where the path has none.",
    "WebMercatorQuad",
    aliases=("TileMatrixSetId", "tileMatrixSetId"),
)
SCALE = Parameter(
    "scale",
    "Tiles of this times their matrix set's width (256 as a rule), 1 to 4, where the path has no `@2x`.",
    "2",
    schema=INTEGER,
)
TILESIZE = Parameter("tilesize", "Width and height of a tile in pixels.", "512", aliases=("tileSize",), schema=INTEGER)
EMPTY = Parameter(
    "empty",
    "Answer to a tile without data: a 404 problem, a `blank` picture, or `204`; `limits`: 404 outside the limits that "
    "the tileset tells, else `blank`.",
    "blank",
    values=("404", "blank", "204", "limits"),
)  # fmt: skip
MINZOOM = Parameter("minzoom", "Takes the place of the lowest zoom found in the data.", "8", schema=INTEGER)
MAXZOOM = Parameter("maxzoom", "Takes the place of the highest zoom found in the data.", "14", schema=INTEGER)
TILE_FORMAT = Parameter("tile_format", "Format written into the tile URL.", "png")
TILE_SCALE = Parameter("tile_scale", "Scale written into the tile URL, 1 to 4.", "1", schema=INTEGER)
TILE_AT = Parameter("tile", "`z/x/y` of the tile whose plan is told; without it that of a preview.", "12/2398/1696")
MATRIX_SETS = Parameter(
    "tms", "Tile matrix sets of the document, repeated or separated by commas; WebMercatorQuad unless given.",
    "WebMercatorQuad", aliases=TMS.aliases, repeats=True,
)  # fmt: skip
ZOOMS = Parameter(
    "zooms", "`set::low,high`: zooms of a tile matrix set, or of all (`*`), in place of those found in the data.",
    "WebMercatorQuad::8,14", repeats=True,
)  # fmt: skip
USE_EPSG = Parameter(
    "use_epsg", "Write `EPSG:n` for the CRS of a tile matrix set, as ArcMap reads it, not a URN.", schema=BOOLEAN
)
BBOX = Parameter("bbox", "Corners of the map: four numbers, in the order of `bbox-crs`.", "30.8,29.45,30.88,29.52")
STRICT = Parameter("strict", "Refuse unknown parameters instead of ignoring them with a note.", "true", schema=BOOLEAN)
STRICT_COG = Parameter(
    "strict", "Count warnings as errors (and refuse unknown parameters).", "true", schema=BOOLEAN
)  # fmt: skip
COMPAT = Parameter("compat", "`2020` nests the values of a point per asset, as TiTiler 0.1 did.", values=("2020",))

PERCENTILES = Parameter("p", "Percentiles, whole numbers 0 to 100 (2 and 98).", "2", repeats=True, schema=INTEGER)
CATEGORICAL = Parameter("categorical", "Count each value by itself, instead of bins.", "true", schema=BOOLEAN)
CATEGORIES = Parameter("c", "The values to count, with `categorical`; else all that occur.", "1", repeats=True)
HISTOGRAM_BINS = Parameter("histogram_bins", "How many bins of equal width (10), or their edges: `0,100,200`.", "8")
HISTOGRAM_RANGE = Parameter("histogram_range", "`low,high` of the bins; else from the lowest value on.", "0,1000")
COVER_SCALE = Parameter(
    "cover_scale",
    "Into how many cells a side a pixel is taken apart, to find how much of it a shape covers (10).",
    "10",
    schema=INTEGER,
)
PMIN = Parameter("pmin", "The lower percentile (2), as TiTiler 0.1 had it.", "2", schema=INTEGER)
PMAX = Parameter("pmax", "The upper percentile (98), as TiTiler 0.1 had it.", "98", schema=INTEGER)
SEARCH = (
    Parameter("api", "URL of a STAC API: of its landing page, its search, or one of its collections."),
    Parameter(
        "url",
        "In place of `api`: URL of a catalogue or collection, a FeatureCollection or an item, or a folder inside "
        "`SWATH_DATA_ROOT`.",
    ),
    Parameter(
        "collections",
        "Ids of collections, repeated or separated by commas.",
        "sentinel-s2-l2a-cogs",
        repeats=True,
    ),
    Parameter("ids", "Ids of items, repeated or separated by commas.", repeats=True),
    Parameter("bbox", "West, south, east, north in degrees.", "30.8,29.45,30.88,29.52"),
    Parameter("intersects", "GeoJSON geometry in degrees, in place of `bbox`."),
    Parameter("datetime", "An instant, a day, or `start/end`; `..` leaves an end open.", "2019-06-01/2019-12-31"),
    Parameter("query", 'Comparisons as JSON, as before CQL2: `{"eo:cloud_cover":{"lt":5}}`.'),
    Parameter("filter", "Comparisons in CQL2, as text or as JSON.", "eo:cloud_cover < 5"),
    Parameter(
        "filter-lang",
        "`cql2-text` or `cql2-json`; the first unless given.",
        "cql2-text",
        aliases=("filter_lang",),
        values=("cql2-text", "cql2-json"),
    ),
    Parameter(
        "sortby",
        "Properties, those from high to low with `-` before; separated by commas.",
        "-datetime",
        repeats=True,
    ),
    Parameter(
        "max_items",
        "Most scenes wanted; `SWATH_SEARCH_ITEMS_MAX` unless given.",
        "10",
        aliases=("limit",),
        schema=INTEGER,
    ),
    STRICT,
)
"""Of a search: in the query string, or as members of a JSON body."""
SEARCH_ID = Parameter("search", "Id of a search (`POST /search`), in place of one in the query.")
SERIES_FORMAT = Parameter(
    "format",
    "Encoding of the rows: `json`, `csv`, or `ndjson`: line by line, as they come.",
    "csv",
    aliases=("f",),
    values=("json", "csv", "ndjson"),
)
BY = Parameter(
    "by", "Put together what is of the same `day`, `month`, `season` or `year`.", "month",
    values=("day", "month", "season", "year"),
)  # fmt: skip
REDUCER = Parameter(
    "reducer", "How numbers are put together, with `by`; nulls do not count. The mean unless given.", "median",
    values=("mean", "median", "min", "max", "std", "sum", "count", "first", "last"),
)  # fmt: skip
ORDER = Parameter("order", "`date`: lines of `ndjson` come in the order of time, not as they are ready.", "date",
                  values=("date",))  # fmt: skip
PIXEL_SELECTION = Parameter(
    "pixel_selection",
    "Which of the values that scenes have for a pixel is shown: the `first` (unless given), `last`, `highest` or "
    "`lowest`, the `mean`, `median`, `stdev`, `count` or `percentile`, the `medoid`, or the `best`: the first that no "
    "mask hides, else the first.",
    "median",
    values=("first", "last", "best", "highest", "lowest", "mean", "median", "stdev", "count", "percentile", "medoid"),
)
PERCENTILE = Parameter(
    "percentile", "Which one, of `pixel_selection=percentile`; 0 to 100, 50 unless given.", "90", schema=NUMBER
)
TIME = Parameter(
    "time",
    "Only scenes of this day, moment or period among those that the search finds; as `datetime` is written.",
    "2019-12-05",
    aliases=("TIME", "Time"),
)
OUTPUT = Parameter(
    "output",
    "`provenance`: which scene each pixel comes from: 1 for the first of `X-Items`, 0 for none.",
    "provenance",
    values=("values", "provenance"),
)
FPS = Parameter("fps", "Frames a second, 0.2 to 30; 2 unless given.", "2", schema=NUMBER)
LABEL = Parameter("label", "`date`: write the date, or the period of `by`, on each frame.", "date", values=("date",))
FRAMES_BY = replace(BY, help="Make one frame of what is of the same `day`, `month`, `season` or `year`; of its scenes "
                    "those with fewer clouds lie above.")  # fmt: skip
MOTION_FORMAT = Parameter(
    "format", "Encoding, where the path has none: `gif`, `webp`, `apng` (or `png`), `mp4`.", "gif", aliases=("f",)
)
WMTS_KVP = (
    Parameter("SERVICE", "`WMTS`.", "WMTS"),
    Parameter("REQUEST", "`GetCapabilities` unless given, `GetTile` or `GetFeatureInfo`.", "GetCapabilities"),
    Parameter("VERSION", "Of the service: `1.0.0`."),
    Parameter("ACCEPTVERSIONS", "Versions that the caller understands."),
    Parameter("ACCEPTFORMATS", "Read by nobody: capabilities are XML."),
    Parameter("SECTIONS", "Read by nobody: capabilities are told whole."),
    Parameter("UPDATESEQUENCE", "Read by nobody: capabilities have no history."),
    Parameter("LAYER", "Identifier of a layer; the one of the query unless given."),
    Parameter("STYLE", "`default`."),
    Parameter("FORMAT", "Media type of a tile, such as `image/png`."),
    Parameter("TILEMATRIXSET", "Tile matrix set; WebMercatorQuad unless given."),
    Parameter("TILEMATRIX", "Zoom of a tile."),
    Parameter("TILEROW", "Row of a tile."),
    Parameter("TILECOL", "Column of a tile."),
    Parameter("INFOFORMAT", "Media type of the values of a pixel: `application/json` or `application/geo+json`."),
    Parameter("I", "Column of a pixel of a tile, from 0.", schema=INTEGER),
    Parameter("J", "Row of a pixel of a tile, from 0.", schema=INTEGER),
)
"""Of OGC 07-057r7; their names may be written in any case."""

ITEM = (
    Parameter("datetime", "When: a date or time, or `start/end`, in UTC unless it says otherwise; else what the file "
              "tells, else now.", "2019-07-01"),
    Parameter("extensions", "Addresses of schemas that the item follows, too.", repeats=True),
    Parameter("collection", "Id of the item's collection."),
    Parameter("collection_url", "Where the collection is; else at its id."),
    Parameter("id", "Id of the item; else the name of the file."),
    Parameter("asset_name", "Key of the raster among the item's assets; `data` unless given.", "visual"),
    Parameter("asset_roles", "Roles of the raster.", "data", repeats=True),
    Parameter("asset_media_type", "Media type of the raster; `auto`: that of a GeoTIFF.", "auto"),
    Parameter("asset_href", "Where the item says that the raster is; else at `url`, as it was asked for."),
    Parameter("with_proj", "Tell of the grid (projection extension); true unless given.", "true", schema=BOOLEAN),
    Parameter("with_raster", "Tell of values, with statistics (raster extension); true unless given.", "true",
              schema=BOOLEAN),
    Parameter("with_eo", "Name the bands (EO extension); true unless given.", "true", schema=BOOLEAN),
    Parameter("geometry_densify", "Points added to each edge of the outline, so that it can bend; 0 unless given.", "8",
              aliases=("geom_densify_pts",), schema=INTEGER),
    Parameter("geometry_precision", "Decimals of the outline's coordinates; -1, all of them, unless given.", "6",
              aliases=("geom_precision",), schema=INTEGER),
)  # fmt: skip
"""What an item of a raster says; the names are TiTiler's."""

JOB_LIST = (Parameter("limit", "Most jobs listed; 100 unless given.", "10", schema=INTEGER), STRICT)
DATASET = (URL, STRICT)
READING = (
    ASSETS, EXPRESSION, INDEX, BANDS, BIDX, ASSET_BIDX, ASSET_EXPRESSION, ASSET_AS_BAND, NODATA, UNSCALE,
    MASK, RESAMPLING_METHOD, REPROJECT_METHOD, PADDING,
)  # fmt: skip
COMPUTING = (ALGORITHM, ALGORITHM_PARAMS)
STYLING = (RESCALE, COLOR_FORMULA, COLORMAP_NAME, COLORMAP, RETURN_MASK)

TILE = (*DATASET, RENDER, *READING, *COMPUTING, *STYLING, BUFFER, SCALE, TILESIZE, TMS, FORMAT, EMPTY)
TILE_OF_SET = tuple(parameter for parameter in TILE if parameter is not TMS)
TILEJSON = (*TILE, MINZOOM, MAXZOOM, TILE_FORMAT, TILE_SCALE)
CROP = (
    *DATASET, RENDER, *READING, *COMPUTING, *STYLING, BUFFER, WIDTH, HEIGHT, MAX_SIZE, COORD_CRS, DST_CRS, FORMAT,
)  # fmt: skip
PREVIEW = (*DATASET, RENDER, *READING, *COMPUTING, *STYLING, WIDTH, HEIGHT, MAX_SIZE, DST_CRS, FORMAT)
POINT = (*DATASET, *READING, COORD_CRS, NUMBER_FORMAT, COMPAT)
TILEJSON_OF_SET = tuple(parameter for parameter in TILEJSON if parameter is not TMS)
INFO = (*DATASET, ASSETS)
VALIDATE = (URL, STRICT_COG)
AUTHOR = (*DATASET, *ITEM, MAX_SIZE)
SIZES = (WIDTH, HEIGHT, MAX_SIZE)
TALLY = (PERCENTILES, PMIN, PMAX, CATEGORICAL, CATEGORIES, HISTOGRAM_BINS, HISTOGRAM_RANGE)
STATISTICS = (*DATASET, RENDER, *READING, *COMPUTING, *SIZES, *TALLY, NUMBER_FORMAT)
SHAPE_STATISTICS = (*STATISTICS, COORD_CRS, DST_CRS, COVER_SCALE)
ASSET_STATISTICS = tuple(
    each for each in STATISTICS if each not in (RENDER, EXPRESSION, INDEX, *COMPUTING, NUMBER_FORMAT)
)
METADATA = ASSET_STATISTICS
EXPLAIN = (*TILE, TILE_AT)
LEGEND = (*TILE, ORIENTATION)
# ``f`` is the form of the document, ``format`` that of its tiles.
TILESET_LIST = (*(each for each in TILE_OF_SET if each is not FORMAT), replace(FORMAT, aliases=()), DOCUMENT)
TILESETS = (*TILESET_LIST, MINZOOM, MAXZOOM)
MOSAIC = (SEARCH_ID, TIME, PIXEL_SELECTION, PERCENTILE, OUTPUT)
"""What turns the scenes of a search into one picture."""
RESULTS = (BY, REDUCER, SERIES_FORMAT, STRICT)
SERIES = (*SEARCH, SEARCH_ID, *READING, COORD_CRS, BY, REDUCER, ORDER, SERIES_FORMAT)
SHAPE_SERIES = (*SERIES, *COMPUTING, DST_CRS, *SIZES, *TALLY, COVER_SCALE)
ANIMATION = (*SEARCH, SEARCH_ID, *READING, *COMPUTING, *(each for each in STYLING if each is not RETURN_MASK),
             WIDTH, HEIGHT, MAX_SIZE, COORD_CRS, DST_CRS, FRAMES_BY, FPS, LABEL, MOTION_FORMAT)  # fmt: skip
WMTS = (*(each for each in TILE if each not in (BUFFER, TMS, FORMAT)), MATRIX_SETS, MINZOOM, MAXZOOM, ZOOMS,
        TILE_FORMAT, TILE_SCALE, USE_EPSG)  # fmt: skip
WMTS_OF_SET = tuple(parameter for parameter in WMTS if parameter is not MATRIX_SETS)
WMTS_QUERY = (*WMTS_KVP, *WMTS)
MAP = (*DATASET, RENDER, *READING, *COMPUTING, *STYLING, BBOX, COORD_CRS, DST_CRS, *SIZES, FORMAT)

FEATURE_EXAMPLE: dict[str, Any] = {
    "type": "Feature",
    "properties": {},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[30.82, 29.46], [30.87, 29.46], [30.88, 29.5], [30.84, 29.51], [30.82, 29.46]]],
    },
}
"""A shape inside the sample's scenes."""


def documented(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Describe parameters for ``openapi_extra`` of a route."""
    return {"parameters": [_openapi(parameter) for parameter in parameters]}


def with_body(parameters: Iterable[Parameter], *kinds: str) -> dict[str, Any]:
    """Describe a route that takes GeoJSON, too: a Feature, or one of ``kinds``."""
    words = " or ".join(kinds or ("Feature",))
    content = {"schema": {"type": "object", "required": ["type"]}, "example": FEATURE_EXAMPLE}
    body = {
        "required": True,
        "description": f"A GeoJSON {words} (Polygon or MultiPolygon), in longitude and latitude or in `coord_crs`.",
        "content": dict.fromkeys(("application/geo+json", "application/json"), content),
    }
    return {**documented(parameters), "requestBody": body}


SEARCH_EXAMPLE: dict[str, Any] = {
    "collections": ["sentinel-s2-l2a-cogs"],
    "bbox": [30.8, 29.45, 30.88, 29.52],
    "datetime": "2019-01-01/2019-12-11",
    "query": {"eo:cloud_cover": {"lt": 5}},
}
"""What the notebook of 2020 searches for, but for the place of the API."""


def with_search() -> dict[str, Any]:
    """Describe a route that takes a search as its body."""
    properties = {each.name: {"description": each.help} for each in SEARCH if each is not STRICT}
    schema = {"type": "object", "properties": properties}
    content = {"application/json": {"schema": schema, "example": SEARCH_EXAMPLE}}
    told = "The body of a STAC API search that also says where (`api` or `url`), or a FeatureCollection of items."
    return {**documented((STRICT,)), "requestBody": {"required": True, "description": told, "content": content}}


def _openapi(parameter: Parameter) -> dict[str, Any]:
    schema = {**parameter.schema, **({"enum": list(parameter.values)} if parameter.values else {})}
    also = f" Also spelt {', '.join(f'`{name}`' for name in parameter.aliases)}." if parameter.aliases else ""
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.help + also,
        "schema": {"type": "array", "items": schema} if parameter.repeats else schema,
    }
    return described
