"""Are the directories of a TIFF fit to be read by async-tiff, which trusts what they say?"""

from __future__ import annotations

import struct

from app.net.source import ByteSource
from app.read.cog.declined import Declined

DIRECTORIES_MAX = 64
ENTRIES_MAX = 1024
VALUES_MAX = 2**21
"""Values of all entries together, mostly offsets and sizes of blocks; async-tiff takes 32 bytes for each."""
DIRECTORY_BYTES = 512
"""Read of a directory at once: that of a COG has about twenty entries of 12 or 20 bytes."""


async def require_sane_directories(source: ByteSource) -> None:
    """Look at all directories before async-tiff does: it trusts what they say.

    A chain that leads back into itself is followed, and an entry with 2**31 values allocated, until memory is gone.
    """
    [start] = await source.ranges([(0, 16)])
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:4] in (b"+\0", b"\0+")
    try:
        [offset] = struct.unpack_from(order + ("Q" if big else "I"), start, 8 if big else 4)
        total = 0
        for _ in range(DIRECTORIES_MAX):
            values, offset = await _directory(source, offset, order, big=big)
            total += values
            if total > VALUES_MAX:
                raise Declined(f"its directories have more than {VALUES_MAX} values")
            if not offset:
                return
    except struct.error as err:
        raise Declined("its directories cannot be read") from err
    raise Declined(f"it has more than {DIRECTORIES_MAX} directories")


async def _directory(source: ByteSource, offset: int, order: str, *, big: bool) -> tuple[int, int]:
    """How many values the entries of a directory have together, and the place of the next directory, or 0."""
    count_code, entry_code, offset_code = ("Q", "HHQ8x", "Q") if big else ("H", "HHI4x", "I")
    [body] = await source.ranges([(offset, DIRECTORY_BYTES)])
    [count] = struct.unpack_from(order + count_code, body)
    head, entry = struct.calcsize(order + count_code), struct.calcsize(order + entry_code)
    if count > ENTRIES_MAX:
        raise Declined(f"it has a directory of more than {ENTRIES_MAX} entries")
    if (length := head + count * entry + 8) > len(body):
        [body] = await source.ranges([(offset, length)])
    entries = [struct.unpack_from(order + entry_code, body, head + number * entry) for number in range(count)]
    [following] = struct.unpack_from(order + offset_code, body, head + count * entry)
    return sum(values for _, _, values in entries), int(following)
