# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrations that customers hand in, and the reviewer who decides about them."""

from __future__ import annotations

from typing import Any, ClassVar

from .body import Given
from .files import copies
from .handler import Handler
from .kind import Relation
from .kinds import KINDS
from .numbers import Numbers
from .records import Record
from .requirements import Faults
from .wire import sentence_error
from .world import World


class Verifications(Handler):
    """Parameters: world; numbers, which an approval lets work."""

    kind = "address_verifications"
    attributes: ClassVar[tuple[str, ...]] = (
        "service_description",
        "callback_url",
        "callback_method",
        "external_reference_id",
    )
    changeable = ("external_reference_id",)
    changeable_links = ()
    relations: ClassVar = {
        **KINDS["address_verifications"].relations,
        "onetime_files": Relation(("encrypted_files",), many=True),
    }

    def __init__(self, world: World, numbers: Numbers) -> None:
        super().__init__(world)
        self._numbers = numbers

    def create(self, given: Given) -> Record:
        """Hand in. Nothing says that a reference is unique: the same registration can be handed in twice."""
        given.require_links("dids", "address")
        given.callback()
        given.short()
        given.check()
        dids = [self.store.need(ref) for ref in given.many("dids")]
        address = self.store.need(given.one("address"))
        given.errors += [sentence_error(sentence) for sentence in self._faults(given, dids, address)]
        given.check()
        record = self.world.make(
            self.kind,
            {
                **dict.fromkeys(self.attributes),
                "status": "pending",
                "reject_reasons": [],
                "reject_comment": None,
                "reference": self.world.reference(),
            },
        )
        given.onto(record, "onetime_files")
        record.hidden["files"] = copies(self.world, given.many("onetime_files"))
        for did in dids:
            did.links["address_verification"] = record.ref
        if self.world.settings.approve_after is not None:
            self.world.schedule.after(self.world.settings.approve_after, lambda: self._approve_pending(record))
        return record

    def _faults(self, given: Given, dids: list[Record], address: Record) -> list[str]:
        groups = [self.world.group_of(did) for did in dids]
        if len({(group.one("country"), group.one("did_group_type")) for group in groups}) > 1:
            return ["All DIDs must belong to the same country and DID group type"]
        requirement = self.store.at(groups[0].one("address_requirement"))
        if requirement is None or any(did.attributes["terminated"] for did in dids):
            return ["Address verification is not needed"]
        identity = self.store.need(address.one("identity"))
        faults = Faults(self.world, requirement, groups[0])
        found = faults.of_identity(identity) + faults.of_address(address)
        for group in groups[1:]:
            found += [each for each in Faults(self.world, requirement, group).of_address(address) if each not in found]
        return found + faults.of_service(identity, given.many("onetime_files"), given.attributes.get("service_description"))

    def update(self, record: Record, given: Given) -> None:
        """The reference of the customer is all that may be changed."""
        given.short()
        given.check()
        given.onto(record)

    def _approve_pending(self, record: Record) -> None:
        if record.attributes["status"] == "pending":
            self.approve(record)

    def approve(self, record: Record) -> None:
        """The reviewer agrees; the numbers work after a while. Raises ValueError for one that is decided."""
        self._decide(record, "approved")
        address = self.store.need(record.one("address"))
        identity = self.store.need(address.one("identity"))
        address.attributes["verified"] = identity.attributes["verified"] = True
        self.world.schedule.after(self.world.settings.activation_delay, lambda: self._activate(record))
        self.world.tell(record, {"status": "approved"})

    def _activate(self, record: Record) -> None:
        for ref in record.many("dids"):
            did = self.store.at(ref)
            if did:
                self._numbers.register(did, record)

    def reject(self, record: Record, reasons: list[str], comment: str | None) -> None:
        """The reviewer does not agree. Raises ValueError for one that is decided."""
        self._decide(record, "rejected")
        record.attributes.update(reject_reasons=list(reasons), reject_comment=comment)
        payload: dict[str, Any] = {"status": "rejected", "reject_reason": ", ".join(reasons)}
        if comment:
            payload["reject_comment"] = comment
        self.world.tell(record, payload)

    @staticmethod
    def _decide(record: Record, status: str) -> None:
        if record.attributes["status"] != "pending":
            raise ValueError(f"The verification is {record.attributes['status']} already.")
        record.attributes["status"] = status
