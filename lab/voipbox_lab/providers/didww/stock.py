# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers for sale: which are free, which are reserved, which went."""

from __future__ import annotations

from .records import Record, Ref, Store, fixed_id


class Stock:
    """Parameters: store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._free: dict[Ref, dict[str, None]] = {}

    def add(self, group: Ref, number: str, prefix: Ref | None = None) -> Record:
        """Offer a number, or offer it again under the same id."""
        record = Record(
            "available_dids",
            fixed_id(f"available {number}"),
            {"number": number},
            {"did_group": group, "nanpa_prefix": prefix},
        )
        self._free.setdefault(group, {})[record.id] = None
        return self._store.add(record)

    def count(self, group: Ref) -> int:
        """How many are free."""
        return len(self._free.get(group, {}))

    def free(self, group: Ref, prefix: Ref | None = None) -> Record | None:
        """One that is free, from a prefix where one is named."""
        for identifier in self._free.get(group, {}):
            record = self._store.need(Ref("available_dids", identifier))
            if prefix in (None, record.one("nanpa_prefix")):
                return record
        return None

    def is_free(self, record: Record) -> bool:
        """True while nobody reserved it."""
        group = record.one("did_group")
        return group is not None and record.id in self._free.get(group, {})

    def hold(self, record: Record) -> None:
        """Reserve it."""
        self._free[self._group(record)].pop(record.id, None)

    def unhold(self, record: Record) -> None:
        """Let a reservation go."""
        if self._store.at(record.ref):
            self._free[self._group(record)][record.id] = None

    def take(self, record: Record) -> None:
        """It is gone: sold, to us or to somebody else."""
        self.hold(record)
        self._store.drop(record.ref)

    def by_number(self, number: str) -> Record | None:
        """The offered record of a number (E.164 without plus)."""
        return self._store.get("available_dids", fixed_id(f"available {number}"))

    @staticmethod
    def _group(record: Record) -> Ref:
        group = record.one("did_group")
        if group is None:
            raise LookupError(f"The number {record.attributes['number']} is in no group.")
        return group
