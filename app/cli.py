"""The command ``swath``."""

from __future__ import annotations

import gc
import os
import re
import socket
import sys
import time
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

# Imports make a hundred thousand objects that stay: looking for garbage among them takes a sixth of the start.
# ``create_app`` switches the collector on again.
gc.disable()

# One thread each for the libraries below numpy, set before it is imported: the server has its own pools, and
# OpenBLAS was seen to take 15 ms instead of 0.4 ms for a small product when every worker brought a pool along.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import click

from app import __version__
from app.access.keys import Scope, new_key
from app.access.signature import Signer, sign_url
from app.commands.configuration import read_settings
from app.commands.later import LaterGroup
from app.errors import SwathError
from app.sample.catalogue import SampleCatalogue
from app.serve import Address, cores
from app.serve import serve as run
from app.settings import Settings


@click.group(cls=LaterGroup)
@click.version_option(__version__, prog_name="swath")
def main() -> None:
    """Swath: map tiles from STAC items and cloud-optimised GeoTIFFs."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1), help="Processes; as many as there are cores unless given.")
@click.option("--sample", is_flag=True, help="Serve the sample catalogue; it is generated at the first start.")
def serve(host: str, port: int, workers: int | None, sample: bool) -> None:
    """Serve tiles until Ctrl-C."""
    settings = read_settings()
    if is_open_to_anyone(settings, host):
        click.echo(OPEN_TO_ANYONE.format(host=host), err=True)
    require_free_port(host, port)
    count = workers or settings.workers or cores()
    os.environ["SWATH_WORKERS"] = str(count)  # each has its share of a rate limit
    base = settings.public_url or f"http://{reachable(host)}:{port}"
    if sample or settings.sample:
        os.environ["SWATH_SAMPLE"] = "true"
        show_sample(prepare_sample(settings), base.rstrip("/"))
    else:
        click.echo(f"Swath {__version__} listens on {base}\nRoutes: {base}/docs")
    sys.exit(run(Address(host=host, port=port), count))


OPEN_TO_ANYONE = (
    "Warning: Swath listens on {host}, and whoever reaches it may have it read any public URL. SWATH_API_KEYS or "
    "SWATH_SIGNING_KEYS say who may ask, SWATH_ALLOW_SOURCES what is read; SWATH_PUBLIC=true says that it is meant so."
)


def is_open_to_anyone(settings: Settings, host: str) -> bool:
    """Whether nothing keeps strangers from having anything read, and that is not said to be meant."""
    guarded = settings.allow_sources or settings.signing_keys or settings.api_keys or settings.api_keys_file
    return not (guarded or settings.public or is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on that address; a name other than ``localhost`` may be any."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@main.command()
@click.argument("url")
@click.option("--expires", default="1h", show_default=True, help="How long it is valid: 90s, 30m, 12h, 7d.")
def sign(url: str, expires: str) -> None:
    """Sign URL with the first of SWATH_SIGNING_KEYS.

    With {z}/{x}/{y} in the path of a tile, one signature opens all tiles of its query.
    """
    settings = read_settings()
    if not settings.signing_keys:
        raise click.ClickException("There is nothing to sign with: set SWATH_SIGNING_KEYS as the server has it.")
    signer = Signer([secret.get_secret_value() for secret in settings.signing_keys])
    prefix = urlsplit(settings.public_url or "").path
    click.echo(sign_url(signer, url, int(time.time()) + read_duration_s(expires), prefix=prefix))


def read_duration_s(text: str) -> int:
    """Read ``90s``, ``30m``, ``12h`` or ``7d`` as seconds."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a time such as 90s, 30m, 12h or 7d", param_hint="--expires")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


@main.group()
def key() -> None:
    """API keys."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it opens; may be repeated. Everything unless given.",
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Units per minute, in place of SWATH_RATE_LIMIT.")
def new(name: str, scopes: tuple[str, ...], rate: float | None) -> None:
    """Make a key called NAME, and print it, once, and its entry for SWATH_API_KEYS or its file."""
    try:
        text, made = new_key(name, [Scope(scope) for scope in scopes], rate)
    except ValueError as err:
        raise click.BadParameter(str(err), param_hint="NAME") from err
    click.echo(f"Key    {text}\nEntry  {made.entry}")
    click.echo("Give the key to its owner: it is kept nowhere. The entry goes to the server.", err=True)


def reachable(host: str) -> str:
    """The name to type in a browser on this machine: a server on every address is also on loopback."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def require_free_port(host: str, port: int) -> None:
    """Stop with the next free port when this one is taken."""
    if is_free(host, port):
        return
    free = next((other for other in range(port + 1, min(port + 50, 65536)) if is_free(host, other)), None)
    hint = f" {free} is free: make serve PORT={free}, or swath serve --port {free}" if free else ""
    raise click.ClickException(f"Port {port} on {host} is taken, or may not be used.{hint}")


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def prepare_sample(settings: Settings) -> SampleCatalogue:
    """Generate the sample catalogue if it is not there, with a line of progress."""
    catalogue = SampleCatalogue.from_settings(settings)

    def show(done: int, total: int) -> None:
        click.echo(f"\rDrawing the sample catalogue: {done}/{total}", nl=done == total)

    try:
        catalogue.ensure(show)
    except SwathError as err:
        raise click.ClickException(err.detail) from err
    return catalogue


def show_sample(catalogue: SampleCatalogue, base: str) -> None:
    """Print where to look: the map, a tile URL for other programs, and the two lines of the 2020 notebook."""
    item = quote(f"{base}/v0/collections/{catalogue.collection_id}/items/{catalogue.showcase_id}", safe="")
    click.echo(
        f"""
  Map         {base}/
  XYZ tiles   {base}/stac/tiles/{{z}}/{{x}}/{{y}}.png?url={item}&assets=visual
  Notebook    titiler_endpoint = "{base}/"
              stac_endpoint = "{base}/v0/search"
  Routes      {base}/docs
"""
    )


if __name__ == "__main__":
    main()
