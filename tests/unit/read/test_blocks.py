"""The cache of decoded blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import pytest
from async_tiff.enums import Compression

from app.errors import DeadlineExceeded, LimitExceeded, UpstreamUnusable
from app.limits.workers import Workers
from app.net.ranges import Span
from app.read.cog.blocks import NEAR, BlockKey, Blocks, Reach
from app.read.cog.layout import Level

FILE = bytes(range(256)) * 4
LEVEL = Level(
    width=8, height=8, block_width=4, block_height=4, across=2, offsets=(16, 32, 600, 616), counts=(16, 16, 16, 16),
    stored_bytes=64, dtype="u1", bands=1, compression=Compression.Uncompressed, predictor=1, order="<",
)  # fmt: skip


class Upstream:
    """Serves ranges of ``FILE`` and notes them; fails first with the errors given."""

    def __init__(self, *errors: Exception) -> None:
        self.asked: list[list[Span]] = []
        self._errors = list(errors)

    async def __call__(self, spans: Sequence[Span]) -> list[bytes]:
        self.asked.append(list(spans))
        await asyncio.sleep(0.01)
        if self._errors:
            raise self._errors.pop(0)
        return [FILE[offset : offset + length] for offset, length in spans]


def keys(*numbers: int) -> list[BlockKey]:
    return [BlockKey("v1", 0, number) for number in numbers]


def with_blocks(story: Callable[[Blocks], Awaitable[None]], max_bytes: int = 1000) -> None:
    async def run() -> None:
        workers = Workers(1, "cpu")
        await story(Blocks(max_bytes, workers))
        workers.close()

    asyncio.run(run())


def test_blocks_are_fetched_together_decoded_and_kept():
    """Neighbours in the file are one range; a second wish costs nothing."""
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        first, second = await blocks.get(LEVEL, keys(1, 0), up, NEAR, "a.tif")
        assert (first[0, 0, 0], second[0, 0, 0]) == (32, 16)
        assert second.shape == (4, 4, 1)
        await blocks.get(LEVEL, keys(0), up, NEAR, "a.tif")

    with_blocks(story)
    assert up.asked == [[(16, 32)]]


def test_what_lies_between_two_blocks_is_kept_for_later():
    """0 and 3 with a wide gap are one range, which holds 1 and 2 as well."""
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        await blocks.get(LEVEL, keys(0, 3), up, Reach(1000, 0, 0), "a.tif")
        [later] = await blocks.get(LEVEL, keys(2), up, Reach(1000, 0, 0), "a.tif")
        assert np.array_equal(later.ravel(), np.frombuffer(FILE[600:616], np.uint8))

    with_blocks(story)
    assert up.asked == [[(16, 616)]]


def test_a_small_level_of_a_remote_file_is_fetched_whole():
    """A map that is moved at a low zoom wants the rest of it next."""
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        await blocks.get(LEVEL, keys(1), up, Reach(0, 64, 0), "a.tif")
        [later] = await blocks.get(LEVEL, keys(3), up, Reach(0, 64, 0), "a.tif")
        assert np.array_equal(later.ravel(), np.frombuffer(FILE[616:632], np.uint8))

    with_blocks(story)
    assert up.asked == [[(16, 32), (600, 32)]]


def test_a_row_of_blocks_is_fetched_with_what_follows_on_its_right():
    """As far as the bytes reach, and never into the next row."""
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        await blocks.get(LEVEL, keys(0), up, Reach(0, 0, 40), "a.tif")
        await blocks.get(LEVEL, keys(1), up, Reach(0, 0, 40), "a.tif")
        await blocks.get(LEVEL, keys(3), up, Reach(0, 0, 40), "a.tif")

    with_blocks(story)
    assert up.asked == [[(16, 32)], [(616, 16)]]


def test_equal_wishes_at_the_same_moment_share_a_fetch_even_without_a_cache():
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        await asyncio.gather(*(blocks.get(LEVEL, keys(0), up, NEAR, "a.tif") for _ in range(9)))

    with_blocks(story, max_bytes=0)
    assert len(up.asked) == 1


def test_a_failure_is_not_kept():
    up = Upstream(ValueError("cut"))

    async def story(blocks: Blocks) -> None:
        with pytest.raises(ValueError, match="cut"):
            await blocks.get(LEVEL, keys(0), up, NEAR, "a.tif")
        assert len(await blocks.get(LEVEL, keys(0), up, NEAR, "a.tif")) == 1

    with_blocks(story)


@pytest.mark.parametrize("used_up", [DeadlineExceeded("too late"), LimitExceeded("spent")])
def test_the_time_and_the_bytes_of_the_first_caller_are_not_those_of_the_second(used_up):
    """Who waited for another's fetch starts his own when the other's are used up."""
    first_fetch, up = Upstream(used_up), Upstream()

    async def story(blocks: Blocks) -> None:
        first = asyncio.ensure_future(blocks.get(LEVEL, keys(0), first_fetch, NEAR, "a.tif"))
        await asyncio.sleep(0)
        [block] = await blocks.get(LEVEL, keys(0), up, NEAR, "a.tif")
        assert block[0, 0, 0] == 16
        with pytest.raises(type(used_up)):
            await first

    with_blocks(story)


@pytest.mark.parametrize("left", [1, 2])
def test_a_load_is_given_up_when_the_last_who_waits_has_left(left):
    """Of two who wait for the same block, one or both leave."""
    finished: list[bool] = []

    async def slow(spans: Sequence[Span]) -> list[bytes]:
        await asyncio.sleep(0.1)
        finished.append(True)
        return [FILE[offset : offset + length] for offset, length in spans]

    async def story(blocks: Blocks) -> None:
        waits = [asyncio.create_task(blocks.get(LEVEL, keys(1), slow, NEAR, "a.tif")) for _ in range(2)]
        await asyncio.sleep(0.01)
        for wait in waits[:left]:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        await asyncio.sleep(0.15)
        assert finished == [True] * (2 - left)
        await blocks.get(LEVEL, keys(1), slow, NEAR, "a.tif")  # who comes later starts anew

    with_blocks(story)


def test_a_load_that_has_just_failed_is_begun_anew():
    """Who comes in the same turn of the loop in which the first one's time was up."""
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        async def late(_: Sequence[Span]) -> list[bytes]:
            raise DeadlineExceeded("too late")

        first = asyncio.ensure_future(blocks.get(LEVEL, keys(0), late, NEAR, "a.tif"))
        outcomes = []
        for _ in range(6):  # at every step of the first one's way
            await asyncio.sleep(0)
            outcomes.append(asyncio.ensure_future(blocks.get(LEVEL, keys(0), up, NEAR, "a.tif")))
        assert all([len(await outcome) == 1 for outcome in outcomes])
        with pytest.raises(DeadlineExceeded):
            await first

    with_blocks(story)


