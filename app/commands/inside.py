"""Run a story of the server in this process, and end with a sentence whatever happens."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import os
import signal
import sqlite3
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import NoReturn, TypeVar

import click
from rasterio.errors import NotGeoreferencedWarning

from app.errors import SwathError
from app.observe.log import configure_logging, drain_log
from app.read.opener import configure_gdal, gdal_environment
from app.runtime import Runtime, build_runtime
from app.settings import Settings

T = TypeVar("T")
log = logging.getLogger("swath")

INTERRUPTED = 130
"""Exit code of what Ctrl-C ended, as shells have it: 128 and the number of the signal."""
ALONE = {"queue_max_s": 3600.0, "cache_searches_ttl_s": math.inf}
"""Nobody else waits for this process, so its own steps may wait for each other; and what it begins with the scenes of a
search, it ends with the same ones."""


def run_inside(settings: Settings, story: Callable[[Runtime], Awaitable[T]], *, stopped: str = "Stopped.") -> T:
    """Run a story with a runtime of its own.

    Args:
        stopped: Said when Ctrl-C, or SIGTERM, ends it.

    Raises:
        ClickException: It failed; one sentence says why.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return asyncio.run(_run(settings.model_copy(update=ALONE), story))
    except KeyboardInterrupt:
        leave(stopped)
    except click.ClickException:
        raise
    except SwathError as err:
        raise click.ClickException(err.detail) from err
    except sqlite3.Error as err:
        raise click.ClickException(f"The file cannot be written: {err}.") from err
    except OSError as err:
        raise click.ClickException(f"{err.filename or 'The file'}: {err.strerror or type(err).__name__}.") from err
    except Exception as err:
        log.debug("a bug", exc_info=err)
        drain_log()
        told = f"This is a mistake of Swath's own ({type(err).__name__}); SWATH_LOG_LEVEL=debug shows where it is."
        raise click.ClickException(told) from err
    finally:
        signal.signal(signal.SIGTERM, before)


def leave(told: str) -> NoReturn:
    """End now: Python would wait for threads that are still at work, whose result nobody wants."""
    click.echo(f"\n{told}", err=True)
    os._exit(INTERRUPTED)


async def _run(settings: Settings, story: Callable[[Runtime], Awaitable[T]]) -> T:
    async with _opened(settings) as rt:
        return await story(rt)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Runtime]:
    """Hold a runtime open, with what the server sets up around its own."""
    gc.enable()  # ``app.cli`` has switched it off for the start
    configure_logging("off", "debug" if settings.log_level == "debug" else "error")
    configure_gdal()
    warnings.filterwarnings("ignore", module="rio_tiler")
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    rt = build_runtime(settings)
    try:
        if rt.sample is not None:
            await rt.workers.run(rt.sample.ensure)
        with gdal_environment():
            yield rt
    finally:
        await rt.aclose()
