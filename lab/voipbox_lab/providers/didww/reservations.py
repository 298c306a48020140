# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that are kept for the customer for some minutes."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from .body import Given
from .handler import Handler
from .kinds import KINDS
from .records import Record
from .wire import invalid, relation_error, sentence_error


class Reservations(Handler):
    """Up to a limit an account; they lapse on the sandbox's clock."""

    kind = "did_reservations"
    attributes: ClassVar[tuple[str, ...]] = ("description",)
    relations = KINDS["did_reservations"].relations

    def list_meta(self) -> dict[str, Any]:
        """How many more there may be."""
        return {"available_count": max(0, self.world.settings.reservation_limit - len(self.records()))}

    def create(self, given: Given) -> Record:
        """Keep a number. Somebody else's, one that is gone and one that is kept already are the same: invalid."""
        given.require_links("available_did")
        given.check()
        number = self.store.need(given.one("available_did"))
        if not self.world.stock.is_free(number):
            raise invalid(relation_error("available_did"))
        if len(self.records()) >= self.world.settings.reservation_limit:
            raise invalid(sentence_error("Reservations limit is reached"))
        now = self.world.now()
        expires = now + datetime.timedelta(seconds=self.world.settings.reservation_seconds)
        attributes = {
            "created_at": self.world.stamp(now),
            "expires_at": self.world.stamp(expires),
            "description": given.attributes.get("description"),
        }
        record = self.world.make(self.kind, attributes, available_did=number.ref)
        self.world.stock.hold(number)
        self.world.schedule.at(expires, lambda: self.delete(record))
        return record

    def delete(self, record: Record) -> None:
        """Let it go; the number is for everybody again."""
        if self.store.at(record.ref) is None:
            return
        number = self.store.at(record.one("available_did"))
        self.store.drop(record.ref)
        if number:
            self.world.stock.unhold(number)
