"""Are the directories of a TIFF fit to be read by async-tiff, which trusts what they say?"""

from __future__ import annotations

import struct

from app.net.source import ByteSource
from app.read.cog.declined import Declined
from app.read.tiff import TiffForm, form_of

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
    form = form_of(start)
    try:
        [offset] = form.offset.unpack_from(start, form.first_at)
        total = 0
        for _ in range(DIRECTORIES_MAX):
            values, offset = await _directory(source, offset, form)
            total += values
            if total > VALUES_MAX:
                raise Declined(f"its directories have more than {VALUES_MAX} values")
            if not offset:
                return
    except struct.error as err:
        raise Declined("its directories cannot be read") from err
    raise Declined(f"it has more than {DIRECTORIES_MAX} directories")


async def _directory(source: ByteSource, offset: int, form: TiffForm) -> tuple[int, int]:
    """How many values the entries of a directory have together, and the place of the next directory, or 0."""
    [body] = await source.ranges([(offset, DIRECTORY_BYTES)])
    [count] = form.count.unpack_from(body)
    if count > ENTRIES_MAX:
        raise Declined(f"it has a directory of more than {ENTRIES_MAX} entries")
    start, end = form.count.size, form.count.size + count * form.entry.size
    if (length := end + form.offset.size) > len(body):
        [body] = await source.ranges([(offset, length)])
    values = sum(number for _, _, number, _ in form.entry.iter_unpack(body[start:end]))
    [following] = form.offset.unpack_from(body, end)
    return values, int(following)
