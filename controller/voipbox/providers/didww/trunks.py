# SPDX-License-Identifier: GPL-3.0-or-later
"""Trunks: calls to us by an inbound trunk that knows the PBX, calls from us by an outbound one with credentials."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from voipbox.core.errors import Fault
from voipbox.providers.errors import AccessDenied, AlreadyExists, BadRequest, Conflict, NotFound, Temporary
from voipbox.providers.records import Trunk, TrunkWanted

from .capacity import Capacity
from .client import Client, at, exactly, to
from .document import Resource

_IN, _OUT = "voice_in_trunks", "voice_out_trunks"
_PCMU, _PCMA, _UDP = 9, 10, 1
_SECOND = "-b"
"""Ends the name of a trunk that replaces another of the same wanted name."""


class Trunks:
    """The account's trunks, found again by name, which is unique at the provider."""

    def __init__(self, client: Client, capacity: Capacity) -> None:
        self._client, self._capacity = client, capacity

    def ensure(self, wanted: TrunkWanted) -> Trunk:
        """Make both trunks or bring them to what is wanted; nothing is written where they are so already."""
        _check(wanted)
        inbound = self._inbound(wanted)
        outbound = self._outbound(wanted)
        username, password = user_of(outbound), str(_method(outbound).get("password") or "")
        if not username:
            raise Temporary(f"The provider has not made credentials for the trunk {wanted.name} yet.")
        return Trunk(wanted.name, username, {"inbound": inbound.id, "outbound": outbound.id}, password)

    def rekey(self, wanted: TrunkWanted, old: Trunk) -> Trunk:
        """A second trunk beside the old one, with its numbers as caller ids. Numbers move to it by being routed anew."""
        name = wanted.name if wanted.name != old.name else wanted.name + _SECOND
        made = self.ensure(replace(wanted, name=name))
        if old.ids.get("outbound"):
            for did in self._caller_ids(old.ids["outbound"]) or ():
                self.allow_caller_id(made, did)
        return made

    def drop(self, trunk: Trunk) -> None:
        """Remove both trunks and their capacity group. Raises Conflict, before anything is removed, while numbers lead here."""
        inbound, outbound = trunk.ids.get("inbound", ""), trunk.ids.get("outbound", "")
        if inbound:
            filters = {"filter[voice_in_trunk.id]": inbound, "include": "voice_in_trunk"}
            dids = self._client.all("dids", filters, f"the numbers of the trunk {trunk.name}")
            leads = [
                did for did in dids if did.link("voice_in_trunk") == inbound and did.attributes.get("terminated") is not True
            ]
            still = sorted(f"+{did.text('number')}" for did in leads)
            if still:
                raise Conflict(f"The trunk {trunk.name} is still used by {', '.join(still)}. Nothing was removed.")
        if outbound:
            self._client.remove(_OUT, outbound, f"to remove the outbound trunk {trunk.name}")
        if inbound:
            self._client.remove(_IN, inbound, f"to remove the inbound trunk {trunk.name}")
        self._capacity.drop(trunk.name)

    def allow_caller_id(self, trunk: Trunk, did: str) -> None:
        """Let calls from a trunk show a number (id). The provider rejects calls that show any other."""
        outbound = trunk.ids["outbound"]
        known = self._caller_ids(outbound)
        if known is None:
            raise NotFound(f"The outbound trunk {trunk.name} is not at the provider any more.")
        if did not in known:
            relations = {"dids": [to("dids", each) for each in [*known, did]]}
            self._client.change(_OUT, outbound, relations=relations, doing=f"to allow a caller id on {trunk.name}")

    def _caller_ids(self, outbound: str) -> list[str] | None:
        """Numbers (ids) that a trunk may show, without those that were given back: the provider takes no list with them."""
        answer = self._client.find(at(_OUT, outbound), {"include": "dids"}, "the caller ids of a trunk")
        if answer is None or answer.one is None:
            return None
        return [did.id for did in answer.related(answer.one, "dids") if did.attributes.get("terminated") is not True]

    def _inbound(self, wanted: TrunkWanted) -> Resource:
        configuration = {
            "username": "{DID}",
            "host": wanted.pbx_host,
            "port": wanted.pbx_port,
            "codec_ids": [_PCMU, _PCMA],
            "transport_protocol_id": _UDP,
            "media_encryption_mode": "disabled",
        }
        attributes = {
            "name": wanted.name,
            "external_reference_id": wanted.name,
            "description": wanted.label,
            "priority": 1,
            "weight": 65535,
            "capacity_limit": wanted.channels,
            "cli_format": "e164",
            "ringing_timeout": 60,
            "configuration": {"type": "sip_configurations", "attributes": configuration},
        }
        found = self._named(_IN, wanted.name)
        if found is None:
            return self._made(_IN, attributes, f"the inbound trunk {wanted.name}")
        told = _mapping(_mapping(found.attributes.get("configuration")).get("attributes"))
        same = (
            all(told.get(name) == value for name, value in configuration.items())
            and all(found.attributes.get(name) == attributes[name] for name in ("capacity_limit", "cli_format"))
            and found.text("description") == wanted.label
        )
        if not same:
            doing = f"to correct the inbound trunk {wanted.name}"
            return self._client.change(_IN, found.id, attributes, doing=doing).one or found
        return found

    def _outbound(self, wanted: TrunkWanted) -> Resource:
        threshold = None if wanted.spend_limit is None else str(wanted.spend_limit)
        attributes = {
            "name": wanted.name,
            "external_reference_id": wanted.name,
            "on_cli_mismatch_action": "reject_call",
            "allow_any_did_as_cli": False,
            "capacity_limit": wanted.channels,
            "threshold_amount": threshold,
            "authentication_method": {
                "type": "credentials_and_ip",
                "attributes": {"allowed_sip_ips": list(wanted.pbx_addresses)},
            },
        }
        doing = f"the outbound trunk {wanted.name}"
        try:
            found = self._named(_OUT, wanted.name)
            if found is None:
                return self._made(_OUT, attributes, doing)
            same = (
                found.attributes.get("on_cli_mismatch_action") == "reject_call"
                and found.attributes.get("allow_any_did_as_cli") is False
                and found.attributes.get("capacity_limit") == wanted.channels
                and found.money("threshold_amount") == wanted.spend_limit
                and _networks(_method(found).get("allowed_sip_ips")) == _networks(wanted.pbx_addresses)
            )
            if same:
                return found
            self._client.change(_OUT, found.id, attributes, doing=f"to correct {doing}")
            return self._client.get(at(_OUT, found.id), None, doing).one or found
        except AccessDenied as error:
            raise AccessDenied(
                f"{error} Outbound trunks must be switched on for the account: ask the provider's sales, then try again.",
                error.code,
            ) from None

    def _made(self, kind: str, attributes: Mapping[str, Any], doing: str) -> Resource:
        """Make a trunk and read it back: the server makes the credentials. One of this name that came in between is taken."""
        try:
            made = self._client.create(kind, attributes, doing=doing).one
        except AlreadyExists:
            made = None
        if made is not None and kind == _OUT and not _method(made).get("password"):
            made = self._client.get(at(kind, made.id), None, doing).one
        found = made or self._named(kind, str(attributes["name"]))
        if found is None:
            raise Temporary(f"The provider took {doing}, but does not show it yet.")
        return found

    def _named(self, kind: str, name: str) -> Resource | None:
        return exactly(self._client.all(kind, {"filter[name]": name}, f"to look for the trunk {name}"), "name", name)


def _check(wanted: TrunkWanted) -> None:
    faults = []
    if not wanted.pbx_addresses:
        faults.append(Fault("pbx_addresses", "are missing: the provider takes calls from named addresses only"))
    for each in wanted.pbx_addresses:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            faults.append(Fault("pbx_addresses", f"{each} is no address"))
    if not wanted.pbx_host:
        faults.append(Fault("pbx_host", "is missing"))
    if faults:
        raise BadRequest(f"The trunk {wanted.name} is not whole: {'; '.join(map(str, faults))}. Nothing was sent.", faults=faults)


def user_of(outbound: Resource) -> str:
    """The user name of an outbound trunk."""
    return str(_method(outbound).get("username") or "")


def _method(trunk: Resource) -> Mapping[str, Any]:
    return _mapping(_mapping(trunk.attributes.get("authentication_method")).get("attributes"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _networks(addresses: Any) -> set[str]:
    """Addresses in one form: the provider adds /32 to single ones."""
    found = set()
    for each in addresses if isinstance(addresses, (list, tuple)) else ():
        try:
            found.add(str(ipaddress.ip_network(str(each), strict=False)))
        except ValueError:
            found.add(str(each))
    return found
