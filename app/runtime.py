"""What a request borrows: built once at start, closed at shutdown."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cachetools import LRUCache, TTLCache

from app.cache.flight import Collapse
from app.cache.memory import MemoryCache
from app.cache.shelf import Shelf
from app.compute.statistics import Measured
from app.limits.admission import Admission
from app.limits.limits import Limits
from app.limits.workers import Workers
from app.model.grid import Grid
from app.model.raster import Rendered, Unchanged
from app.model.request import Ranges
from app.model.search import id_of
from app.model.source import Header
from app.net.budget import MIB
from app.net.client import GuardedClient
from app.net.location import Locator
from app.net.policy import SourcePolicy
from app.net.remote import HEAD_TTL_S
from app.net.store import ByteStore
from app.plan.reads import forget_plans
from app.plan.tiling import Tileset
from app.read.cog.blocks import Blocks
from app.read.cog.driver import CogReader
from app.read.cog.files import Files
from app.read.gdal import GdalReader
from app.read.reader import Reader
from app.read.threads import GdalThreads
from app.sample.catalogue import SampleCatalogue
from app.settings import Settings
from app.stac.resolver import Resolver
from app.stac.search.find import Finder
from app.stac.search.found import Found

RANGES_MAX = 1024
"""Measured ranges remembered: one for each way to show a scene."""

MOSAICS_MAX = 4096
"""Names of pictures of many scenes: some hundred bytes each."""

TILESETS_MAX = 1024
"""Limits of tilesets remembered: one for each selection of files and tile matrix set."""

ANSWER_BYTES = 1024
"""What an answer takes in memory besides its body."""

OVERDUE_S = 10
"""A thread that is still at work so long after any deadline will probably not come back."""

LARGE_PIXELS = 1024 * 1024
"""Answers of more pixels take a tenth of a second and more."""


@dataclass(slots=True, kw_only=True)
class Runtime:
    """The parts of one server process.

    Attributes:
        searches: Canonical texts of searches by their ids, shared by the workers.
        found: What searches found, by their id and the base URL of this server.
        own_folder: Is removed at the end, or None.
        sample: The sample catalogue, or None when it is not served.
        workers: Where arrays are worked on.
        patient: The same for those that take long, so that no tile waits for them.
        admission: Who may read pixels now.
        collapse: Equal pictures that are being made.
        answers: Finished pictures and arrays by name; a name is never given to other bytes, so they do not age.
        mosaics: What was answered to a wish for a picture of many scenes, as long as its search is taken as whole.
        ranges: What ``rescale=auto`` found, by name of plan and percentiles.
        tilesets: The tiles that have something to show, by tile matrix set and headers; None: there are none.
        measuring: Equal ranges that are being found.
        counting: Equal statistics that are being counted.
        ready: False before the first request may come, and while draining.
        full: So little memory is left that requests should go elsewhere.
    """

    settings: Settings
    resolver: Resolver
    finder: Finder
    searches: Shelf
    found: MemoryCache[tuple[str, str], Found]
    own_folder: Path | None
    reader: Reader
    answers: MemoryCache[str, Rendered]
    collapse: Collapse[str, Rendered]
    mosaics: TTLCache[str, Unchanged]
    ranges: LRUCache[str, Ranges]
    tilesets: LRUCache[tuple[str, tuple[Header, ...]], Tileset | None]
    measuring: Collapse[str, Ranges]
    counting: Collapse[str, Measured]
    limits: Limits
    admission: Admission
    workers: Workers
    patient: Workers
    store: ByteStore
    gdal_threads: GdalThreads
    sample: SampleCatalogue | None
    ready: bool = False
    full: bool = False

    def workers_for(self, grid: Grid) -> Workers:
        """Where to make a picture or array of this size."""
        return self.workers if grid.width * grid.height <= LARGE_PIXELS else self.patient

    def lost_share(self) -> float:
        """Share of the threads of a pool, of the one that has lost most, that are long overdue."""
        after_s = max(self.settings.tile_deadline_s, self.settings.crop_deadline_s) + OVERDUE_S
        return max(pool.lost_share(after_s) for pool in (self.workers, self.patient, self.gdal_threads))

    def clear_caches(self) -> None:
        """Drop all that is only kept to be quick."""
        self.answers.clear()
        self.mosaics.clear()
        self.ranges.clear()
        self.tilesets.clear()
        self.resolver.clear()
        self.finder.clear()
        self.found.clear()
        self.reader.clear()
        self.store.clear()
        forget_plans()

    async def aclose(self) -> None:
        """Stop the pools and close every connection."""
        self.ready = False
        await self.store.aclose()
        self.workers.close()
        self.patient.close()
        self.gdal_threads.close()
        self.searches.close()
        if self.own_folder is not None:
            shutil.rmtree(self.own_folder, ignore_errors=True)


def fast_reader(settings: Settings, store: ByteStore, general: Reader, workers: Workers, patient: Workers) -> CogReader:
    """Make the fast driver, with its caches, in front of the general one."""
    files = Files(store, general, max_bytes=settings.cache_headers_mb * MIB, ttl_s=HEAD_TTL_S)
    return CogReader(store, general, files, Blocks(settings.cache_blocks_mb * MIB, workers), patient)


def build_runtime(settings: Settings) -> Runtime:
    """Put the parts of a process together; opens no socket and reads no pixel."""
    sample = SampleCatalogue.from_settings(settings) if settings.sample else None
    policy = SourcePolicy.from_settings(settings)
    locator = Locator(policy, settings.data_root, sample.locate if sample else None)
    store = ByteStore(GuardedClient(policy, settings), settings)
    gdal_threads = GdalThreads(settings.queue_max_s)
    # One thread: numpy and Python take turns anyway, and more cores are used by more processes.
    workers = Workers(1, "cpu", settings.queue_max_s)
    patient = Workers(1, "patient", settings.queue_max_s)
    own_folder = None if settings.search_dir else Path(tempfile.mkdtemp(prefix="swath-searches-"))
    searches = Shelf(
        settings.search_dir or own_folder or Path(),
        id_of,
        texts_max=settings.search_kept_max,
        bytes_max=settings.search_kept_mb * MIB,
    )
    general = GdalReader(store, gdal_threads, pixels_max=settings.source_pixels_max)
    return Runtime(
        settings=settings,
        resolver=Resolver(locator, store, settings),
        finder=Finder(locator, store, settings, sample),
        searches=searches,
        found=MemoryCache(
            max_bytes=settings.cache_searches_mb * MIB,
            size_of=lambda found: found.size_bytes,
            ttl_s=settings.cache_searches_ttl_s,
            name="searches",
        ),
        own_folder=own_folder,
        reader=general if settings.driver == "gdal" else fast_reader(settings, store, general, workers, patient),
        answers=MemoryCache(
            max_bytes=settings.cache_answers_mb * MIB,
            size_of=lambda answer: len(answer.body) + ANSWER_BYTES,
            ttl_s=math.inf,
            largest_share=1 / 16,
        ),
        collapse=Collapse(),
        mosaics=TTLCache(MOSAICS_MAX, settings.cache_searches_ttl_s),
        ranges=LRUCache(RANGES_MAX),
        tilesets=LRUCache(TILESETS_MAX),
        measuring=Collapse(),
        counting=Collapse(),
        limits=Limits(settings),
        admission=Admission(settings.requests_max, settings.queue_max_s),
        workers=workers,
        patient=patient,
        store=store,
        gdal_threads=gdal_threads,
        sample=sample,
    )
