"""Documents and ranges from a server that misbehaves: the right error, in time, within the limits."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import (
    DeadlineExceeded,
    LimitExceeded,
    NotFound,
    Overloaded,
    SwathError,
    UpstreamFailed,
    UpstreamUnusable,
)
from app.model.location import RemoteLocation
from app.net.answers import Document, RangeAnswer
from app.net.budget import MIB, Budget, spending
from app.net.names import SystemResolver
from app.settings import Settings
from tests.reading import reading
from tests.upstream import Asked, Upstream, upstream

DATA = bytes(range(256)) * 400


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    (tmp_path / "a.json").write_bytes(b'{"id": 1}')
    (tmp_path / "a.tif").write_bytes(DATA)
    (tmp_path / "empty.tif").write_bytes(b"")
    with upstream(tmp_path) as running:
        yield running


def document(
    server: Upstream,
    path: str = "/a.json",
    *,
    max_bytes: int = 100_000,
    timeout_s: float = 5,
    etag: str | None = None,
    **settings: Any,
) -> Document:
    async def run() -> Document:
        async with reading(Settings(allow_hosts=server.host, **settings)) as room:
            location = RemoteLocation(server.url(path))
            return await room.client.get_document(location, max_bytes=max_bytes, timeout_s=timeout_s, etag=etag)

    return asyncio.run(run())


def question(server: Upstream, body: bytes = b'{"limit": 1}', path: str = "/search", **settings: Any) -> Document:
    async def run() -> Document:
        async with reading(Settings(allow_hosts=server.host, **settings)) as room:
            location = RemoteLocation(server.url(path))
            return await room.client.post_question(location, body, max_bytes=1000, timeout_s=5)

    return asyncio.run(run())


def span(server: Upstream, offset: int, length: int, *, path: str = "/a.tif", budget: Budget | None = None,
         **settings: Any) -> RangeAnswer:  # fmt: skip
    async def run() -> RangeAnswer:
        async with reading(Settings(allow_hosts=server.host, **settings)) as room:
            with spending(budget):
                return await room.client.get_range(RemoteLocation(server.url(path)), offset, length)

    return asyncio.run(run())


def budget(megabytes: float = 1, seconds: float = 10) -> Budget:
    return Budget(megabytes=megabytes, seconds=seconds, kind="TILE")


# --- documents ---


def test_a_document_comes_with_its_version_type_and_final_place(server: Upstream) -> None:
    server.fault("/a.json", headers={"Content-Type": "application/geo+json; charset=utf-8", "ETag": '"v1"'})
    server.fault("/moved", redirect="/a.json?x=1")
    answer = document(server, "/moved")
    assert answer.body == b'{"id": 1}'
    assert (answer.etag, answer.media_type) == ('"v1"', "application/geo+json")
    assert answer.location == RemoteLocation(server.url("/a.json?x=1"))


def test_a_document_of_a_known_version_is_not_sent_again(server: Upstream) -> None:
    first = document(server)
    again = document(server, etag=first.etag)
    assert again.not_modified
    assert again.body == b""
    assert not document(server, etag='"other"').not_modified


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UpstreamUnusable), (401, UpstreamUnusable), (403, UpstreamUnusable), (404, NotFound), (410, NotFound),
        (418, UpstreamUnusable), (204, UpstreamUnusable), (206, UpstreamUnusable), (304, UpstreamUnusable),
        (429, Overloaded), (500, UpstreamFailed), (502, UpstreamFailed), (503, Overloaded), (504, UpstreamFailed),
    ],
)  # fmt: skip
def test_each_status_of_a_document_has_its_error(server: Upstream, status: int, error: type[SwathError]) -> None:
    server.fault("/a.json", status=status)
    with pytest.raises(error) as caught:
        document(server)
    assert type(caught.value) is error
    assert caught.value.upstream_status == status


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0", 1), ("99999", 30), ("soon", 1), ("-5", 1), (None, 1)])
def test_the_pause_that_an_upstream_asks_for_is_passed_on_within_limits(
    server: Upstream, header: str | None, seconds: int
) -> None:
    server.fault("/a.json", status=503, headers={"retry-after": header} if header else {})
    with pytest.raises(Overloaded) as caught:
        document(server)
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress)]
)
def test_a_compressed_document_is_inflated_although_nobody_asked(
    server: Upstream, encoding: str, compress: Any
) -> None:
    server.fault("/a.json", body=compress(b'{"id": 2}'), headers={"Content-Encoding": encoding})
    assert document(server).body == b'{"id": 2}'


def test_an_unknown_encoding_is_refused(server: Upstream) -> None:
    server.fault("/a.json", body=b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(UpstreamUnusable):
        document(server)


@pytest.mark.parametrize(
    "fault",
    [
        {"body": bytes(200_000)},
        {"endless": True, "body": b""},
        {"body": gzip.compress(bytes(200_000_000)), "headers": {"Content-Encoding": "gzip"}},
        {"body": gzip.compress(bytes(100_001)), "headers": {"Content-Encoding": "gzip"}},
    ],
    ids=["large", "endless", "bomb", "one byte more"],
)
def test_a_document_larger_than_the_limit_is_refused_and_not_read_on(server: Upstream, fault: dict[str, Any]) -> None:
    server.fault("/a.json", **fault)
    allowance = budget()
    with spending(allowance), pytest.raises(UpstreamUnusable, match="SWATH_ITEM_MAX_MB"):
        document(server)
    assert allowance.bytes_left > MIB - 600_000


def test_a_compressed_document_that_is_cut_is_a_failure(server: Upstream) -> None:
    server.fault("/a.json", body=gzip.compress(DATA)[:-9], headers={"Content-Encoding": "gzip"})
    with pytest.raises(UpstreamFailed):
        document(server, max_bytes=10**6)


def test_a_dripping_document_is_cut_at_the_total_time(server: Upstream) -> None:
    """A byte every 50 ms never falls silent, so only the total counts."""
    server.fault("/a.json", body=bytes(1000), drip_s=0.05)
    before = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"0\.4 s"):
        document(server, timeout_s=0.4, upstream_timeout_s=5)
    assert time.monotonic() - before < 3


def test_a_silent_server_is_left_after_the_silence_that_is_granted(server: Upstream) -> None:
    server.fault("/a.json", delay_s=20)
    with pytest.raises(DeadlineExceeded, match="SWATH_UPSTREAM_TIMEOUT_S"):
        document(server, upstream_timeout_s=0.2)


def test_the_deadline_of_the_request_wins_when_it_comes_first(server: Upstream) -> None:
    server.fault("/a.json", delay_s=20)
    with spending(budget(seconds=0.2)), pytest.raises(DeadlineExceeded, match="SWATH_TILE_DEADLINE_S"):
        document(server)


def test_nothing_is_asked_when_the_deadline_has_passed(server: Upstream) -> None:
    with spending(budget(seconds=-1)), pytest.raises(DeadlineExceeded):
        document(server)
    assert server.count() == 0


def test_redirects_share_one_time(server: Upstream) -> None:
    server.fault("/1", redirect="/2", delay_s=0.25)
    server.fault("/2", redirect="/3", delay_s=0.25)
    server.fault("/3", redirect="/a.json", delay_s=0.25)
    with pytest.raises(DeadlineExceeded):
        document(server, "/1", timeout_s=0.6)


@pytest.mark.parametrize("fault", [{"cut_at": 4}, {"cut_at": 0}])
def test_a_cut_document_is_a_failure(server: Upstream, fault: dict[str, Any]) -> None:
    server.fault("/a.json", **fault)
    with pytest.raises(UpstreamFailed):
        document(server)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:{port}/", "refuses"), ("https://127.0.0.1:{open}/", "TLS")],
)
def test_what_cannot_be_reached_is_a_failure_that_says_why(server: Upstream, url: str, words: str) -> None:
    async def run() -> None:
        async with reading(Settings(allow_hosts="127.0.0.1")) as room:
            location = RemoteLocation(url.format(port=closed_port(), open=server.port))
            await room.client.get_document(location, max_bytes=10, timeout_s=5)

    with pytest.raises(UpstreamFailed, match=words) as caught:
        asyncio.run(run())
    assert caught.value.__cause__ is not None


def test_a_name_that_cannot_be_looked_up_is_a_failure_that_says_so() -> None:
    class NoNames(SystemResolver):
        async def resolve(self, *_: Any, **__: Any) -> Any:
            raise socket.gaierror(-2, "Name or service not known")

    async def run() -> None:
        async with reading(make_resolver=NoNames) as room:
            await room.client.get_document(RemoteLocation("http://nowhere.example/"), max_bytes=10, timeout_s=5)

    with pytest.raises(UpstreamFailed, match=r"nowhere\.example cannot be looked up"):
        asyncio.run(run())


def test_a_server_that_speaks_no_http_is_a_failure() -> None:
    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    async def run() -> None:
        listener = await asyncio.start_server(nonsense, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with listener, reading(Settings(allow_hosts="127.0.0.1")) as room:
            await room.client.get_document(RemoteLocation(f"http://127.0.0.1:{port}/"), max_bytes=9, timeout_s=5)

    with pytest.raises(UpstreamFailed):
        asyncio.run(run())


# --- second tries ---


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502}, {"status": 504}, {"status": 429}, {"cut_at": 5}])
def test_one_failure_is_healed_by_a_second_try(server: Upstream, fault: dict[str, Any]) -> None:
    server.fault("/a.tif", times=1, **fault)
    assert span(server, 0, 10).body == DATA[:10]
    assert server.count("/a.tif") == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 404},
        {"status": 403},
        {"wrong_range": True},
        {"status": 503, "headers": {"Retry-After": "3"}},
    ],
)
def test_what_a_second_try_would_not_heal_is_asked_once(server: Upstream, fault: dict[str, Any]) -> None:
    server.fault("/a.tif", **fault)
    with pytest.raises(SwathError):
        span(server, 0, 10)
    assert server.count("/a.tif") == 1


def test_a_host_that_keeps_failing_is_left_alone(server: Upstream) -> None:
    server.fault("/a.tif", status=500)

    async def run() -> list[type[SwathError]]:
        found = []
        async with reading(Settings(allow_hosts=server.host)) as room:
            for _ in range(30):
                try:
                    await room.client.get_range(RemoteLocation(server.url("/a.tif")), 0, 10)
                except SwathError as error:
                    found.append(type(error))
        return found

    found = asyncio.run(run())
    assert found == [UpstreamFailed] * 20 + [Overloaded] * 10
    assert server.count() == 20


# --- ranges ---


def test_a_range_is_exactly_what_was_asked_for(server: Upstream) -> None:
    answer = span(server, 1000, 500)
    assert answer.body == DATA[1000:1500]
    assert (answer.total_size, answer.whole) == (len(DATA), False)
    assert server.ranges("/a.tif") == ["bytes=1000-1499"]


def test_a_range_across_the_end_is_shorter_and_one_behind_it_is_empty(server: Upstream) -> None:
    assert span(server, len(DATA) - 10, 500).body == DATA[-10:]
    behind = span(server, len(DATA), 500)
    assert (behind.body, behind.total_size) == (b"", len(DATA))
    assert span(server, 0, 500, path="/empty.tif").total_size == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, UpstreamUnusable), (403, UpstreamUnusable), (404, UpstreamUnusable), (410, UpstreamUnusable),
        (204, UpstreamUnusable), (416, UpstreamUnusable), (429, Overloaded), (500, UpstreamFailed), (503, Overloaded),
    ],
)  # fmt: skip
def test_each_status_of_a_file_has_its_error(server: Upstream, status: int, error: type[SwathError]) -> None:
    server.fault("/a.tif", status=status)
    with pytest.raises(error) as caught:
        span(server, 0, 10)
    assert type(caught.value) is error
    assert caught.value.upstream_status == status


@pytest.mark.parametrize(
    "fault",
    [
        {"wrong_range": True},
        {"headers": {"Content-Range": "bytes 0-9/*"}},
        {"headers": {"Content-Range": "bytes 5-14/102400"}},
        {"headers": {"Content-Range": "bytes 0-20/102400"}},
        {"headers": {"Content-Range": "nonsense"}},
        {"cut_at": 5},
    ],
)
def test_a_range_that_is_not_the_one_asked_for_is_a_failure(server: Upstream, fault: dict[str, Any]) -> None:
    server.fault("/a.tif", **fault)
    with pytest.raises(UpstreamFailed):
        span(server, 0, 10)


def test_a_compressed_range_is_refused(server: Upstream) -> None:
    server.fault("/a.tif", headers={"Content-Encoding": "gzip"})
    with pytest.raises(UpstreamUnusable):
        span(server, 0, 10)


def test_a_server_that_ignores_ranges_gives_the_whole_file_when_it_is_small(server: Upstream) -> None:
    server.fault("/a.tif", ignore_range=True)
    answer = span(server, 1000, 500)
    assert answer.whole
    assert answer.body == DATA
    assert answer.total_size == len(DATA)


@pytest.mark.parametrize("endless", [False, True])
def test_a_server_that_ignores_ranges_is_refused_when_the_file_is_large(server: Upstream, endless: bool) -> None:
    server.fault("/a.tif", ignore_range=True, endless=endless)
    with pytest.raises(UpstreamUnusable, match="SWATH_RANGELESS_MAX_MB"):
        span(server, 0, 500, rangeless_max_mb=0.05)


def test_bytes_are_charged_to_the_request(server: Upstream) -> None:
    allowance = budget()
    span(server, 0, 1000, budget=allowance)
    assert allowance.bytes_left == MIB - 1000


def test_a_range_that_cannot_be_paid_is_not_asked_for(server: Upstream) -> None:
    with pytest.raises(LimitExceeded, match="SWATH_TILE_BYTES_MB"):
        span(server, 0, 50_000, budget=budget(megabytes=0.01))
    assert server.count() == 0


def test_a_whole_file_is_charged_as_it_comes(server: Upstream) -> None:
    server.fault("/a.tif", ignore_range=True)
    with pytest.raises(LimitExceeded):
        span(server, 0, 10, budget=budget(megabytes=0.01))


def test_a_dripping_range_ends_at_the_deadline_of_the_request(server: Upstream) -> None:
    server.fault("/a.tif", drip_s=0.05)
    with pytest.raises(DeadlineExceeded, match="SWATH_TILE_DEADLINE_S"):
        span(server, 0, 1000, budget=budget(seconds=0.4))


def test_the_upstream_connection_is_closed_when_the_caller_leaves(server: Upstream) -> None:
    server.fault("/a.json", delay_s=30)

    async def run() -> None:
        async with reading(Settings(allow_hosts=server.host)) as room:
            location = RemoteLocation(server.url("/a.json"))
            task = asyncio.ensure_future(room.client.get_document(location, max_bytes=10, timeout_s=60))
            await until(lambda: server.count() == 1)
            task.cancel()
            await until(lambda: server.closed_early == 1)

    asyncio.run(run())


def test_connections_are_used_again(server: Upstream) -> None:
    async def run() -> None:
        async with reading(Settings(allow_hosts=server.host)) as room:
            for _ in range(5):
                await room.client.get_range(RemoteLocation(server.url("/a.tif")), 0, 10)

    asyncio.run(run())
    assert len(server.log) == 5
    assert len({asked.port for asked in server.log}) == 1


async def until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.01)


# --- questions ---


def echo(asked: Asked) -> bytes:
    return f"{asked.method} {asked.body}".encode()


def test_a_question_is_posted_as_json(server: Upstream) -> None:
    server.reply("/search", echo)
    assert question(server).body == b'POST {"limit": 1}'
    assert server.log[0].headers["Content-Type"] == "application/json"


def test_a_question_that_fails_in_passing_is_asked_again(server: Upstream) -> None:
    server.reply("/search", echo)
    server.fault("/search", status=503, times=1)
    assert question(server).body == b'POST {"limit": 1}'
    assert server.count("/search") == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_question_follows_its_api_with_its_body(server: Upstream, status: int) -> None:
    server.fault("/search", redirect="/v1/search", status=status)
    server.reply("/v1/search", echo)
    assert question(server).body == b'POST {"limit": 1}'


def test_a_redirect_that_says_to_get_is_gotten(server: Upstream) -> None:
    server.fault("/search", redirect="/answer", status=303)
    server.reply("/answer", echo)
    assert question(server).body == b"GET "


def test_a_question_is_not_sent_on_to_another_host(server: Upstream, tmp_path: Path) -> None:
    with upstream(tmp_path, "127.0.0.2") as other:
        server.fault("/search", redirect=other.url("/search"), status=307)
        with pytest.raises(UpstreamUnusable, match="another host"):
            question(server, allow_cidrs="127.0.0.0/8")
        assert other.log == []


def test_an_answer_to_a_question_is_bounded_like_a_document(server: Upstream) -> None:
    server.reply("/search", lambda _: b" " * 2000)
    with pytest.raises(UpstreamUnusable, match="larger than"):
        question(server)
