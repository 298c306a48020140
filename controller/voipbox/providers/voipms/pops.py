# SPDX-License-Identifier: GPL-3.0-or-later
"""Points of presence. A number's must be the one that its gateway registers to: otherwise calls never arrive, and nothing
reports an error."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from voipbox.core.errors import Fault

from ..errors import BadRequest, ProviderError
from .account import Settings
from .client import Client
from .decoding import flag, text

_LABEL = re.compile(r"([a-z-]+?)(\d*)")


@dataclass(frozen=True)
class Pop:
    """A server that gateways register to. address: as CIDR, or empty."""

    id: str
    name: str
    host: str
    address: str
    recommended: bool


def pops(client: Client) -> list[Pop]:
    """Every server there is."""
    return [
        Pop(
            text(row, "server_pop"),
            text(row, "server_name"),
            text(row, "server_hostname").lower(),
            _address(text(row, "server_ip")),
            flag(row.get("server_recommended")),
        )
        for row in client.rows("getServersInfo", "servers")
    ]


def _address(written: str) -> str:
    try:
        return str(ipaddress.ip_network(written)) if written else ""
    except ValueError:
        raise ProviderError(f"The provider's answer has no address in server_ip: {written[:50]}.") from None


def require_same(client: Client, settings: Settings) -> None:
    """Raise BadRequest where the account's gateway proxy is not the host of the account's POP."""
    found = {pop.id: pop for pop in pops(client)}
    pop = found.get(settings.pop)
    if pop is None:
        raise _wrong("pop", f"the provider has no POP {settings.pop}")
    if not same_host(settings.proxy, pop.host):
        right = [one for one in found.values() if same_host(settings.proxy, one.host)]
        hint = f"that one is POP {right[0].id}" if right else f"the host of POP {pop.id} is {pop.host}"
        raise _wrong("pop", f"the gateway's proxy is {settings.proxy}, which is not the host of POP {pop.id}; {hint}")


def same_host(one: str, other: str) -> bool:
    """Whether two names mean the same server: a city's name without a number is its first server."""
    return _numbered(one) == _numbered(other)


def _numbered(host: str) -> str:
    label, _, domain = host.strip().rstrip(".").lower().partition(".")
    match = _LABEL.fullmatch(label)
    return f"{match[1]}{match[2] or '1'}.{domain}" if match else f"{label}.{domain}"


def _wrong(name: str, cause: str) -> BadRequest:
    return BadRequest(f"Calls would not arrive: {cause}.", faults=[Fault(name, cause)])
