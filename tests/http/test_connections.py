"""Who may hold a connection, and how long: slow, large, many and deaf clients, on real sockets."""

from __future__ import annotations

import inspect
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.settings import Settings
from tests.serving import serving

SHORT_S = 0.6
LATE_S = 3 * SHORT_S
KIB = 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raster whose largest array is 16 MiB."""
    folder = tmp_path_factory.mktemp("rasters")
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 2048, "width": 2048, "crs": "EPSG:4326"}
    place = from_origin(0, 1, 1 / 2048, 1 / 2048)
    with rasterio.open(folder / "a.tif", "w", transform=place, tiled=True, compress="deflate", **profile) as dataset:
        dataset.write(np.ones((1, 2048, 2048), np.uint8))
    return folder


@pytest.fixture(scope="module")
def impatient(folder: Path) -> Iterator[str]:
    settings = Settings(
        sample=True,
        data_root=folder,
        head_timeout_s=SHORT_S,
        body_timeout_s=SHORT_S,
        idle_timeout_s=SHORT_S,
        unread_timeout_s=SHORT_S,
        body_max_mb=0.1,
    )
    with serving(settings) as base:
        yield base


def connect(base: str, sent: bytes = b"", receive_bytes: int | None = None) -> socket.socket:
    place = urlsplit(base)
    client = socket.socket()
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.settimeout(10)
    client.connect((place.hostname, place.port))
    client.sendall(sent)
    return client


def is_open(client: socket.socket, sent: bytes) -> bool:
    """Whether more can be sent."""
    try:
        client.sendall(sent)
    except OSError:
        return False
    return True


def told(client: socket.socket) -> tuple[bytes, bytes, float]:
    """Status line, body, and the seconds until the server closed."""
    started, received = time.monotonic(), b""
    while part := client.recv(1 << 16):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body, time.monotonic() - started


def require_problem(client: socket.socket, status: int, slug: str, setting: str = "") -> float:
    head, body, waited_s = told(client)
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert b"connection: close" in head.lower()
    assert b"content-type: application/problem+json" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (status, slug)
    assert setting in problem["detail"]
    return waited_s


@pytest.mark.parametrize("sent", [b"GET /livez?", b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ", b"\r\n"])
def test_a_head_that_does_not_end_is_answered_and_closed(impatient, sent):
    with connect(impatient, sent) as client:
        waited_s = require_problem(client, 408, "request-too-slow", "SWATH_HEAD_TIMEOUT_S")
    assert SHORT_S * 0.9 <= waited_s <= LATE_S


def test_bytes_now_and_then_do_not_prolong_a_head(impatient):
    with connect(impatient, b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ") as client:
        started = time.monotonic()
        while is_open(client, b"x") and time.monotonic() < started + 5:
            time.sleep(0.1)
    assert time.monotonic() - started < LATE_S + 1.5


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["silent", "answered once"])
def test_an_idle_connection_is_closed_without_a_word(impatient, sent):
    with connect(impatient, sent) as client:
        received, _, waited_s = told(client)
    assert (b"HTTP/1.1 408" in received, bool(sent)) == (False, received.startswith(b"HTTP/1.1 200"))
    assert SHORT_S * 0.9 <= waited_s <= LATE_S


def test_the_head_of_a_later_request_has_its_own_time(impatient):
    """It begins with its first byte, not with the connection."""
    with connect(impatient, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        time.sleep(SHORT_S * 0.7)
        client.sendall(b"GET /li")
        waited_s = require_problem(client, 408, "request-too-slow")
    assert SHORT_S * 0.9 <= waited_s <= LATE_S


def test_a_line_end_after_an_answer_does_not_keep_a_connection(impatient):
    """uvicorn stops its own timer at any byte."""
    with connect(impatient, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        client.sendall(b"\r\n")
        assert told(client)[2] <= LATE_S


def test_a_body_that_comes_after_its_answer_does_not_keep_a_connection(impatient):
    with connect(impatient, b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{") as client:
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 405")
        client.sendall(b"}")
        assert told(client)[2] <= LATE_S


def test_a_body_that_does_not_come_is_answered_and_closed(impatient):
    with connect(impatient, b"POST /v0/search HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{") as client:
        waited_s = require_problem(client, 408, "request-too-slow", "SWATH_BODY_TIMEOUT_S")
    assert waited_s <= LATE_S


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 40 * KIB + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 40 * KIB,
        b"GET /livez?" + b"a" * 40 * KIB,
        b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 8 * KIB + b"\r\n",
        b"POST /livez HTTP/1.1\r\nX-A: " + b"a" * 300 * KIB,
    ],
    ids=["whole", "without an end", "url", "many small ones", "several parts"],
)
def test_a_large_head_is_refused(impatient, sent):
    with connect(impatient, sent) as client:
        require_problem(client, 431, "headers-too-large", "SWATH_HEAD_MAX_KB")


def test_a_head_just_below_the_limit_is_read(impatient):
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: " + b"a" * 31 * KIB + b"\r\n\r\n"
    with connect(impatient, head) as client:
        assert told(client)[0].startswith(b"HTTP/1.1 200")


def test_requests_that_come_together_are_judged_one_by_one(impatient):
    """2000 heads of 30 bytes are no head of 60 000."""
    one = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(impatient, one * 1200 + last) as client:
        head, body, _ = told(client)
    assert (head + body).count(b"HTTP/1.1 200") == 1201


def test_a_large_body_is_refused_by_its_length_at_once(impatient):
    with connect(impatient, b"POST /v0/search HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n") as client:
        require_problem(client, 413, "body-too-large", "SWATH_BODY_MAX_MB")


def test_a_large_body_in_chunks_is_refused_as_it_comes(impatient):
    head = b"POST /v0/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(impatient, head + (b"4000\r\n" + b" " * 0x4000 + b"\r\n") * 8) as client:
        require_problem(client, 413, "body-too-large", "SWATH_BODY_MAX_MB")


def test_a_refused_body_is_no_bug(impatient, caplog):
    """Whoever waits for the body sees the client leave."""
    head = b"POST /v0/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n"
    with connect(impatient, head) as client:
        time.sleep(0.2)
        client.sendall((b" " * 0x4000 + b"\r\n4000\r\n") * 8)
        require_problem(client, 413, "body-too-large")
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


def test_a_client_that_goes_on_sending_reads_why_he_was_refused(impatient):
    """As programs do: they read when they have sent all; a connection closed at once would be reset by then."""
    with connect(impatient, b"POST /v0/search HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n") as client:
        for _ in range(4):
            time.sleep(0.1)
            client.sendall(b" " * 50_000)
        require_problem(client, 413, "body-too-large")


def test_a_body_below_the_limit_is_read(impatient):
    filled = b'{"limit": 1}' + b" " * 100_000
    assert requests.post(f"{impatient}/v0/search", data=filled, timeout=10).json()["features"]


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_request_is_told_so(impatient, sent):
    with connect(impatient, sent) as client:
        require_problem(client, 400, "malformed-request")


def drained(client: socket.socket) -> int:
    """Bytes that still come, until the end or a reset."""
    count = 0
    with suppress(ConnectionResetError):
        while part := client.recv(1 << 16):
            count += len(part)
    return count


LARGE = b"GET /cog/bbox/0,0,1,1/2048x2048.npy?url=a.tif HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_client_that_does_not_read_is_cut_off(impatient):
    """His answer of 8 MiB goes nowhere; the same answer to one who reads is whole."""
    deaf = connect(impatient, LARGE, receive_bytes=4096)
    with deaf, connect(impatient, LARGE) as reader:
        assert len(told(reader)[1]) > 8 << 20
        time.sleep(LATE_S + 1)
        assert drained(deaf) < 8 << 20


def test_a_small_answer_that_is_not_read_does_not_hold_the_connection(impatient):
    """Below uvicorn's mark for waiting: closing waits for the rest to be taken, for ever."""
    asked = b"GET /cog/bbox/0,0,1,1/170x170.npy?url=a.tif HTTP/1.1\r\nHost: x\r\n\r\n" * 200
    with connect(impatient, asked, receive_bytes=4096) as client:
        time.sleep(2 * LATE_S)
        assert drained(client) < 200 * 170 * 170


