"""Documents and files through the store: local ones that stay inside, remote ones that are asked for once."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import (
    DeadlineExceeded,
    InternalError,
    LimitExceeded,
    NotFound,
    SourceNotAllowed,
    SwathError,
    UpstreamFailed,
    UpstreamUnusable,
)
from app.model.location import FileLocation, RemoteLocation
from app.net.budget import MIB, Budget, spending
from app.net.remote import HEAD_BYTES
from app.net.source import ByteSource, display_name
from app.settings import Settings
from tests.reading import Reading, reading
from tests.upstream import Upstream, upstream

DATA = random.Random(1).randbytes(300_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    (tmp_path / "a.tif").write_bytes(DATA)
    (tmp_path / "small.tif").write_bytes(DATA[:1000])
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "a.json").write_bytes(b"{}")
    with upstream(tmp_path) as running:
        yield running


def run(
    server: Upstream, story: Callable[[Reading, RemoteLocation], Any], path: str = "/a.tif", **settings: Any
) -> Any:
    async def told() -> Any:
        async with reading(Settings(allow_hosts=server.host, **settings)) as room:
            return await story(room, RemoteLocation(server.url(path)))

    return asyncio.run(told())


def budget(megabytes: float = 1, seconds: float = 10) -> Budget:
    return Budget(megabytes=megabytes, seconds=seconds, kind="TILE")


# --- remote ---


def test_opening_costs_one_request_and_a_second_opening_none(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> list[ByteSource]:
        return [await room.store.open(location), await room.store.open(location)]

    first, second = run(server, story)
    assert server.ranges("/a.tif") == [f"bytes=0-{HEAD_BYTES - 1}"]
    assert (first.name, first.size, first.requests, first.bytes_read) == ("a.tif", len(DATA), 1, HEAD_BYTES)
    assert (second.size, second.requests, second.log) == (len(DATA), 0, [])
    assert first.etag == second.etag is not None


def test_equal_openings_at_the_same_moment_share_one_request(server: Upstream) -> None:
    server.fault("/a.tif", delay_s=0.1)

    async def story(room: Reading, location: RemoteLocation) -> list[ByteSource]:
        return await asyncio.gather(*(room.store.open(location) for _ in range(30)))

    sources = run(server, story)
    assert server.count() == 1
    assert sum(source.requests for source in sources) == 1


def test_a_caller_that_leaves_does_not_take_the_shared_request_along(server: Upstream) -> None:
    server.fault("/a.tif", delay_s=0.3)

    async def story(room: Reading, location: RemoteLocation) -> int:
        impatient = asyncio.ensure_future(room.store.open(location))
        patient = asyncio.ensure_future(room.store.open(location))
        await until(lambda: server.count() == 1)
        impatient.cancel()
        return (await patient).size

    assert run(server, story) == len(DATA)
    assert server.count() == 1


def test_the_shared_request_ends_when_everybody_has_left(server: Upstream) -> None:
    server.fault("/a.tif", delay_s=30)

    async def story(room: Reading, location: RemoteLocation) -> None:
        callers = [asyncio.ensure_future(room.store.open(location)) for _ in range(3)]
        await until(lambda: server.count() == 1)
        for caller in callers:
            caller.cancel()
        await until(lambda: server.closed_early == 1)

    run(server, story)


def test_a_waiting_caller_keeps_his_own_deadline(server: Upstream) -> None:
    server.fault("/a.tif", delay_s=0.5)

    async def story(room: Reading, location: RemoteLocation) -> int:
        async def hasty() -> None:
            with spending(budget(seconds=0.1)):
                await room.store.open(location)

        patient = asyncio.ensure_future(room.store.open(location))
        with pytest.raises(DeadlineExceeded):
            await hasty()
        return (await patient).size

    assert run(server, story) == len(DATA)


def test_a_failed_opening_is_not_remembered(server: Upstream) -> None:
    server.fault("/a.tif", status=500, times=1)

    async def story(room: Reading, location: RemoteLocation) -> int:
        with pytest.raises(UpstreamFailed):
            await room.store.open(location)
        return (await room.store.open(location)).size

    assert run(server, story) == len(DATA)


def test_without_memory_for_heads_each_opening_asks(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> None:
        await room.store.open(location)
        await room.store.open(location)

    run(server, story, cache_headers_mb=0)
    assert server.count() == 2


def test_ranges_come_in_their_order_and_near_ones_share_a_request(server: Upstream) -> None:
    spans = [
        (200_000, 100),
        (100, 50),
        (40_000, 10),
        (45_000, 10),
        (299_990, 100),
        (0, 0),
        (30_000, 5000),
        (500_000, 1),
    ]

    async def story(room: Reading, location: RemoteLocation) -> tuple[list[bytes], ByteSource]:
        source = await room.store.open(location)
        return await source.ranges(spans), source

    bodies, source = run(server, story)
    assert bodies == [DATA[offset : offset + length] for offset, length in spans]
    assert source.requests == 4
    assert sorted(source.log)[:2] == [(0, HEAD_BYTES), (HEAD_BYTES, 45_010 - HEAD_BYTES)]
    assert source.bytes_read == sum(length for _, length in source.log)


def test_what_the_head_holds_is_not_asked_for(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> list[bytes]:
        return await (await room.store.open(location)).ranges([(0, 10), (HEAD_BYTES - 10, 10)])

    assert run(server, story) == [DATA[:10], DATA[HEAD_BYTES - 10 : HEAD_BYTES]]
    assert server.count() == 1


def test_blocking_reads_work_in_threads_and_charge_the_request_that_opened(server: Upstream) -> None:
    """The thread has no budget of its own: a pool's thread belongs to nobody."""
    allowance = budget()

    async def story(room: Reading, location: RemoteLocation) -> bytes:
        with spending(allowance):
            source = await room.store.open(location)
        body: list[bytes] = []
        thread = threading.Thread(target=lambda: body.append(source.read(100_000, 1000)))
        thread.start()
        await until(lambda: bool(body))
        thread.join()
        return body[0]

    assert run(server, story) == DATA[100_000:101_000]
    assert allowance.bytes_left == MIB - HEAD_BYTES - 1000


