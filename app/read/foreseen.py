"""How does GDAL read without waiting in a thread? It is given what is in memory, and asked again when more has come."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import UpstreamFailed
from app.net.budget import MIB
from app.net.ranges import HEAD_BYTES, Span, clip
from app.net.source import BlockingSource, ByteSource

HELD_BYTES_MAX = 32 * MIB
"""More of a file is not held for one read: GDAL then takes it piece by piece, and waits in a thread meanwhile."""


class Foreseen(BlockingSource):
    """Reads from memory only, notes what it lacks, and fetches that between two tries.

    Args:
        source: The file; closed by whoever opened it.

    Attributes:
        waits: From now on what is lacking is read from the source at once.
    """

    def __init__(self, source: ByteSource) -> None:
        self.name, self.size, self.etag = source.name, source.size, source.etag
        self.waits = False
        self._source = source
        self._parts: list[tuple[int, bytes]] = []
        """Offset and bytes of each part of the directories that has come."""
        self._blocks: dict[Span, bytes] = {}
        """The same of blocks of pixels, of which there may be thousands."""
        self._lacking_parts: list[Span] = [(0, HEAD_BYTES)]
        self._lacking_blocks: list[Span] = []

    @property
    def lacks(self) -> bool:
        """Whether something has not come yet that was asked for."""
        return bool(self._lacking_parts or self._lacking_blocks)

    @property
    def is_full(self) -> bool:
        """Whether what has come and what is lacking is too much to be held together."""
        lengths = [length for _, length in (*self._lacking_parts, *self._lacking_blocks)]
        held = sum(map(len, self._blocks.values())) + sum(len(body) for _, body in self._parts)
        return held + sum(lengths) > HELD_BYTES_MAX

    def read(self, offset: int, length: int) -> bytes:
        """See ``BlockingSource``; raises ``UpstreamFailed`` for bytes that have not come yet, unless it waits."""
        offset, length = clip((offset, length), self.size)
        if (found := self._found(offset, length)) is not None:
            return found
        if self.waits:
            return self._source.read(offset, length)
        self._lacking_parts.append(clip((offset, max(length, HEAD_BYTES)), self.size))
        raise self._lacking()

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``BlockingSource``; raises as ``read``, for all that have not come at once."""
        found = {span: self._found(*span) for span in spans}
        lacking = [span for span, body in found.items() if body is None]
        if lacking and not self.waits:
            self._lacking_blocks += lacking
            raise self._lacking()
        found.update(zip(lacking, self._source.read_many(lacking) if lacking else (), strict=True))
        return [found[span] or b"" for span in spans]

    async def fetch(self) -> None:
        """Fetch what is lacking."""
        parts, blocks = self._lacking_parts, self._lacking_blocks
        bodies = await self._source.ranges([*parts, *blocks])
        self._parts += [(offset, body) for (offset, _), body in zip(parts, bodies, strict=False)]
        self._blocks.update(zip(blocks, bodies[len(parts) :], strict=True))
        self._lacking_parts, self._lacking_blocks = [], []

    def _found(self, offset: int, length: int) -> bytes | None:
        if (block := self._blocks.get((offset, length))) is not None:
            return block
        for start, body in self._parts:
            if start <= offset and offset + length <= start + len(body):
                return body[offset - start : offset - start + length]
        return None

    def _lacking(self) -> UpstreamFailed:
        return UpstreamFailed(f"{self.name} has not come yet.")
