"""MBTiles 1.3: tiles in a database of sqlite."""

from __future__ import annotations

import html
import sqlite3
from contextlib import closing
from pathlib import Path

from pmtiles.tile import tileid_to_zxy

from app.export.tiles import About
from app.export.work import WorkFile
from app.model.request import Format

MBTILES_FORMATS = {Format.PNG: "png", Format.JPEG: "jpg", Format.WEBP: "webp"}
"""Those that the specification names."""
SCHEMA = """
PRAGMA application_id = 0x4d504258;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE metadata (name text, value text);
CREATE TABLE map (zoom_level integer, tile_column integer, tile_row integer, tile_id text);
CREATE TABLE images (tile_id text, tile_data blob);
CREATE UNIQUE INDEX map_index ON map (zoom_level, tile_column, tile_row);
CREATE UNIQUE INDEX images_id ON images (tile_id);
CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id);
"""
"""Equal tiles are kept once, so ``tiles`` is a view, as the specification allows. A file that is not finished is thrown
away: it needs no journal."""


def write_mbtiles(work: WorkFile, about: About, path: Path) -> None:
    """Write all tiles; rows count from the south, as in TMS."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO metadata VALUES (?, ?)", _metadata(about).items())
        for number, digest, _ in work.digests():
            zoom, column, row = tileid_to_zxy(number)
            name = digest.hex()
            db.execute("INSERT INTO map VALUES (?, ?, ?, ?)", (zoom, column, 2**zoom - 1 - row, name))
            if db.execute("SELECT 1 FROM images WHERE tile_id = ?", (name,)).fetchone() is None:
                db.execute("INSERT INTO images VALUES (?, ?)", (name, work.body(digest)))
        db.commit()


def _metadata(about: About) -> dict[str, str]:
    told = {
        "name": about.name,
        "format": MBTILES_FORMATS[about.format],
        "bounds": ",".join(f"{degrees:.9g}" for degrees in about.bounds_wgs84),
        "center": ",".join(f"{degrees:.9g}" for degrees in (*about.center_wgs84, about.minzoom)),
        "minzoom": str(about.minzoom),
        "maxzoom": str(about.maxzoom),
        "type": about.role,
        "version": "1",
    }
    return told | ({"attribution": html.escape(about.attribution)} if about.attribution else {})
