"""``swath export``: a COG, PMTiles or MBTiles of an area, which may be larger than any answer."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click
from morecantile import Tile

from app.api.dialect import CROP, EMPTY, FORMAT, TILE, TMS, Parameter
from app.api.matrix_sets import WEB_MERCATOR, ZOOM_MAX, MatrixSets
from app.api.params import WGS84, parse_bounds, parse_crs, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import merge_render
from app.api.routers.crops import frame_around, frame_of_whole, read_size
from app.api.tiles import read_tile_options, tile_frame
from app.commands.asked import Asked, dataset_arguments, read_asked
from app.commands.inside import run_inside
from app.commands.output import require_new
from app.export.mbtiles import MBTILES_FORMATS, write_mbtiles
from app.export.pmtiles import PMTILES_TYPES, write_pmtiles
from app.export.raster import export_of_raster
from app.export.story import Export, export, work_path
from app.export.tiles import Assemble, export_of_tiles
from app.model.grid import Frame
from app.model.request import Format, ImageRequest
from app.pipeline.tilesets import WantedSet
from app.runtime import Runtime

RASTER_ENDINGS = (".tif", ".tiff")
ARCHIVES: dict[str, tuple[Assemble, tuple[Format, ...]]] = {
    ".pmtiles": (write_pmtiles, tuple(PMTILES_TYPES)),
    ".mbtiles": (write_mbtiles, tuple(MBTILES_FORMATS)),
}
"""What writes archives of that ending, and the formats of tiles that they may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is exported, besides the dataset and how it is shown.

    Attributes:
        bbox: ``minx,miny,maxx,maxy``; None: the whole dataset.
        zooms: Lowest and highest, of tiles; None: those of the data.
        compress: Of a COG.
    """

    output: Path
    bbox: str | None
    zooms: str | None
    compress: str

    @property
    def is_raster(self) -> bool:
        """Whether it is a COG."""
        return self.output.suffix.lower() in RASTER_ENDINGS

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the route that makes such a picture, but for what the archive decides."""
        if self.is_raster:
            return tuple(each for each in CROP if each is not FORMAT)
        return tuple(each for each in TILE if each not in (TMS, EMPTY))


@click.command("export")
@dataset_arguments
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="x.tif, x.pmtiles or x.mbtiles.")
@click.option("--bbox", help="Area: minx,miny,maxx,maxy in degrees (of a COG also in coord_crs=); all unless given.")
@click.option("--zooms", help="Zooms of tiles: 8-14 or 12; those of the data unless given.")
@click.option("--compress", default="deflate", type=click.Choice(["deflate", "zstd"]), help="Of a COG.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def command(
    *,
    url: str,
    parameters: tuple[str, ...],
    kind: str | None,
    output: Path,
    bbox: str | None,
    zooms: str | None,
    compress: str,
    overwrite: bool,
) -> None:
    """Write an area of URL as a COG, or as tiles in PMTiles or MBTiles; by the ending of the file.

    Parameters are those of the HTTP routes for crops and tiles: assets=visual format=webp. What is done is kept in a
    file .part beside the output: after Ctrl-C or a failure the same command goes on, and the file is the same.
    """
    wanted = Wanted(output=output, bbox=bbox, zooms=zooms, compress=compress)
    _require_known(wanted)
    asked = read_asked(url, kind, parameters, wanted.parameters)
    require_new(output, overwrite=overwrite)

    async def story(rt: Runtime) -> None:
        job = await _job(rt, asked, wanted)
        hidden = not sys.stderr.isatty()
        with click.progressbar(length=job.count, label=output.name, file=sys.stderr, hidden=hidden) as bar:
            await export(rt, job, output, bar.update)

    told = f"Stopped. {work_path(output).name} keeps what is done: the same command goes on, to the same file."
    # Each piece is drawn once: to remember answers would only take memory.
    run_inside(asked.settings.model_copy(update={"cache_answers_mb": 0}), story, stopped=told)


def _require_known(wanted: Wanted) -> None:
    if wanted.is_raster:
        if wanted.zooms:
            raise click.UsageError("--zooms is for tiles; a COG has a size: dst_crs=EPSG:3857 max_size=8192.")
    elif wanted.output.suffix.lower() not in ARCHIVES:
        raise click.UsageError(f"{wanted.output.name} ends in none of .tif, {', '.join(ARCHIVES)}.")


async def _job(rt: Runtime, asked: Asked, wanted: Wanted) -> Export:
    query = await merge_render(rt, asked.dataset, asked.query)
    req = ImageRequest(
        dataset=asked.dataset,
        selection=parse_selection(query),
        frame=_frame(query, wanted) if wanted.is_raster else Frame(max_size=1),
        style=parse_style(query),
    )
    if wanted.is_raster:
        return await export_of_raster(rt, req, wanted.compress)
    return await _job_of_tiles(rt, req, query, wanted)


def _frame(query: Query, wanted: Wanted) -> Frame:
    """The area of a COG, at the data's own resolution unless a size is given."""
    width, height, _ = read_size(query, None)
    if wanted.bbox is None:
        return frame_of_whole(query, (width, height), None)
    crs = parse_crs(query, "coord_crs") or WGS84
    return frame_around(query, parse_bounds(wanted.bbox, crs), crs, (width, height), None)


async def _job_of_tiles(rt: Runtime, req: ImageRequest, query: Query, wanted: Wanted) -> Export:
    assemble, formats = ARCHIVES[wanted.output.suffix.lower()]
    name = query.choice("format", tuple(each.value for each in formats)) or Format.PNG.value
    tms = MatrixSets.from_settings(rt.settings).find(WEB_MERCATOR)  # the only one that these archives know
    options = read_tile_options(query, rt.settings, None, name)
    low, high = _zooms(wanted.zooms)

    def frame_of(tile: Tile) -> Frame:
        return tile_frame(tms, (str(tile.z), str(tile.x), str(tile.y)), options)

    return await export_of_tiles(
        rt,
        replace(req, format=options.format),
        WantedSet(tms=tms, minzoom=low, maxzoom=high),
        bounds_wgs84=parse_bounds(wanted.bbox) if wanted.bbox else None,
        frame_of=frame_of,
        assemble=assemble,
    )


def _zooms(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", text)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not low <= high <= ZOOM_MAX:
        raise click.BadParameter(f"{text!r} is not zooms such as 8-14 or 12, 0 to {ZOOM_MAX}", param_hint="--zooms")
    return low, high
