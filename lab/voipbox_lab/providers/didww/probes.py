# SPDX-License-Identifier: GPL-3.0-or-later
"""Would a call go through? What the API does not say, and a customer finds out by calling."""

from __future__ import annotations

import ipaddress
from typing import Any

from .records import Record
from .world import World


def _channels(world: World, did: Record) -> int:
    """Calls at once to a number: included, dedicated, shared and metered ones."""
    group = world.store.at(did.one("shared_capacity_group"))
    shared = sum(int(group.attributes[f"{name}_channels_count"]) for name in ("shared", "metered")) if group else 0
    own = did.attributes["channels_included_count"] + did.attributes["dedicated_channels_count"]
    return int(own) + shared


def _trunks(world: World, did: Record) -> list[Record]:
    if trunk := world.store.at(did.one("voice_in_trunk")):
        return [trunk]
    group = did.one("voice_in_trunk_group")
    return world.links_to("voice_in_trunks", "voice_in_trunk_group", group) if group else []


def ring(world: World, number: str) -> dict[str, Any]:
    """A call to a number: whether it rings, where, and why not. Parameters: number, E.164."""
    did = world.number_of(number)
    if did is None:
        return {"rings": False, "why": "nobody has this number"}
    for state in ("terminated", "awaiting_registration", "blocked"):
        if did.attributes[state]:
            return {"rings": False, "why": state.replace("_", " ")}
    metered = world.group_of(did).attributes["is_metered"]
    if not _channels(world, did) and not metered:
        return {"rings": False, "why": "the number has no channels"}
    trunks = _trunks(world, did)
    if not trunks:
        return {"rings": False, "why": "the number leads to no trunk"}
    configuration = trunks[0].attributes["configuration"]["attributes"]
    user = str(configuration.get("username") or configuration.get("dst")).replace("{DID}", did.attributes["number"])
    host, port = configuration.get("host"), configuration.get("port") or 5060
    return {
        "rings": True,
        "why": "",
        "trunk": trunks[0].attributes["name"],
        "to": f"sip:{user}@{host}:{port}" if host else f"registered:{configuration.get('incoming_auth_username', user)}",
        "channels": _channels(world, did),
    }


def dial(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """A call out. Parameters: given, with username, password, address (of the PBX) and cli (E.164)."""
    for trunk in world.store.all("voice_out_trunks"):
        method = trunk.attributes["authentication_method"]["attributes"]
        if (method["username"], method["password"]) == (given.get("username"), given.get("password")):
            return {"trunk": trunk.attributes["name"], **_placed(world, trunk, method, given)}
    return {"placed": False, "why": "wrong user name or password"}


def _placed(world: World, trunk: Record, method: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    address = ipaddress.ip_address(str(given["address"]))
    if not any(address in ipaddress.ip_network(network) for network in method["allowed_sip_ips"]):
        return {"placed": False, "why": "the address is not allowed"}
    if trunk.attributes["status"] != "active":
        return {"placed": False, "why": "the trunk is blocked"}
    did = world.number_of(str(given.get("cli", "")))
    allowed = did is not None and (trunk.attributes["allow_any_did_as_cli"] or did.ref in trunk.many("dids"))
    if not allowed and trunk.attributes["on_cli_mismatch_action"] == "reject_call":
        return {"placed": False, "why": "the caller's number is not allowed"}
    return {"placed": True, "why": ""}
