"""Differences of numbers, and of what a dataset is, that are meant."""

from __future__ import annotations

from benchmarks.parity.difference import Deliberate

NUMBERS = {
    "descriptions": Deliberate(
        title="Texts of expressions",
        why="A band that an expression made is described by the expression as it was written; TiTiler puts in "
        "names of assets.",
        covers=("json *description", "json /band_descriptions/*"),
        where="expression",
    ),
    "band-names": Deliberate(
        title="Names of bands at a point",
        why="`assets=counts|bidx=3` is called `b3`, as in `/statistics` of both servers; in `/point` TiTiler "
        "counts anew.",
        covers=("json /band_names/*",),
        where=r"/stac/point.*bidx",
    ),
    "asset-keys": Deliberate(
        title="Keys of asset statistics",
        why="`/stac/asset_statistics` calls an asset by its key; TiTiler adds its options: `counts|indexes=[2]`.",
        covers=("json /counts|*",),
        where="asset_statistics",
    ),
    "south-up": Deliberate(
        title="Rasters with south at the top",
        why="They are turned before they are read, so `bounds` are left, bottom, right, top, as of all others, "
        "and the driver is VRT; TiTiler has the north where the south belongs.",
        covers=("json /bounds/*", "json /driver", "header content-bbox"),
        where="inverted_lat",
    ),
    "geojson-crs": Deliberate(
        title="GeoJSON in degrees",
        why="`/info.geojson` is in longitude and latitude, as RFC 7946 wants GeoJSON; `crs=` is named in "
        "`X-Ignored-Params`.",
        covers=("json /bbox/*", "json /geometry/*"),
        where=r"info\.geojson.*crs=",
    ),
    "halves": Deliberate(
        title="Boxes over the antimeridian",
        why="They are two polygons, as in TiTiler, the one before the antimeridian first.",
        covers=("json /geometry/*",),
        where=r"cog_dateline",
    ),
    "all-assets": Deliberate(
        title="Info of all assets",
        why="`/stac/info` without `assets` tells of all rasters, as TiTiler 0.4 to 1.x did; today it is an error "
        "there.",
        covers=("status",),
        where=r"/stac/info\?url=[^&]*$",
        told="422 and 200",
    ),
    "jp2-assets": Deliberate(
        title="Assets that can be read",
        why="`/stac/assets` lists what this server reads, GeoTIFFs; TiTiler lists JPEG 2000 files, too.",
        covers=("json /",),
        where="/stac/assets.*v1",
    ),
    "written-items": Deliberate(
        title="Items of rasters",
        why="`/cog/stac` is GeoJSON by its media type, too. The histogram counts its buckets, which are 10, as the "
        "raster extension says, and the valid share is rounded as in `/statistics`.",
        covers=("type", "json */histogram/count", "json */statistics/valid_percent"),
        where="/cog/stac",
    ),
}