def test_a_client_that_reads_slowly_gets_all(impatient):
    """About 2 MiB a second, for longer than anybody waits for one who reads nothing."""
    with connect(impatient, LARGE, receive_bytes=64 * KIB) as client:
        digest, size, started = sha256(), 0, time.monotonic()
        while size < 8 << 20:
            part = client.recv(1 << 16)
            assert part
            digest.update(part)
            size += len(part)
            time.sleep(len(part) / (4 << 20))
    assert time.monotonic() - started > 2 * SHORT_S


def test_connections_beyond_the_limit_are_told_to_come_again(folder):
    with serving(Settings(data_root=folder, connections_max=20)) as base, ExitStack() as stack:
        held = [stack.enter_context(connect(base)) for _ in range(20)]
        time.sleep(0.3)
        for _ in range(5):
            with connect(base) as client:
                require_problem(client, 503, "overloaded", "SWATH_CONNECTIONS_MAX")
        held[0].sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert told(held[0])[0].startswith(b"HTTP/1.1 200")
        assert requests.get(f"{base}/livez", timeout=5).ok, "one has left"


def test_many_idle_connections_disturb_nobody(impatient):
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connect(impatient))
        started = time.monotonic()
        assert requests.get(f"{impatient}/livez", timeout=5).ok
        assert time.monotonic() - started < 1


def test_uvicorn_is_what_the_protocol_is_written_for():
    """If this fails, read app/serve/protocol.py beside the new source of uvicorn, and then write the new sum here."""
    source = inspect.getsource(HttpToolsProtocol) + inspect.getsource(RequestResponseCycle)
    assert sha256(source.encode()).hexdigest() == "70e7393260abf01c74b912ad453c795995fdb0908020fbf68c9f1d87f4a47a2f"
