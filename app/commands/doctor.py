"""``swath doctor``: is anything wrong with this installation, its settings, its way to the data?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from app.commands.asked import read_asked
from app.commands.configuration import read_settings
from app.commands.findings import Finding, State, look_at_caches, look_at_machine, look_at_settings, look_at_source
from app.commands.inside import run_inside
from app.read.opener import configure_gdal
from app.runtime import Runtime


@click.command("doctor")
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Tell it as JSON.")
def command(urls: tuple[str, ...], as_json: bool) -> None:
    """Look for what is wrong: versions, settings in force, folders; and whether each URL can be read.

    URLs are STAC items or GeoTIFFs. Exits 1 when something is wrong.
    """
    configure_gdal()
    settings = read_settings()
    found = [*look_at_machine(settings), *look_at_settings(settings), *look_at_caches(settings)]
    found += [_look_at(url) for url in urls]
    click.echo(json.dumps([asdict(each) for each in found], indent=2) if as_json else _written(found))
    sys.exit(any(each.state is State.WRONG for each in found))


def _look_at(url: str) -> Finding:
    asked = read_asked(url, None, (), ())

    async def story(rt: Runtime) -> Finding:
        return await look_at_source(rt, asked.dataset)

    return run_inside(asked.settings, story)


def _written(found: list[Finding]) -> str:
    width = max(len(each.what) for each in found)
    return "\n".join(f"{each.state.value:5}  {each.what:{width}}  {each.told}" for each in found)
