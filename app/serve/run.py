"""Run the server: its supervisor here, and workers."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from app.serve.address import Address
from app.settings import Settings

SEARCH_FOLDER = "SWATH_SEARCH_DIR"
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers keep their counters, so that each can tell those of all (``app.observe.metrics``)."""


def serve(address: Address, workers: int) -> int:
    """Serve until a signal ends it; gives the exit status."""
    with TemporaryDirectory(prefix="swath-") as folder:
        os.environ[METRICS_FOLDER] = str(_made(folder, "metrics"))
        if Settings().search_dir is None:  # a search that one worker was told of is known to all
            os.environ[SEARCH_FOLDER] = str(_made(folder, "searches"))
        # Only now: numbers are shared when their folder is known. And only once: workers are forks, which have it all,
        # and nothing of it starts a thread before the server runs.
        from app.observe.metrics import forget_process  # noqa: PLC0415
        from app.serve.drain import Drain  # noqa: PLC0415
        from app.serve.supervisor import Supervisor  # noqa: PLC0415
        from app.serve.work import work  # noqa: PLC0415

        forget_process(os.getpid())  # it serves nothing: gauges are those of workers
        return Supervisor(partial(work, address), workers, Drain.from_settings(Settings()).hard_stop_s).run()


def _made(folder: str, name: str) -> Path:
    inner = Path(folder, name)
    inner.mkdir(mode=0o700)
    return inner
