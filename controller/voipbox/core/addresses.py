# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network addresses are public: of one machine that everybody can reach, also through the wrappings of IPv6.

Sources: IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890, 6052, 8215, 3056, 4380, 7534 to 7526).
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Blocks that Python's own table takes for global, or that stand for many machines, none of them a customer's.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # protocol assignments, the NAT64 discovery and anycast addresses among them
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "64:ff9b:1::/48",  # translation inside a network
        "::/96",  # IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated
        "2001::/23",  # protocol assignments: Teredo, ORCHID, AMT, AS112
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_6TO4 = ipaddress.ip_network("2002::/16")


def is_public(text: str) -> bool:
    """True for a public address of one machine. Of a mapped, translated or tunnelled one, that behind it counts too."""
    try:
        found: Address = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    inner = _inside(found)
    if inner is not None:
        return is_public(str(inner))
    if any(found in block for block in _NOT_PUBLIC if block.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


def _inside(found: Address) -> ipaddress.IPv4Address | None:
    if isinstance(found, ipaddress.IPv4Address):
        return None
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.sixtofour if found in _6TO4 else None
