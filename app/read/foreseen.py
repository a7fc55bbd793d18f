"""How does GDAL read without waiting in a thread? It is given what is in memory, and asked again when more has come."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import UpstreamFailed
from app.net.ranges import HEAD_BYTES, Span, clip
from app.net.source import BlockingSource, ByteSource


class Foreseen(BlockingSource):
    """Reads from memory only, notes what it lacks, and fetches that between two tries.

    Args:
        source: The file; closed by whoever opened it.
    """

    def __init__(self, source: ByteSource) -> None:
        self.name, self.size, self.etag = source.name, source.size, source.etag
        self._source = source
        self._parts: list[tuple[int, bytes]] = []
        """Offset and bytes of each part that has come."""
        self._lacking: list[Span] = [(0, HEAD_BYTES)]

    @property
    def lacks(self) -> bool:
        """Whether something has not come yet that was asked for."""
        return bool(self._lacking)

    def read(self, offset: int, length: int) -> bytes:
        """See ``BlockingSource``; raises ``UpstreamFailed`` for bytes that have not come yet."""
        offset, length = clip((offset, length), self.size)
        for start, body in self._parts:
            if start <= offset and offset + length <= start + len(body):
                return body[offset - start : offset - start + length]
        self._lacking.append((offset, length))
        raise UpstreamFailed(f"{self.name} has not come yet.")

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``BlockingSource``."""
        return [self.read(offset, length) for offset, length in spans]

    async def fetch(self) -> None:
        """Fetch what is lacking, and a little more behind it."""
        spans = [clip((offset, max(length, HEAD_BYTES)), self.size) for offset, length in self._lacking]
        bodies = await self._source.ranges(spans)
        self._parts += [(offset, body) for (offset, _), body in zip(spans, bodies, strict=True)]
        self._lacking.clear()
