"""Where a command writes: a file that is whole or not there."""

from __future__ import annotations

import sys
from pathlib import Path

import click

STDOUT = Path("-")


def require_new(path: Path, *, overwrite: bool) -> None:
    """Stop when there is such a file already, or no folder for it."""
    if path == STDOUT:
        return
    if path.exists() and not overwrite:
        raise click.ClickException(f"{path} is there already; --overwrite replaces it.")
    if not path.parent.is_dir():
        raise click.ClickException(f"{path.parent} is not a folder.")


def write_whole(path: Path, body: bytes | memoryview) -> None:
    """Write beside the file, and move it there at the end."""
    if path == STDOUT:
        sys.stdout.buffer.write(body)
        return
    beside = path.with_name(f"{path.name}.tmp")
    try:
        beside.write_bytes(body)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
