"""Time the steps of a story."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_steps_ms: ContextVar[dict[str, float] | None] = ContextVar("steps_ms", default=None)


@contextmanager
def timing() -> Iterator[dict[str, float]]:
    """Collect the steps of everything inside: name to milliseconds, in order of their end."""
    steps: dict[str, float] = {}
    token = _steps_ms.set(steps)
    try:
        yield steps
    finally:
        _steps_ms.reset(token)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Add the time spent inside to the step ``name``."""
    start = time.perf_counter()
    try:
        yield
    finally:
        steps = _steps_ms.get()
        if steps is not None:
            steps[name] = steps.get(name, 0.0) + (time.perf_counter() - start) * 1000
