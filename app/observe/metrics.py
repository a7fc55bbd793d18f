"""Counters for Prometheus, summed over all workers of a server."""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one server keep their counters; the library looks at it when it is imported."""

MEDIA_TYPE = CONTENT_TYPE_LATEST

READS = Counter(
    "swath_reads",
    "Rasters that the fast driver read (cog), the warm-up's included, or left to the general one (gdal) because of "
    "file, overviews, projection or size.",
    ["driver", "reason"],
)


_SHARED = FOLDER_VARIABLE in os.environ


def exposition() -> bytes:
    """All counters as text."""
    if not _SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client has no types here
    return generate_latest(registry)
