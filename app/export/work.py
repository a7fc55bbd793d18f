"""The pieces that are finished, in a file beside the one to be made: what is in it outlives the process."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from app.errors import BadRequest

DIGEST_BYTES = 20
COMMIT_S = 0.2
"""What is drawn in this time is lost when the process is killed."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS export (key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contents (digest BLOB PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pieces (number INTEGER PRIMARY KEY, digest BLOB) WITHOUT ROWID;
"""


class WorkFile:
    """Bodies of pieces by their numbers, in sqlite; equal bodies are kept once.

    Args:
        path: Is made where it is not there.
        key: Names the export; pieces of another one are of no use.

    Raises:
        BadRequest: The file belongs to another export, to another process at this moment, or is broken.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        # Drawn in the event loop, put in place by a thread: never both at once.
        self._db = sqlite3.connect(path, timeout=0, check_same_thread=False)
        self._committed = time.monotonic()
        try:
            self._open(key)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        """Give the file itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Keep what is there."""
        self._db.commit()
        self._db.close()

    def _open(self, key: str) -> None:
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.executescript(f"BEGIN EXCLUSIVE; {SCHEMA} COMMIT;")
            found = self._db.execute("SELECT key FROM export").fetchone()
        except sqlite3.OperationalError as err:
            if err.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise BadRequest(f"{self.path.name} is in use: this export is being made already.") from err
            raise
        except sqlite3.DatabaseError as err:
            raise BadRequest(f"{self.path.name} is not the beginning of an export; remove it.") from err
        if found is None:
            self._db.execute("INSERT INTO export VALUES (?)", (key,))
            self._db.commit()
        elif found[0] != key:
            raise BadRequest(
                f"{self.path.name} is the beginning of an export with other parameters, of another version of the data "
                "or of Swath. Remove it to begin anew, or give another output."
            )

    def finished(self) -> set[int]:
        """Numbers of the pieces that are done."""
        return {number for (number,) in self._db.execute("SELECT number FROM pieces")}

    def size_bytes(self) -> int:
        """Bytes of all different bodies."""
        total: int = self._db.execute("SELECT coalesce(sum(length(body)), 0) FROM contents").fetchone()[0]
        return total

    def add(self, number: int, body: bytes | memoryview | None) -> int:
        """Keep a piece; None: there is nothing to show. Gives the bytes that this takes."""
        digest = blake2b(body, digest_size=DIGEST_BYTES).digest() if body is not None else None
        added = 0
        if body is not None:
            told = self._db.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (digest, body))
            added = len(body) if told.rowcount else 0
        self._db.execute("INSERT INTO pieces VALUES (?, ?)", (number, digest))
        if time.monotonic() - self._committed > COMMIT_S:
            self.commit()
        return added

    def commit(self) -> None:
        """See that the disk has what was added."""
        self._db.commit()
        self._committed = time.monotonic()

    def digests(self) -> Iterator[tuple[int, bytes, int]]:
        """Number, digest and bytes of each piece that shows something, in order of their numbers."""
        return self._db.execute(
            "SELECT number, digest, length(body) FROM pieces JOIN contents USING (digest) ORDER BY number"
        )

    def body(self, digest: bytes) -> bytes:
        """The body of this digest."""
        body: bytes = self._db.execute("SELECT body FROM contents WHERE digest = ?", (digest,)).fetchone()[0]
        return body
