"""Work for executors that needs no raster: what a worker does with a text is in the text."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Does as the text says.

    Attributes:
        folder: Where notes are kept.
    """

    folder: Path

    async def run(self, rt: Runtime, text: str) -> str:
        """Echo, sleep, fail, or end the process."""
        word, _, rest = text.partition(" ")
        if word == "sleep":
            await asyncio.sleep(float(rest))
        elif word == "fail":
            raise ValueError("a mistake")
        elif word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "note":
            (self.folder / f"{rest}.{os.getpid()}").touch()
        elif word == "setting":
            return repr(getattr(rt.settings, rest))
        return text
