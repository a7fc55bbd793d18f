"""``swath render``: a picture or an array without a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from app.api.dialect import CROP, PREVIEW, TILE, Parameter
from app.api.matrix_sets import WEB_MERCATOR, MatrixSets
from app.api.params import PREVIEW_SIZE, WGS84, parse_bounds, parse_crs, parse_format, parse_selection, parse_style
from app.api.query import Query
from app.api.renders import merge_render
from app.api.routers.crops import frame_around, frame_of_whole, read_size
from app.api.tiles import read_tile_options, tile_frame
from app.commands.asked import Asked, dataset_arguments, read_asked
from app.commands.inside import run_inside
from app.commands.output import STDOUT, require_new, write_whole
from app.model.grid import Frame
from app.model.raster import Rendered
from app.model.request import Format, ImageRequest
from app.pipeline.allowance import Cost, allowance
from app.pipeline.picture import render_picture
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which part is shown: a box, a tile, or with neither the whole."""

    bbox: str | None
    tile: str | None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the route that shows such a part."""
        return TILE if self.tile else CROP if self.bbox else PREVIEW


@click.command("render")
@dataset_arguments
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; - is stdout.")
@click.option("--bbox", help="Part to show: minx,miny,maxx,maxy in degrees, or in coord_crs=.")
@click.option("--tile", help="Tile to show: z/x/y of WebMercatorQuad, or of tms=.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def command(
    *,
    url: str,
    parameters: tuple[str, ...],
    kind: str | None,
    output: Path,
    bbox: str | None,
    tile: str | None,
    overwrite: bool,
) -> None:
    """Draw a picture of URL, or write its pixels as an array; by the ending of the file.

    Parameters are those of the HTTP routes: assets=B04,B03,B02 rescale=0,3000 max_size=512.
    """
    if bbox and tile:
        raise click.UsageError("--bbox and --tile cannot both be given; leave one out.")
    place = Place(bbox=bbox, tile=tile)
    asked = read_asked(url, kind, parameters, place.parameters)
    require_new(output, overwrite=overwrite)

    async def story(rt: Runtime) -> None:
        async with allowance(rt, Cost.CROP):
            write_whole(output, (await _render(rt, asked, place, output)).body)

    run_inside(asked.settings, story)


async def _render(rt: Runtime, asked: Asked, place: Place, output: Path) -> Rendered:
    query = await merge_render(rt, asked.dataset, asked.query)
    format = parse_format(query, _ending(output))
    req = ImageRequest(
        dataset=asked.dataset,
        selection=parse_selection(query),
        frame=_frame(rt, query, place, format),
        style=parse_style(query),
        format=format,
    )
    rendered = await render_picture(rt, req)
    assert isinstance(rendered, Rendered)  # nobody has an answer yet
    return rendered


def _ending(output: Path) -> str | None:
    """What the name of the file says of its format; None for standard output, of which ``format=`` says it."""
    return None if output == STDOUT else output.suffix.removeprefix(".")


def _frame(rt: Runtime, query: Query, place: Place, format: Format | None) -> Frame:
    if place.tile:
        z, x, y = _numbers(place.tile)
        tms = MatrixSets.from_settings(rt.settings).find(query.text("tms") or WEB_MERCATOR)
        options = read_tile_options(query, rt.settings, None, format.value if format else None)
        return tile_frame(tms, (z, x, y), options)
    width, height, _ = read_size(query, None)
    if place.bbox is None:
        return frame_of_whole(query, (width, height), PREVIEW_SIZE)
    crs = parse_crs(query, "coord_crs") or WGS84
    return frame_around(query, parse_bounds(place.bbox, crs), crs, (width, height), PREVIEW_SIZE)


def _numbers(tile: str) -> tuple[str, str, str]:
    words = tile.split("/")
    if len(words) != 3:
        raise click.UsageError(f"{tile!r} is not a tile; write z/x/y, such as 12/2398/1696.")
    return words[0], words[1], words[2]
