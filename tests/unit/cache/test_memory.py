"""The cache in memory."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from app.cache.flight import SingleFlight
from app.cache.memory import MemoryCache


def cache(max_bytes: float = 100, ttl_s: float = 60) -> MemoryCache[str, bytes]:
    return MemoryCache(max_bytes=max_bytes, size_of=len, ttl_s=ttl_s)


class Loader:
    """Counts its calls."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.calls = 0
        self._answers = answers

    async def __call__(self) -> bytes:
        answer = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        await asyncio.sleep(0.01)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_value_is_loaded_once():
    async def story() -> None:
        kept, load = cache(), Loader(b"x")
        assert [await kept.get_or_load("a", load) for _ in range(3)] == [b"x"] * 3
        assert load.calls == 1

    asyncio.run(story())


def test_equal_requests_at_the_same_moment_share_one_load():
    async def story() -> None:
        kept, load = cache(max_bytes=0), Loader(b"x")
        assert await asyncio.gather(*(kept.get_or_load("a", load) for _ in range(20))) == [b"x"] * 20
        assert load.calls == 1

    asyncio.run(story())


def test_a_failure_reaches_all_who_wait_and_is_not_kept():
    async def story() -> None:
        kept, load = cache(), Loader(ValueError("no"), b"x")
        answers = await asyncio.gather(*(kept.get_or_load("a", load) for _ in range(3)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [ValueError] * 3
        assert await kept.get_or_load("a", load) == b"x"

    asyncio.run(story())


def test_one_who_leaves_does_not_cancel_the_load_of_the_others():
    async def story() -> None:
        kept, load = cache(), Loader(b"x")
        first = asyncio.ensure_future(kept.get_or_load("a", load))
        second = asyncio.ensure_future(kept.get_or_load("a", load))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == b"x"
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(story())


def test_values_are_forgotten_by_size_and_by_age():
    async def story() -> None:
        small, load = cache(max_bytes=3), Loader(b"xx")
        await small.get_or_load("a", load)
        await small.get_or_load("b", load)
        await small.get_or_load("a", load)
        assert load.calls == 3
        await small.get_or_load("huge", Loader(b"x" * 10))
        brief, again = cache(ttl_s=0), Loader(b"x")
        await brief.get_or_load("a", again)
        await brief.get_or_load("a", again)
        assert again.calls == 2

    asyncio.run(story())


def test_a_value_that_would_drive_all_others_out_is_not_kept():
    cache: MemoryCache[str, bytes] = MemoryCache(max_bytes=100, size_of=len, ttl_s=60, largest_share=0.25)
    cache.keep("large", bytes(26))
    cache.keep("small", bytes(25))
    assert (cache.kept("large"), cache.kept("small")) == (None, bytes(25))


def test_a_call_runs_in_the_context_of_its_cache_and_not_of_the_first_caller():
    """It spends nobody's budget, and sees what was set up when the server was."""
    place: ContextVar[str] = ContextVar("place", default="nowhere")

    async def run() -> str:
        place.set("at start")
        flight: SingleFlight[str, str] = SingleFlight()
        place.set("in a request")

        async def look() -> str:
            return place.get()

        return await flight.run("key", look)

    assert asyncio.run(run()) == "at start"
