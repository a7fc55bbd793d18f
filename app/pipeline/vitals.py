"""How do the parts of a process stand? Told once a second, for ``/metrics``."""

from __future__ import annotations

from app.observe.metrics import publish
from app.runtime import Runtime


def publish_vitals(rt: Runtime) -> None:
    """Publish what was counted, lengths of lines, and hosts that are left alone."""
    queues = {
        "reading": rt.admission.waiting,
        "cpu": rt.workers.waiting,
        "patient": rt.patient.waiting,
        "gdal": rt.gdal_threads.waiting,
    }
    publish(queues, rt.store.open_breakers)
