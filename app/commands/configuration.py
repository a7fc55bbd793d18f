"""The settings, as the commands read them."""

from __future__ import annotations

import click
from pydantic import ValidationError

from app.access.gate import Gate
from app.net.policy import SourcePolicy
from app.settings import Settings


def read_settings() -> Settings:
    """Read the settings, or stop with one line per wrong one."""
    try:
        settings = Settings()
        SourcePolicy.from_settings(settings)
        Gate.from_settings(settings)
        if settings.tms_folder is not None:
            from app.api.matrix_sets import MatrixSets  # noqa: PLC0415 -- only then: it takes as long as all the rest

            MatrixSets.from_settings(settings)
    except ValidationError as err:
        wrong = "\n".join(f"  SWATH_{str(e['loc'][0]).upper()}: {e['msg']}" for e in err.errors() if e["loc"])
        raise click.ClickException(f"Settings that cannot be used:\n{wrong}") from err
    except ValueError as err:  # a broken TOML file, or a host or prefix that is none
        raise click.ClickException(f"Settings that cannot be used:\n  {err}") from err
    return settings