def test_a_blocking_read_on_the_event_loop_is_a_bug_and_not_a_deadlock(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> None:
        source = await room.store.open(location)
        with pytest.raises(InternalError):
            source.read(100_000, 10)

    run(server, story)


@pytest.mark.parametrize("change", [{"headers": {"ETag": '"other"'}}, {"body": DATA + b"x"}])
def test_a_file_that_changes_while_it_is_read_is_noticed_and_opened_anew(
    server: Upstream, change: dict[str, Any]
) -> None:
    async def story(room: Reading, location: RemoteLocation) -> int:
        source = await room.store.open(location)
        server.fault("/a.tif", **change)
        with pytest.raises(UpstreamFailed, match="changed while it was read"):
            await source.ranges([(100_000, 10)])
        again = await room.store.open(location)
        assert await again.ranges([(100_000, 10)]) == [DATA[100_000:100_010]]
        return again.requests

    assert run(server, story) == 2


def test_a_server_without_ranges_is_read_whole_once(server: Upstream) -> None:
    server.fault("/a.tif", ignore_range=True)

    async def story(room: Reading, location: RemoteLocation) -> list[bytes]:
        source = await room.store.open(location)
        again = await room.store.open(location)
        return [*await source.ranges([(299_000, 500)]), *await again.ranges([(5, 5)])]

    assert run(server, story) == [DATA[299_000:299_500], DATA[5:10]]
    assert server.count() == 1


def test_small_and_empty_files_are_opened_too(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> tuple[int, list[bytes]]:
        source = await room.store.open(location)
        return source.size, await source.ranges([(0, 10), (995, 10)])

    assert run(server, story, "/small.tif") == (1000, [DATA[:10], DATA[995:1000]])
    assert run(server, story, "/empty.tif") == (0, [b"", b""])


def test_the_target_of_a_redirect_is_asked_directly_until_it_expires(server: Upstream) -> None:
    """Signed links live for minutes; the head may live longer."""
    server.fault("/link", redirect="/a.tif?sig=1")

    async def story(room: Reading, location: RemoteLocation) -> None:
        source = await room.store.open(location)
        await source.ranges([(100_000, 10)])
        assert server.count("/link") == 1
        server.fault("/a.tif", status=403, times=1)
        assert await source.ranges([(100_000, 10)]) == [DATA[100_000:100_010]]
        assert server.count("/link") == 2

    run(server, story, "/link")


def test_one_failed_range_fails_the_read_and_stops_the_others(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> None:
        source = await room.store.open(location)
        server.fault("/a.tif", status=500, times=1)
        with pytest.raises(UpstreamFailed):
            await source.ranges([(100_000, 10), (200_000, 10), (280_000, 10)])

    run(server, story)


def test_a_closed_source_reads_no_more_and_frees_threads_that_wait(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> list[SwathError]:
        source = await room.store.open(location)
        server.fault("/a.tif", delay_s=30)
        errors: list[SwathError] = []

        def read() -> None:
            try:
                source.read(100_000, 10)
            except SwathError as error:
                errors.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        await until(lambda: server.count() == 2)
        source.close()
        await until(lambda: bool(errors) and server.closed_early == 1)
        thread.join()
        with pytest.raises(UpstreamFailed):
            await source.ranges([(0, 1)])
        return errors

    assert [type(error) for error in run(server, story)] == [UpstreamFailed]


def test_a_request_cannot_read_more_than_its_budget(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> None:
        with spending(budget(megabytes=0.1)):
            source = await room.store.open(location)
            with pytest.raises(LimitExceeded):
                await source.ranges([(100_000, 90_000)])

    run(server, story)


def test_a_missing_document_is_not_found_and_a_missing_file_is_unusable(server: Upstream) -> None:
    async def story(room: Reading, location: RemoteLocation) -> None:
        with pytest.raises(NotFound):
            await room.store.document(location)
        with pytest.raises(UpstreamUnusable) as caught:
            await room.store.open(location)
        assert caught.value.upstream_status == 404

    run(server, story, "/missing")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/B04.tif", "B04.tif"),
        ("/x/", "x"),
        ("/", "file.tif"),
        ("/a b%20<c>.tif", "a_b_20_c_.tif"),
        ("/..", "file.tif"),
    ],
)
def test_a_display_name_is_safe_to_show(path: str, name: str) -> None:
    assert display_name(path) == name


# --- local ---


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/a.tif").write_bytes(DATA)
    (folder / "a.json").write_bytes(b"{}")
    (tmp_path / "secret.tif").write_bytes(b"secret")
    return folder


def local(root: Path, text: str, story: Callable[[Reading, Any], Any], **settings: Any) -> Any:
    async def told() -> Any:
        async with reading(Settings(data_root=root, **settings)) as room:
            return await story(room, room.locator.locate(text))

    return asyncio.run(told())


async def read_some(room: Reading, location: FileLocation) -> Any:
    source = await room.store.open(location)
    try:
        return source.read(10, 5), await source.ranges([(299_999, 9), (0, 2)]), source.size, source.requests
    finally:
        source.close()


async def read_document(room: Reading, location: FileLocation) -> bytes:
    return (await room.store.document(location)).body


def test_a_local_file_is_read_like_a_remote_one(root: Path) -> None:
    assert local(root, "deep/a.tif", read_some) == (DATA[10:15], [DATA[-1:], DATA[:2]], len(DATA), 3)
    assert local(root, "a.json", read_document) == b"{}"


def test_a_local_document_has_a_version(root: Path) -> None:
    async def story(room: Reading, location: FileLocation) -> None:
        first = await room.store.document(location)
        assert (await room.store.document(location, etag=first.etag)).not_modified
        (root / "a.json").write_bytes(b'{"id":2}')
        assert (await room.store.document(location, etag=first.etag)).body == b'{"id":2}'

    local(root, "a.json", story)


def test_missing_files_inside_the_root_have_their_errors(root: Path) -> None:
    with pytest.raises(NotFound):
        local(root, "missing.json", read_document)
    with pytest.raises(UpstreamUnusable):
        local(root, "missing.tif", read_some)


def test_a_folder_a_pipe_and_a_loop_of_links_are_not_read(root: Path) -> None:
    """A pipe without a writer would wait for ever."""
    os.mkfifo(root / "pipe.tif")
    (root / "loop.tif").symlink_to(root / "loop.tif")
    for text in ("deep", "pipe.tif", "loop.tif"):
        with pytest.raises(UpstreamUnusable):
            local(root, text, read_some)
        with pytest.raises(NotFound):
            local(root, text, read_document)


@pytest.mark.parametrize("swap", ["file", "folder"])
def test_a_link_that_appears_after_the_check_is_not_followed(root: Path, swap: str) -> None:
    """The race between judging a path and opening it."""

    async def story(room: Reading, location: FileLocation) -> None:
        (root / "deep/a.tif").rename(root / "kept.tif")
        if swap == "file":
            (root / "deep/a.tif").symlink_to(root.parent / "secret.tif")
        else:
            (root.parent / "secret.tif").rename(root.parent / "a.tif")
            (root / "deep").rmdir()
            (root / "deep").symlink_to(root.parent)
        with pytest.raises(UpstreamUnusable):
            await room.store.open(location)

    local(root, "deep/a.tif", story)


def test_a_document_that_is_too_large_is_refused(root: Path) -> None:
    with pytest.raises(UpstreamUnusable, match="SWATH_ITEM_MAX_MB"):
        local(root, "deep/a.tif", read_document, item_max_mb=0.01)


def test_local_bytes_count_too(root: Path) -> None:
    with spending(budget(megabytes=0.001)), pytest.raises(LimitExceeded):
        local(root, "deep/a.tif", read_all)


async def read_all(room: Reading, location: FileLocation) -> bytes:
    source = await room.store.open(location)
    try:
        return source.read(0, source.size)
    finally:
        source.close()


def test_a_file_that_shrinks_while_it_is_read_is_noticed(root: Path) -> None:
    async def story(room: Reading, location: FileLocation) -> None:
        source = await room.store.open(location)
        os.truncate(root / "deep/a.tif", 100)
        with pytest.raises(UpstreamFailed):
            source.read(0, 1000)
        source.close()
        with pytest.raises(UpstreamFailed):
            source.read(0, 10)

    local(root, "deep/a.tif", story)


def test_no_descriptor_is_left_open(root: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        local(root, "deep/a.tif", read_some)
        local(root, "a.json", read_document)
        with pytest.raises(NotFound):
            local(root, "deep/none/a.json", read_document)
        with pytest.raises(SourceNotAllowed):
            local(root, "../secret.tif", read_document)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.01)


# --- folders ---


def files(server: Upstream, folder: Path, most: int = 100) -> list[str] | None:
    async def story(room: Reading, _: RemoteLocation) -> Any:
        return await room.store.files(FileLocation(server.folder, folder), (".json", ".geojson"), most)

    found = run(server, story)
    return None if found is None else [each.path.relative_to(folder).as_posix() for each in found]


def test_a_folder_lists_its_files_by_their_paths(server: Upstream) -> None:
    folder = server.folder / "items"
    for name in ("b.json", "a.GeoJSON", "x.tif", "below/c.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    assert files(server, folder) == ["a.GeoJSON", "b.json", "below/c.json"]
    assert files(server, folder, most=2) == ["a.GeoJSON", "b.json"]


def test_a_file_or_nothing_is_no_folder(server: Upstream) -> None:
    assert files(server, server.folder / "a.json") is None
    assert files(server, server.folder / "nowhere") is None


def test_a_folder_that_became_a_link_is_not_followed(
    server: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It was real when it was judged."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "secret.json").write_text("{}")
    (server.folder / "items").symlink_to(elsewhere)
    assert files(server, server.folder / "items") is None
