"""From which address does a request come, when trusted proxies pass it on?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

UNKNOWN = "unknown"
HOPS_MAX = 16
"""Proxies in a row that are followed; nobody has more."""


def is_trusted(address: Address | None, proxies: Networks) -> bool:
    """Tell whether this is a proxy whose headers are believed."""
    return address is not None and any(address in network for network in proxies)


def caller_of(peer: str, forwarded_for: Sequence[str], proxies: Networks) -> str:
    """Name the caller by address: of IPv6 the first 64 bits, which one customer has as a rule.

    Args:
        peer: Who is connected.
        forwarded_for: What proxies say, each adding at the end whom it was called by.
        proxies: Whom to believe; the first who is none of these, from the right, is the caller.
    """
    caller = parse_address(peer)
    for hop in list(reversed(forwarded_for))[:HOPS_MAX]:
        if not is_trusted(caller, proxies):
            break
        before = parse_address(hop)
        if before is None:
            break
        caller = before
    return _name(caller)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Read an address, with or without a port, in the spellings of ``X-Forwarded-For`` and ``Forwarded``."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4096)
def _name(address: Address | None) -> str:
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv4Address):
        return str(address)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
