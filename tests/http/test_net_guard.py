"""No connection to a private address, however it is reached: a listener that nobody may reach counts its visitors."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app.errors import SourceNotAllowed, SwathError, UpstreamFailed, UpstreamUnusable
from app.model.location import RemoteLocation
from app.net.answers import Document
from app.settings import Settings
from tests.reading import reading
from tests.upstream import upstream

SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "localhost", "LOCALHOST.",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "0.0.0.0", "0", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::]", "[64:ff9b::7f00:1]", "ⓛocalhost",
]  # fmt: skip


@dataclass
class Listener:
    port: int
    visits: int = 0


@pytest.fixture
def forbidden() -> Iterator[Listener]:
    """A socket on all loopback addresses, IPv4 and IPv6, that counts who connects."""
    with counting() as listener:
        yield listener


@contextmanager
def counting() -> Iterator[Listener]:
    server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    server.settimeout(0.05)
    listener, stop = Listener(server.getsockname()[1]), threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                visitor, _ = server.accept()
            except TimeoutError:
                continue
            listener.visits += 1
            visitor.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener
    stop.set()
    thread.join()
    server.close()


class Names(AbstractResolver):
    """A resolver that gives these answers, one after the other, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answer = self.answers[min(self.calls, len(self.answers) - 1)]
        self.calls += 1
        return [
            ResolveResult(hostname=host, host=text, port=port, family=socket.AF_INET, proto=0, flags=0)
            for text in answer
        ]

    async def close(self) -> None:
        pass


def fetch(url: str, settings: Settings | None = None, names: Names | None = None) -> Document:
    async def run() -> Document:
        options = {"make_resolver": lambda: names} if names else {}
        async with reading(settings, **options) as room:
            location = RemoteLocation(url)
            return await room.client.get_document(location, max_bytes=1000, timeout_s=5)

    return asyncio.run(run())


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_host_is_connected(host: str, forbidden: Listener) -> None:
    with pytest.raises(SourceNotAllowed):
        fetch(f"http://{host}:{forbidden.port}/")
    assert forbidden.visits == 0


def test_the_refusal_is_the_same_whether_anything_listens_or_not(forbidden: Listener) -> None:
    texts = set()
    for port in (forbidden.port, 9):
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(SourceNotAllowed) as caught:
                fetch(f"http://{host}:{port}/")
            texts.add(caught.value.detail.replace(host, "HOST"))
    assert len(texts) == 1


