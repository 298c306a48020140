# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sandbox was asked and what it sold. Nothing here is a secret: callers hand over details without them."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Entry:
    """A call. name: the method, or verb and path; status: the HTTP status, 0 where nothing was answered; outcome: the
    provider's own word for it; fault: the kind that happened, or empty."""

    sequence: int
    at: datetime.datetime
    name: str
    details: dict[str, Any] = field(default_factory=dict)
    status: int = 0
    outcome: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Purchase:
    """A number that was sold, for good: a release does not take it out of the journal."""

    at: datetime.datetime
    number: str
    reference: str


class Journal:
    """Calls and purchases in their order, safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._purchases: list[Purchase] = []
        self._sequence = 0

    def begin(self, at: datetime.datetime, name: str, details: Mapping[str, Any]) -> Entry:
        """Note that a call came in; the caller completes the entry."""
        with self._lock:
            self._sequence += 1
            entry = Entry(self._sequence, at, name, dict(details))
            self._entries.append(entry)
        return entry

    def bought(self, at: datetime.datetime, number: str, reference: str) -> None:
        """Note that a number was sold."""
        with self._lock:
            self._purchases.append(Purchase(at, number, reference))

    def calls(self, name: str = "") -> list[dict[str, Any]]:
        """All calls, or those of a name."""
        with self._lock:
            return [{**asdict(entry), "at": entry.at.isoformat()} for entry in self._entries if name in ("", entry.name)]

    def purchases(self, number: str = "", reference: str = "") -> list[dict[str, Any]]:
        """All purchases, or those of a number or a reference."""
        with self._lock:
            return [
                {**asdict(purchase), "at": purchase.at.isoformat()}
                for purchase in self._purchases
                if number in ("", purchase.number) and reference in ("", purchase.reference)
            ]

    def clear(self) -> None:
        """Forget calls and purchases."""
        with self._lock:
            self._entries.clear()
            self._purchases.clear()
