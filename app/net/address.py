"""Is an IP address one that a stranger may send this server to?

``ipaddress.is_global`` answers for the address alone. Forms that carry another address inside (translation, tunnels)
reach wherever the network takes them, so none of them counts as public here.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, GCP, Azure, Oracle, DigitalOcean, OpenStack
        "169.254.170.2",  # AWS ECS task credentials
        "169.254.170.23",  # AWS EKS pod identity
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",  # GCP
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure wire server: a *global* address
        "192.0.0.192",  # Oracle, older
    )
)
"""Addresses that hand out credentials to any caller on the machine: never opened, whatever the settings say."""

_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # NAT64 for local use, RFC 8215
        "100::/64",  # discard, RFC 6666
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
    )
)
_LOW_32_BITS = tuple(
    IPv6Network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)


def is_public(address: Address) -> bool:
    """Tell whether anyone on the internet could reach ``address``, and reach the same machine."""
    if not address.is_global or address.is_multicast or is_metadata(address):
        return False
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    return not _is_isatap(address)


def is_metadata(address: Address) -> bool:
    """Tell whether ``address`` is a cloud's metadata service, also when wrapped in a translated or tunnelled form."""
    return address in METADATA or any(inner in METADATA for inner in _carried(address))


def _is_isatap(address: Address) -> bool:
    """RFC 5214: interface identifier ``[02]00:5efe`` then the IPv4 address, under any prefix."""
    return isinstance(address, IPv6Address) and (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address may carry inside."""
    if isinstance(address, IPv4Address):
        return
    bits = int(address)
    if _is_isatap(address) or any(address in network for network in _LOW_32_BITS):
        yield IPv4Address(bits & 0xFFFFFFFF)
    if address in _LOW_32_BITS[-1]:  # RFC 6052 behind a /48: 16 bits, the octet "u", 16 bits
        yield IPv4Address((bits >> 64 & 0xFFFF) << 16 | bits >> 40 & 0xFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