def test_the_socket_itself_is_judged_when_the_url_was_not(forbidden: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second wall: even if the check of the URL were missing, a literal address makes no socket."""
    monkeypatch.setattr("app.net.policy.SourcePolicy.check", lambda self, url: None)
    with pytest.raises(SourceNotAllowed):
        fetch(f"http://127.0.0.1:{forbidden.port}/")
    assert forbidden.visits == 0


def test_a_name_is_refused_when_any_of_its_addresses_is(forbidden: Listener) -> None:
    """Loopback only: 127.0.0.2 plays the public address, opened by its range."""
    names = Names(["127.0.0.2", "127.0.0.1"])
    with pytest.raises(SourceNotAllowed):
        fetch(f"http://rebind.example:{forbidden.port}/", Settings(allow_cidrs="127.0.0.2/32"), names)
    assert forbidden.visits == 0


def test_a_name_that_turns_private_after_the_check_is_not_asked_again(tmp_path: Path, forbidden: Listener) -> None:
    """Rebinding: one lookup per connection, and the address that was judged is the one that is connected."""
    names = Names(["127.0.0.2"], ["127.0.0.1"])
    with pytest.raises(UpstreamFailed):  # 127.0.0.2 was connected, and the listener speaks no HTTP
        fetch(f"http://rebind.example:{forbidden.port}/", Settings(allow_cidrs="127.0.0.2/32"), names)
    assert names.calls == 1
    assert forbidden.visits >= 1
    before = forbidden.visits
    with pytest.raises(SourceNotAllowed):
        fetch(f"http://rebind.example:{forbidden.port}/", Settings(allow_cidrs="127.0.0.2/32"), names)
    assert forbidden.visits == before


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "100.100.100.200"])
def test_a_name_of_the_metadata_service_is_refused_although_it_is_allowed(address: str) -> None:
    settings = Settings(allow_hosts="metadata.example", allow_cidrs="0.0.0.0/0")
    with pytest.raises(SourceNotAllowed):
        fetch("http://metadata.example/", settings, Names([address]))


def test_an_allowed_host_is_read_and_its_neighbour_port_is_not(tmp_path: Path, forbidden: Listener) -> None:
    (tmp_path / "a.json").write_text("{}")
    with upstream(tmp_path) as server:
        settings = Settings(allow_hosts=server.host)
        assert fetch(server.url("/a.json"), settings).body == b"{}"
        assert fetch(f"http://127.1:{server.port}/a.json", settings).body == b"{}"
        for host in (f"127.0.0.1:{forbidden.port}", f"localhost:{server.port}", f"127.0.0.2:{server.port}"):
            with pytest.raises(SourceNotAllowed):
                fetch(f"http://{host}/a.json", settings)
        assert server.count() == 2
    assert forbidden.visits == 0


def test_an_allowed_name_may_have_a_private_address(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with upstream(tmp_path) as server:
        settings = Settings(allow_hosts=f"data.lan:{server.port}")
        assert fetch(f"http://data.lan:{server.port}/a.json", settings, Names(["127.0.0.1"])).body == b"{}"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/", "http://0x7f.1:{port}/", "//127.0.0.1:{port}/", "http://localhost:{port}/x",
        "http://[::1]:{port}/", "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x",
        "http://u:p@127.0.0.1:{port}/", "data:text/plain,x", "http://127.0.0.1:{port}\\@h/", "https://127.0.0.1:{port}/",
    ],
)  # fmt: skip
def test_a_redirect_to_a_forbidden_place_is_not_followed(target: str, tmp_path: Path, forbidden: Listener) -> None:
    with upstream(tmp_path) as server:
        server.fault("/a.json", redirect=target.format(port=forbidden.port))
        with pytest.raises(SourceNotAllowed):
            fetch(server.url("/a.json"), Settings(allow_hosts=server.host))
    assert forbidden.visits == 0


def test_every_hop_is_judged_by_the_list_of_sources(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text("{}")
    with upstream(tmp_path) as server:
        server.fault("/in/a.json", redirect="../out.json")
        settings = Settings(allow_hosts=server.host, allow_sources=server.url("/in/"))
        with pytest.raises(SourceNotAllowed, match="SWATH_ALLOW_SOURCES"):
            fetch(server.url("/in/a.json"), settings)
        assert server.count("/out.json") == 0


def test_relative_redirects_are_followed_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with upstream(tmp_path) as server:
        settings = Settings(allow_hosts=server.host, redirects_max=3)
        for hop in range(5):
            server.fault(f"/r/{hop}", redirect=f"./{hop + 1}" if hop < 4 else "../a.json", status=307)
        assert fetch(server.url("/r/2"), settings).location == RemoteLocation(server.url("/a.json"))
        with pytest.raises(UpstreamUnusable, match="SWATH_REDIRECTS_MAX"):
            fetch(server.url("/r/1"), settings)
        server.fault("/nowhere", redirect="")
        with pytest.raises(UpstreamUnusable):
            fetch(server.url("/nowhere"), settings)


def test_nothing_about_us_is_told_and_nothing_is_taken_from_the_environment(
    tmp_path: Path, forbidden: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cookies, no referer, no credentials of ~/.netrc, no proxy of the environment."""
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{forbidden.port}")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{forbidden.port}")
    with upstream(tmp_path) as server:
        server.fault("/b.json", redirect="/a.json", headers={"Set-Cookie": "a=b"})
        server.fault("/a.json", headers={"Set-Cookie": "a=b"})
        for _ in range(2):
            fetch(server.url("/b.json"), Settings(allow_hosts=server.host))
        for asked in server.log:
            assert {name.lower() for name in asked.headers} <= {"host", "user-agent", "accept", "accept-encoding"}
            assert asked.headers["User-Agent"].startswith("swath/")
            assert asked.headers["Accept-Encoding"] == "identity"
    assert forbidden.visits == 0


def test_messages_name_the_host_and_never_the_rest_of_the_url(tmp_path: Path) -> None:
    with upstream(tmp_path) as server:
        for path, fault in (
            ("/secret/a", {}),
            ("/secret/b", {"status": 500}),
            ("/secret/c", {"cut_at": 1, "body": b"abc"}),
        ):
            server.fault(path, **fault)
            with pytest.raises(SwathError) as caught:
                fetch(server.url(path + "?token=s3cret"), Settings(allow_hosts=server.host))
            assert "127.0.0.1" in caught.value.detail
            assert "secret" not in caught.value.detail
            assert "s3cret" not in caught.value.detail
