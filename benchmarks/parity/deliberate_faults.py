"""Differences in what is refused that are meant."""

from __future__ import annotations

from benchmarks.parity.difference import Deliberate

FAULTS = {
    "outside": Deliberate(
        title="Outside of the data",
        why="A box or shape that meets no data is a 404 that tells where the data are, as a tile is in both "
        "servers; TiTiler answers an empty picture, or statistics of nothing.",
        covers=("status",),
        where=r"/bbox/0,0,1,1|statistics|feature",
        told="200 and 404",
    ),
    "no-area": Deliberate(
        title="Shapes without an area",
        why="Points and lines have none: 422. TiTiler answers numbers of the pixels that they touch, or fails.",
        covers=("status",),
        where="Feature, (Point|LineString)",
        told="200 and 422",
    ),
    "nothing-asked": Deliberate(
        title="Empty collections",
        why="A FeatureCollection without features asks for nothing: 400.",
        covers=("status",),
        where="FeatureCollection",
        told="200 and 400",
    ),
    "refused": Deliberate(
        title="Values that mean nothing",
        why="Sizes below 1, boxes from right to left, percentiles below 0, a `rescale` of `nan`, empty "
        "expressions and unknown options of assets are refused with a sentence; TiTiler guesses.",
        covers=("status",),
        where=r"(max_size|width)=(0|-1)|/0x0|/1,1,0,0|p=-1|nan,1|;;|nothing=1",
        told="200 and (400|422)",
    ),
    "promises": Deliberate(
        title="TileJSON that holds",
        why="An asset that is not there is an error in TileJSON, not later on the map.",
        covers=("status",),
        where=r"tilejson\.json.*assets=none",
        told="200 and 404",
    ),
    "empty-values": Deliberate(
        title="Empty values",
        why="A parameter with an empty value is one that is not given, as old clients write it.",
        covers=("status",),
        where="dst_crs=$",
        told="422 and 200",
    ),
    "no-format": Deliberate(
        title="Boxes without a format",
        why="A format may be left out of `/bbox`, as it may be of tiles and previews.",
        covers=("status",),
        where=r"/bbox/[0-9.,]+\?",
        told="422 and 200",
    ),
    "head": Deliberate(
        title="HEAD",
        why="Routes that answer GET answer HEAD; TiTiler has 405.",
        covers=("status",),
        where="^HEAD",
        told="405 and 200",
    ),
}
