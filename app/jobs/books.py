"""The ledger in a thread of its own: a disk may be slow, and another process may write."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from app.errors import Overloaded
from app.jobs.ledger import Ledger

P = ParamSpec("P")
T = TypeVar("T")


class Books:
    """Asks the ledger in one file; used from one event loop.

    Args:
        path: The file; opened when it is first asked for.
        name: What a caller knows it by.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="swath-books")
        self._ledger: Ledger | None = None

    async def ask(self, call: Callable[Concatenate[Ledger, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of the ledger.

        Raises:
            Overloaded: The file cannot be read or written.
        """

        def asked() -> T:
            self._ledger = self._ledger or Ledger(self._path)
            return call(self._ledger, *args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, asked)
        except (sqlite3.Error, OSError) as error:
            raise Overloaded(f"What is done cannot be kept: {self.name} cannot be read or written.") from error

    async def aclose(self) -> None:
        """Close the file, when what was asked is answered."""
        if self._ledger is not None:
            await self.ask(Ledger.close)
        self._thread.shutdown()
