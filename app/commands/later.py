"""A group whose commands are imported when they are asked for: ``swath serve`` starts without them."""

from __future__ import annotations

from importlib import import_module

import click

LATER = ("doctor", "export", "info", "render", "timeseries")
"""Modules of ``app.commands``; each has a ``command`` of its own name."""


class LaterGroup(click.Group):
    """The commands of the group itself, and those of ``LATER``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all."""
        return sorted([*super().list_commands(ctx), *LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find one by its name."""
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(f"app.commands.{cmd_name}").command
        return found
