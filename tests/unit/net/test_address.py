"""Which addresses count as public, against a list worked out by hand from the RFCs."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.address import METADATA, is_metadata, is_public
from app.net.policy import SourcePolicy

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.1.1",
    "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1",
    "100::1", "5f00::1",
    "::7f00:1", "::808:808",  # IPv4-compatible
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",  # IPv4-mapped
    "::ffff:0:7f00:1",  # IPv4-translated
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::",  # NAT64
    "2002:7f00:1::", "2002:808:808::1",  # 6to4
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:808:808", "fe80::5efe:a00:1",  # ISATAP
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "52.218.1.1", "100.63.255.255", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]
WRAPPED_METADATA = [
    "::ffff:169.254.169.254", "::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::", "fd00::5efe:a9fe:a9fe", "::ffff:0:a9fe:a9fe", "::ffff:168.63.129.16",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_not_reachable_by_everyone_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_ordinary_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"])
def test_the_metadata_services_of_clouds_are_never_opened(text: str) -> None:
    """Not by naming the host, and not by naming a range around it."""
    address = ip_address(text)
    policy = SourcePolicy(allow_cidrs=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    assert address in METADATA
    assert not policy.opens(address, trusted=True)
    assert not policy.opens(address, trusted=False)


@pytest.mark.parametrize("text", WRAPPED_METADATA)
def test_metadata_inside_a_translated_address_is_metadata(text: str) -> None:
    assert is_metadata(ip_address(text))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.booleans())
def test_an_isatap_identifier_is_never_public_whatever_its_prefix(prefix: int, inner: int, universal: bool) -> None:
    identifier = 0x02005EFE if universal else 0x00005EFE
    assert not is_public(IPv6Address(prefix << 64 | identifier << 32 | inner))


@given(st.integers(0, 2**32 - 1))
def test_public_is_never_wider_than_what_python_calls_global(bits: int) -> None:
    address = ip_address(bits)
    assert address.is_global or not is_public(address)
