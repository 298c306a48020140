# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls out: trunks with generated credentials, allowed addresses and a limit to what is spent in a day."""

from __future__ import annotations

import ipaddress
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from . import money
from .body import Given, inner
from .handler import Handler
from .kinds import KINDS
from .records import Record
from .wire import Refusal, forbidden, not_allowed
from .world import World

_METHOD = "/data/attributes/authentication_method"
_SENT = ("allowed_sip_ips", "tech_prefix")
_SERVERS = ("username", "password")
_FIXED = ("created_at", "threshold_reached")


def credentials() -> dict[str, str]:
    """A new user name and password."""
    return {"username": secrets.token_urlsafe(12), "password": secrets.token_urlsafe(18)}


def _amount(value: Any) -> Decimal | None:
    """An amount of money; None where it is none."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _network(address: Any) -> str:
    return str(ipaddress.ip_network(str(address), strict=False))


class TrunksOut(Handler):
    """Trunks for calls out."""

    kind = "voice_out_trunks"
    attributes: ClassVar[tuple[str, ...]] = tuple(name for name in KINDS["voice_out_trunks"].attributes if name not in _FIXED)
    relations = KINDS["voice_out_trunks"].relations

    def check_allowed(self) -> None:
        """Calls out have to be switched on for an account."""
        if not self.world.settings.voice_out:
            raise forbidden("Voice OUT trunks are not enabled for this account")

    def create(self, given: Given) -> Record:
        """Make a trunk; the answer has its credentials."""
        given.require("name", "on_cli_mismatch_action", "authentication_method")
        common = {
            "allow_any_did_as_cli": False,
            "status": "active",
            "threshold_amount": "3000.0",
            "media_encryption_mode": "disabled",
            "default_dst_action": "allow_all",
            "dst_prefixes": [],
            "force_symmetric_rtp": False,
            "rtp_ping": False,
            "emergency_enable_all": False,
            "rtp_timeout": 30,
        }
        given.attributes = {**common, **given.attributes}
        self._check(given, None)
        record = self.world.make(self.kind, {**dict.fromkeys(self.attributes), "threshold_reached": False})
        record.hidden["spent"] = Decimal(0)
        given.onto(record)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change a trunk."""
        self._check(given, record)
        given.onto(record)
        if record.attributes["status"] == "active" and "status" in given.attributes:
            record.attributes["threshold_reached"] = False
            record.hidden["spent"] = Decimal(0)

    def _check(self, given: Given, record: Record | None) -> None:
        self.unique(given, "name", record)
        given.short()
        given.one_of("on_cli_mismatch_action", ("send_original_cli", "reject_call"))
        given.one_of("default_dst_action", ("allow_all", "reject_all"))
        given.one_of("status", ("active", "blocked"))
        given.whole("capacity_limit", 1)
        if given.attributes.get("threshold_amount") is not None:
            amount = _amount(given.attributes["threshold_amount"])
            if amount is None:
                given.fault("threshold_amount", "is not a number")
            else:
                given.attributes["threshold_amount"] = money.text(amount)
        if given.attributes.get("authentication_method"):
            self._method(given, record)
        for name in ("dids", "default_did"):
            refs = given.many(name) or [ref for ref in [given.one(name)] if ref]
            if not all(self._calls_out(self.store.need(ref)) for ref in refs):
                given.fault_at_link(name)
        given.check()

    def _calls_out(self, did: Record) -> bool:
        is_free = self.world.settings.caller_ids == "any"
        return not did.attributes["terminated"] and (is_free or "voice_out" in self.world.group_of(did).attributes["features"])

    @staticmethod
    def _method(given: Given, record: Record | None) -> None:
        """Only addresses may be sent: the provider makes the credentials, and only its staff trunks without any."""
        kind, values = inner(given.attributes["authentication_method"])
        if kind != "credentials_and_ip":
            given.fault("type", "is not allowed for creation", f"{_METHOD}/type")
            return
        if values is None:
            given.fault("authentication_method", "is invalid")
            return
        old = record.attributes["authentication_method"]["attributes"] if record else {}
        wrong = [name for name in values if name not in _SENT and values[name] != old.get(name)]
        if wrong:
            raise Refusal(400, [found for name in wrong for found in not_allowed(name).errors])
        try:
            addresses = [_network(each) for each in values.get("allowed_sip_ips", old.get("allowed_sip_ips")) or []]
        except (ValueError, TypeError):
            addresses = []
        if not addresses:
            given.fault("authentication_method", "is invalid")
        kept = {name: old[name] for name in _SERVERS} if old else credentials()
        merged = {"allowed_sip_ips": addresses, "tech_prefix": values.get("tech_prefix", old.get("tech_prefix")), **kept}
        given.attributes["authentication_method"] = {"type": kind, "attributes": merged}


class Regenerations(Handler):
    """New credentials for a trunk for calls out; the old ones are worth nothing at once."""

    kind = "voice_out_trunk_regenerate_credentials"
    relations = KINDS["voice_out_trunk_regenerate_credentials"].relations

    def create(self, given: Given) -> Record:
        """Make them; the answer has only an id."""
        given.require_links("voice_out_trunk")
        given.check()
        trunk = self.store.need(given.one("voice_out_trunk"))
        method = trunk.attributes["authentication_method"]
        trunk.attributes["authentication_method"] = {**method, "attributes": {**method["attributes"], **credentials()}}
        record = self.world.make(self.kind, {})
        self.store.drop(record.ref)
        return record


def work_out(world: World) -> None:
    """Tell the view what of trunks comes about on the way."""
    world.view.work_out("voice_out_trunks", meta=lambda trunk: {"spent_amount": money.text(trunk.hidden["spent"])})
    world.view.work_out(
        "voice_in_trunk_groups",
        meta=lambda group: {"trunks_count": len(world.links_to("voice_in_trunks", "voice_in_trunk_group", group.ref))},
    )


def spend(world: World, trunk: Record, amount: Decimal) -> None:
    """Calls for so much: beyond the limit the trunk is blocked and the customer told, in JSON."""
    trunk.hidden["spent"] += amount
    limit = trunk.attributes["threshold_amount"]
    if limit is not None and trunk.hidden["spent"] >= Decimal(limit) and trunk.attributes["status"] == "active":
        trunk.attributes.update(status="blocked", threshold_reached=True)
        told = {"status": "blocked", "threshold_reached": True, "created_at": world.stamp()}
        world.tell(trunk, told)
