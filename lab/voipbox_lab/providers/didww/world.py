# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the sandbox: records, money, settings, what is due, and what it tells others."""

from __future__ import annotations

import datetime
import random
import secrets
import string
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .records import Record, Ref, Store, new_id
from .schedule import Schedule
from .settings import Settings
from .stock import Stock
from .view import View

if TYPE_CHECKING:
    from ..clock import Clock
    from ..journal import Journal
    from .keys import Keys

Tell = Callable[[Record, dict[str, Any]], None]
"""Sends a callback about a record, with a payload."""


class World:
    """Parameters: clock, journal; keys, to which files are encrypted; tell, which sends a callback."""

    def __init__(self, clock: Clock, journal: Journal, keys: Keys, tell: Tell) -> None:
        self.clock = clock
        self.journal = journal
        self.keys = keys
        self.tell = tell
        self.settings = Settings()
        self.store = Store()
        self.stock = Stock(self.store)
        self.schedule = Schedule(clock.now)
        self.view = View(self.store, clock.now)
        self.balance = Decimal(0)
        self.credit = Decimal(0)
        self.calls: list[dict[str, Any]] = []
        self.random = random.Random(0)

    def now(self) -> datetime.datetime:
        """The present there."""
        return self.clock.now()

    def stamp(self, moment: datetime.datetime | None = None) -> str:
        """A moment as the provider writes it; the present without one."""
        found = moment or self.now()
        return found.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{found.microsecond // 1000:03d}Z"

    def make(self, kind: str, attributes: dict[str, Any], **links: Any) -> Record:
        """Keep a new record, made now, or at the created_at that it brings."""
        return self.store.add(Record(kind, new_id(), {"created_at": self.stamp(), **attributes}, links))

    def reference(self) -> str:
        """A reference as the provider gives them: JAY-162470."""
        letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(3))
        return f"{letters}-{secrets.randbelow(10**6):06d}"

    def note(self, number: str, action: str, method: str = "api3", **meta: str) -> None:
        """Write into the history of numbers."""
        record = self.make("did_history", {"did_number": number, "action": action, "method": method})
        record.meta.update(meta)

    def vat(self, group: Record) -> Decimal:
        """The VAT rate of a group's country: 0.15 is 15 %."""
        return Decimal(str(self.store.need(group.one("country")).hidden["vat"]))

    def number_of(self, number: str) -> Record | None:
        """The owned number, E.164 with or without a plus."""
        digits = number.removeprefix("+")
        return next((did for did in self.store.all("dids") if did.attributes["number"] == digits), None)

    def group_of(self, did: Record) -> Record:
        """The group of an owned or offered number."""
        return self.store.need(did.one("did_group"))

    def links_to(self, kind: str, link: str, ref: Ref) -> list[Record]:
        """Records whose relationship leads to an address."""
        return list(self.store.where(kind, link, ref))
