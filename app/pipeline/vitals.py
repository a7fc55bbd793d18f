"""How do the parts of a process stand? Looked at once a second, told to ``/metrics``, and put right."""

from __future__ import annotations

from collections.abc import Callable

from app.limits.governor import Governor
from app.net.budget import MIB
from app.observe.memory import find_memory
from app.observe.metrics import publish
from app.runtime import Runtime


class Vitals:
    """The vital signs of a process.

    Args:
        retire: Called, with the reason, when another process should take the place of this one.
    """

    def __init__(self, rt: Runtime, retire: Callable[[str], None]) -> None:
        settings = rt.settings
        limit_bytes = settings.memory_max_mb * MIB if settings.memory_max_mb else None
        self._rt = rt
        self._governor = Governor(
            find_memory(limit_bytes, settings.workers or 1),
            rt.admission,
            shed=rt.clear_caches,
            lost_share=rt.lost_share,
            retire=retire,
        )

    def look(self) -> None:
        """Mind memory and threads, and publish how things stand."""
        self._rt.full = self._governor.look()
        publish_vitals(self._rt)


def publish_vitals(rt: Runtime) -> None:
    """Publish what was counted, lengths of lines, and hosts that are left alone."""
    queues = {
        "reading": rt.admission.waiting,
        "cpu": rt.workers.waiting,
        "patient": rt.patient.waiting,
        "gdal": rt.gdal_threads.waiting,
    }
    publish(queues, rt.store.open_breakers)
