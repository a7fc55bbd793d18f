"""What the operator opens, and nothing beside it."""

from __future__ import annotations

import pytest

from app.errors import SourceNotAllowed
from app.net.policy import SourcePolicy
from app.net.url import HttpUrl
from app.settings import Settings


def policy(**settings: object) -> SourcePolicy:
    return SourcePolicy.from_settings(Settings(**settings))  # type: ignore[arg-type]


def allowed(rules: SourcePolicy, url: str) -> bool:
    try:
        rules.check(HttpUrl.parse(url))
    except SourceNotAllowed:
        return False
    return True


def test_without_settings_any_public_host_is_read() -> None:
    assert allowed(policy(), "https://example.com/x.tif")
    assert allowed(policy(), "http://8.8.8.8/x.tif")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::1]", "10.0.0.1", "[::ffff:127.0.0.1]"])
def test_a_private_address_written_as_a_number_is_refused_before_anything_is_connected(host: str) -> None:
    assert not allowed(policy(), f"http://{host}:8000/x.tif")


def test_an_allowed_host_with_a_port_opens_that_port_only() -> None:
    rules = policy(allow_hosts="127.0.0.1:8300,[::1]:8301,::2,data.LAN.")
    assert allowed(rules, "http://127.0.0.1:8300/x")
    assert allowed(rules, "http://0x7f.1:8300/x")
    assert allowed(rules, "http://[0::1]:8301/x")
    assert allowed(rules, "http://[::2]:5/x")
    assert rules.trusts(HttpUrl.parse("https://data.lan:9/x"))
    assert not allowed(rules, "http://127.0.0.1:8301/x")
    assert not allowed(rules, "http://127.0.0.1/x")
    assert not allowed(rules, "http://127.0.0.2:8300/x")
    assert not rules.trusts(HttpUrl.parse("https://data.lan.evil.com/x"))


def test_an_allowed_range_opens_its_addresses_only() -> None:
    rules = policy(allow_cidrs="10.1.0.0/16,fd00:1::/32")
    assert allowed(rules, "http://10.1.2.3:1/x")
    assert allowed(rules, "http://[fd00:1::5]/x")
    assert not allowed(rules, "http://10.2.0.1/x")
    assert not allowed(rules, "http://[::ffff:10.1.2.3]/x")


@pytest.mark.parametrize("text", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "[fd00:ec2::254]"])
def test_metadata_stays_closed_although_it_is_named(text: str) -> None:
    rules = policy(allow_hosts=text, allow_cidrs="0.0.0.0/0,::/0")
    assert not allowed(rules, f"http://{text}/latest/meta-data/")


@pytest.mark.parametrize(
    ("prefix", "url", "verdict"),
    [
        ("https://host/path/", "https://host/path/a.tif", True),
        ("https://host/path/", "https://HOST:443/path/a.tif?x", True),
        ("https://host/path", "https://host/path/a.tif", True),
        ("https://host/path", "https://host/path", True),
        ("https://host/path", "https://host/pathology/a.tif", False),
        ("https://host/path/", "https://host/path", False),
        ("https://host/path/", "http://host/path/a.tif", False),
        ("https://host/path/", "https://host:444/path/a.tif", False),
        ("https://host/path/", "https://host.evil.com/path/a.tif", False),
        ("https://host/path/", "https://evil.com/https://host/path/a.tif", False),
        ("https://host/path/", "https://host/path/../secret", False),
        ("https://host/path/", "https://host/path/%2e%2e/secret", False),
        ("https://host/path/", "https://host/path/..%2fsecret", False),
        ("https://host/path/", "https://host/path/..%5csecret", False),
        ("https://host", "https://host/anything", True),
        ("https://*.example.com/", "https://a.example.com/x", True),
        ("https://*.example.com/", "https://a.b.example.com/x", True),
        ("https://*.example.com/", "https://example.com/x", False),
        ("https://*.example.com/", "https://evilexample.com/x", False),
        ("https://h/a%20b/", "https://h/a%20b/x", True),
        ("s3://bucket/p/", "https://bucket.s3.amazonaws.com/p/x", True),
        ("s3://bucket/p/", "https://bucket.s3.amazonaws.com/q/x", False),
    ],
)
def test_a_source_prefix_covers_whole_segments_of_the_same_host(prefix: str, url: str, verdict: bool) -> None:
    assert allowed(policy(allow_sources=prefix), url) is verdict


def test_a_source_prefix_does_not_open_private_addresses() -> None:
    assert not allowed(policy(allow_sources="http://127.0.0.1:8300/"), "http://127.0.0.1:8300/x")


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("allow_hosts", "http://host/"),
        ("allow_hosts", "user@host"),
        ("allow_sources", "host"),
        ("allow_sources", "https://"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_start_and_names_itself(setting: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"SWATH_{setting.upper()}"):
        policy(**{setting: text})


def test_every_refusal_of_an_address_has_the_same_words() -> None:
    """Only the host that the caller wrote differs: no oracle for what the address is."""
    texts = set()
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "168.63.129.16", "224.0.0.1"):
        with pytest.raises(SourceNotAllowed) as caught:
            policy().check(HttpUrl.parse(f"http://{host}/"))
        texts.add(caught.value.detail.replace(host, "HOST"))
    assert len(texts) == 1
    assert "SWATH_ALLOW_HOSTS" in texts.pop()
