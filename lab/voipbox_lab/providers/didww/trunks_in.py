# SPDX-License-Identifier: GPL-3.0-or-later
"""Where calls to numbers go: trunks and groups of trunks. Their names are unique in the account."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from .body import Given, inner
from .handler import Handler, attach
from .kind import Relation
from .kinds import KINDS
from .records import Record
from .wire import Refusal, invalid, not_allowed

# What a trunk has that says nothing else.
_SIP: dict[str, Any] = {
    "username": None,
    "host": None,
    "port": None,
    "codec_ids": [9, 10],
    "rx_dtmf_format_id": 1,
    "tx_dtmf_format_id": 1,
    "resolve_ruri": False,
    "auth_enabled": False,
    "auth_user": None,
    "auth_password": None,
    "auth_from_user": None,
    "auth_from_domain": None,
    "sst_enabled": False,
    "sst_min_timer": 600,
    "sst_max_timer": 900,
    "sst_accept_501": True,
    "sip_timer_b": 8000,
    "dns_srv_failover_timer": 2000,
    "rtp_ping": False,
    "rtp_timeout": 30,
    "force_symmetric_rtp": False,
    "symmetric_rtp_ignore_rtcp": False,
    "rerouting_disconnect_code_ids": [],
    "sst_session_expires": None,
    "sst_refresh_method_id": 1,
    "transport_protocol_id": 1,
    "max_transfers": 0,
    "max_30x_redirects": 0,
    "media_encryption_mode": "disabled",
    "stir_shaken_mode": "disabled",
    "allowed_rtp_ips": None,
    "network_protocol_priority": "force_ipv4",
    "enabled_sip_registration": False,
    "use_did_in_ruri": False,
    "diversion_relay_policy": "none",
    "diversion_inject_mode": "none",
    "cnam_lookup": False,
}
_PSTN: dict[str, Any] = {"dst": None}
_CONFIGURATIONS = {"sip_configurations": _SIP, "pstn_configurations": _PSTN}
_GENERATED = ("incoming_auth_username", "incoming_auth_password")
_POINTER = "/data/attributes/configuration"


class TrunksIn(Handler):
    """Trunks to a host of the customer, or to one that registers."""

    kind = "voice_in_trunks"
    attributes: ClassVar[tuple[str, ...]] = tuple(name for name in KINDS["voice_in_trunks"].attributes if name != "created_at")
    relations = KINDS["voice_in_trunks"].relations

    def create(self, given: Given) -> Record:
        """Make a trunk."""
        given.require("name", "configuration")
        given.check()
        common = {"priority": 1, "weight": 65535, "capacity_limit": None, "cli_format": "e164", "ringing_timeout": None}
        given.attributes = {**common, **given.attributes}
        self._check(given, None)
        record = self.world.make(self.kind, dict.fromkeys(self.attributes))
        given.onto(record)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change a trunk; a configuration is merged into the one there."""
        if "name" in given.attributes:
            given.require("name")
        self._check(given, record)
        given.onto(record)

    def _check(self, given: Given, record: Record | None) -> None:
        self.unique(given, "name", record)
        given.short()
        given.one_of("cli_format", ("raw", "e164", "local"))
        given.whole("priority", 0, 65535)
        given.whole("weight", 0, 65535)
        given.whole("capacity_limit", 1)
        given.whole("ringing_timeout", 1)
        if "configuration" in given.attributes:
            given.attributes["configuration"] = self._configuration(given, record)
        given.check()

    def _configuration(self, given: Given, record: Record | None) -> dict[str, Any]:
        kind, values = inner(given.attributes["configuration"])
        if kind not in _CONFIGURATIONS or values is None:
            given.fault("configuration", "is invalid")
            raise invalid(*given.errors)
        wrong = [name for name in values if name not in _CONFIGURATIONS[kind]]
        if wrong:
            raise Refusal(400, [found for name in wrong for found in not_allowed(name).errors])
        old = dict(record.attributes["configuration"]) if record else {}
        before: dict[str, Any] = old["attributes"] if old.get("type") == kind else {}
        merged = {**_CONFIGURATIONS[kind], **before, **values}
        if kind == "pstn_configurations":
            if not merged["dst"]:
                given.fault("dst", "can't be blank", f"{_POINTER}/dst")
        elif merged["enabled_sip_registration"]:
            self._registering(given, merged)
        else:
            merged = {name: value for name, value in merged.items() if name not in _GENERATED}
            for name in ("username", "host"):
                if not merged[name]:
                    given.fault(name, "can't be blank", f"{_POINTER}/{name}")
        return {"type": kind, "attributes": merged}

    @staticmethod
    def _registering(given: Given, merged: dict[str, Any]) -> None:
        """A trunk that the customer's server registers for has no host; the provider makes its user name and password."""
        for name in ("host", "port"):
            if merged[name] is not None:
                given.fault(name, "must be blank", f"{_POINTER}/{name}")
        if not merged["use_did_in_ruri"]:
            given.fault("use_did_in_ruri", "must be true", f"{_POINTER}/use_did_in_ruri")
        merged.setdefault("incoming_auth_username", f"reg-{secrets.token_hex(4)}")
        merged.setdefault("incoming_auth_password", secrets.token_urlsafe(16))


class TrunkGroups(Handler):
    """Trunks that stand in for each other."""

    kind = "voice_in_trunk_groups"
    attributes: ClassVar[tuple[str, ...]] = ("name", "capacity_limit", "external_reference_id")
    relations: ClassVar = {"voice_in_trunks": Relation(("voice_in_trunks",), many=True)}

    def create(self, given: Given) -> Record:
        """Make a group."""
        given.require("name")
        self._check(given, None)
        record = self.world.make(self.kind, dict.fromkeys(self.attributes))
        self._write(record, given)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change a group."""
        self._check(given, record)
        self._write(record, given)

    def _check(self, given: Given, record: Record | None) -> None:
        self.unique(given, "name", record)
        given.short()
        given.whole("capacity_limit", 1)
        given.check()

    def _write(self, record: Record, given: Given) -> None:
        given.onto(record, "voice_in_trunks")
        if "voice_in_trunks" in given.links:
            attach(self.world, "voice_in_trunks", "voice_in_trunk_group", record.ref, given.many("voice_in_trunks"))
