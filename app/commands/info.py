"""``swath info``: what a raster or an item is, as ``/info`` answers it."""

from __future__ import annotations

import json
from typing import Any

import click

from app.api.dialect import INFO
from app.api.params import parse_selection
from app.commands.asked import dataset_arguments, read_asked
from app.commands.inside import run_inside
from app.pipeline.about import describe
from app.pipeline.allowance import Cost, allowance
from app.runtime import Runtime


@click.command("info")
@dataset_arguments
def command(url: str, parameters: tuple[str, ...], kind: str | None) -> None:
    """Describe URL as JSON: CRS, size, bands, nodata, overviews; of an item, each asset.

    URL is a STAC item or a GeoTIFF, on the web or a file here; assets=B04,B03 chooses among those of an item.
    """
    asked = read_asked(url, kind, parameters, INFO)

    async def story(rt: Runtime) -> dict[str, Any]:
        async with allowance(rt, Cost.TILE):
            return await describe(rt, asked.dataset, parse_selection(asked.query))

    click.echo(json.dumps(run_inside(asked.settings, story), indent=2))