def test_a_file_that_ends_before_its_blocks_is_cut_off_and_not_empty():
    """Fewer bytes than the directory says, or none at all, are no block that was never written."""

    async def cut(spans: Sequence[Span]) -> list[bytes]:
        return [FILE[offset : min(offset + length, 610)] for offset, length in spans]

    async def story(blocks: Blocks) -> None:
        for number in (2, 3):
            with pytest.raises(UpstreamUnusable, match="cut off"):
                await blocks.get(LEVEL, keys(number), cut, NEAR, "a.tif")

    with_blocks(story)


def test_without_a_cache_what_comes_along_is_dropped():
    up = Upstream()

    async def story(blocks: Blocks) -> None:
        assert len(await blocks.get(LEVEL, keys(0, 3), up, Reach(1000, 0, 0), "a.tif")) == 2

    with_blocks(story, max_bytes=0)


def test_a_block_that_was_never_written_is_filled():
    """As GDAL does, with the file's nodata value."""
    from dataclasses import replace

    level = replace(LEVEL, offsets=(0, 32, 600, 616), counts=(0, 16, 16, 16), fill=7)

    async def story(blocks: Blocks) -> None:
        [block] = await blocks.get(level, keys(0), Upstream(), NEAR, "a.tif")
        assert (block == 7).all()

    with_blocks(story)
