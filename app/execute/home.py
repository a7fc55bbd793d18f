"""A worker at work: a runtime, with an event loop in a thread of its own, that works parcels off."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import tempfile
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from rasterio.errors import NotGeoreferencedWarning

from app import __version__
from app.cache.flight import together
from app.execute.parcel import Outcome, Parcel, Work
from app.read.opener import configure_gdal, gdal_environment
from app.runtime import Runtime, build_runtime
from app.settings import Settings

log = logging.getLogger("swath")

PATIENCE_S = 3600.0
"""Nobody waits for one scene alone, so it may stand in line behind others."""

BLOCKS_MB = 32.0
"""A scene is read once: what it has decoded is of no use to the next."""


class Home:
    """Works parcels off, several at the same time; used from any thread.

    Args:
        settings: As they were sent.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = as_worker(settings)
        self._ready: Future[tuple[Runtime, asyncio.AbstractEventLoop, contextvars.Context]] = Future()
        threading.Thread(target=self._turn, name="swath-home", daemon=True).start()

    def submit(self, parcel: Parcel) -> Future[Sequence[Outcome]]:
        """Begin to work a parcel off."""
        rt, loop, context = self._ready.result()
        # Its tasks descend from the context in which GDAL was made ready.
        return context.copy().run(asyncio.run_coroutine_threadsafe, _work_off(rt, parcel), loop)

    def _turn(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:
            self._ready.set_exception(error)
            raise

    async def _live(self) -> None:
        configure_gdal()
        warnings.filterwarnings("ignore", module="rio_tiler")  # as in the server
        warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
        rt = build_runtime(self._settings)
        if rt.sample is not None:
            await rt.workers.run(rt.sample.ensure)
        with gdal_environment():
            self._ready.set_result((rt, asyncio.get_running_loop(), contextvars.copy_context()))
            await asyncio.Event().wait()  # as long as the process lives


def as_worker(settings: Settings) -> Settings:
    """The same guards and limits, with little kept, for a process that serves nobody."""
    return settings.model_copy(
        update={
            "queue_max_s": PATIENCE_S,
            "cache_answers_mb": 0,
            "cache_blocks_mb": min(settings.cache_blocks_mb, BLOCKS_MB),
            "search_dir": Path(tempfile.gettempdir()),  # no search is registered here, and none is kept
        }
    )


_homes: dict[str, Home] = {}
_lock = threading.Lock()


def home_of(settings: Settings) -> Home:
    """Give the home of this process for these settings, and make it when it is not there.

    A worker of a cluster is nobody's: it is met only through the functions that are called in it.
    """
    with _lock:
        name = settings.model_dump_json()
        if name not in _homes:
            _homes[name] = Home(settings)
        return _homes[name]


def work_off(parcel: Parcel) -> Sequence[Outcome]:
    """Work a parcel off; waits for it."""
    if parcel.version != __version__:
        told = f"The worker has Swath {__version__}, and {parcel.version} is what asks: install the same on both."
        return [Outcome(number=number, failure=told) for number, _ in parcel.texts]
    return home_of(parcel.settings).submit(parcel).result()


async def _work_off(rt: Runtime, parcel: Parcel) -> Sequence[Outcome]:
    return await together(_outcome(rt, parcel.work, number, text) for number, text in parcel.texts)


async def _outcome(rt: Runtime, work: Work, number: int, text: str) -> Outcome:
    try:
        return Outcome(number=number, body=await work.run(rt, text))
    except Exception:  # the work answers for what can go wrong: this is a bug, of one scene
        log.exception("work on scene %s failed", number)
        return Outcome(number=number, failure="A mistake in this server; the worker's log has the traceback.")
