"""Put the application together."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from rasterio.errors import NotGeoreferencedWarning
from starlette.types import ASGIApp

from app import __version__
from app.api.access import Access
from app.api.jobs import open_desk
from app.api.matrix_sets import MatrixSets
from app.api.middleware import Door
from app.api.problems import install_problems
from app.api.routers import (
    about,
    animations,
    authoring,
    catalogues,
    conformance,
    crops,
    docs,
    explain,
    indices,
    jobs,
    legends,
    maps,
    points,
    presets,
    renders,
    sample,
    searches,
    server,
    statistics,
    tilejson,
    tiles,
    tilesets,
    timeseries,
    wmts,
)
from app.jobs.desk import Desk
from app.observe.log import configure_logging, drain_log
from app.observe.pulse import Pulse
from app.pipeline.vitals import Vitals
from app.pipeline.warmup import warm_up
from app.read.opener import configure_gdal, gdal_environment
from app.runtime import build_runtime
from app.settings import Settings

DESCRIPTION = "Map tiles, mosaics, time series and crops from STAC items, STAC searches and cloud-optimised GeoTIFFs."


def create_app(settings: Settings | None = None, retire: Callable[[str], None] = lambda _: None) -> ASGIApp:
    """Make the ASGI application of one process.

    Args:
        settings: None: they come from the environment.
        retire: Called, with the reason, when another process should take the place of this one.
    """
    settings = settings or Settings()
    configure_logging(settings.log, settings.log_level)
    configure_gdal()
    warnings.filterwarnings("ignore", module="rio_tiler")  # notes for its authors, not for our log
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)  # a single block has no place, and needs none
    api = FastAPI(title="Swath", version=__version__, description=DESCRIPTION, lifespan=_lifespan, openapi_url=None)
    api.state.settings = settings
    api.state.retire = retire
    api.state.matrix_sets = MatrixSets.from_settings(settings)
    install_problems(api)
    for room in (
        tiles,
        tilejson,
        crops,
        points,
        about,
        statistics,
        renders,
        presets,
        authoring,
        tilesets,
        wmts,
        maps,
        animations,
        explain,
        legends,
        timeseries,
        jobs,
        searches,
        server,
        docs,
        indices,
        catalogues,
        conformance,
        sample,
    ):  # the busiest first: routes are tried in order
        api.router.routes.extend(room.router.routes)  # not included: FastAPI would match each request twice
    if not gc.isenabled():  # started by the command
        gc.freeze()
        gc.enable()
    return Door(api, Access.from_settings(settings))


@asynccontextmanager
async def _lifespan(api: FastAPI) -> AsyncIterator[None]:
    rt = build_runtime(api.state.settings)
    api.state.runtime = rt
    desk: Desk | None = None
    pulse = Pulse(Vitals(rt, api.state.retire).look)
    if rt.sample is not None:
        await rt.workers.run(rt.sample.ensure)
    try:
        with gdal_environment():
            await warm_up(rt)
            api.state.desk = desk = open_desk(rt.settings)
            rt.ready = True
            yield
    finally:
        pulse.stop()
        if desk is not None:
            await desk.aclose()
        await rt.aclose()
        drain_log()
