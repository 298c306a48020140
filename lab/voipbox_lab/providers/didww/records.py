# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's memory: records of each type, in the order in which they were made."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_NAMESPACE = uuid.UUID("6f6a6a7e-43f3-4a0e-9a3e-0d1b3b0d77aa")


class Ref(NamedTuple):
    """A record's address."""

    type: str
    id: str


@functools.cache
def fixed_id(label: str) -> str:
    """An id that is the same in every sandbox, for what is seeded."""
    return str(uuid.uuid5(_NAMESPACE, label))


def new_id() -> str:
    """An id for what a client makes."""
    return str(uuid.uuid4())


Link = Ref | list[Ref] | None


@dataclass
class Record:
    """One record. Parameters: links, relationships by name; meta, as shown; hidden, what the wire never shows."""

    type: str
    id: str
    attributes: dict[str, Any]
    links: dict[str, Link] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        """Its address."""
        return Ref(self.type, self.id)

    def one(self, name: str) -> Ref | None:
        """A relationship to one record."""
        link = self.links.get(name)
        return link if isinstance(link, Ref) else None

    def many(self, name: str) -> list[Ref]:
        """A relationship to many records."""
        link = self.links.get(name)
        return list(link) if isinstance(link, list) else []


class Store:
    """All records."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Record]] = {}

    def add(self, record: Record) -> Record:
        """Keep a record."""
        self._records.setdefault(record.type, {})[record.id] = record
        return record

    def drop(self, ref: Ref) -> None:
        """Forget a record, and every relationship that leads to it."""
        self._records.get(ref.type, {}).pop(ref.id, None)
        for records in self._records.values():
            for record in records.values():
                for name, link in record.links.items():
                    if link == ref:
                        record.links[name] = None
                    elif isinstance(link, list) and ref in link:
                        link.remove(ref)

    def get(self, kind: str, identifier: str) -> Record | None:
        """A record by type and id."""
        return self._records.get(kind, {}).get(identifier)

    def at(self, ref: Ref | None) -> Record | None:
        """The record at an address."""
        return None if ref is None else self.get(ref.type, ref.id)

    def need(self, ref: Ref | None) -> Record:
        """The record at an address that must be there. Raises LookupError."""
        record = self.at(ref)
        if record is None:
            raise LookupError(f"The sandbox has no record {ref}.")
        return record

    def all(self, kind: str) -> list[Record]:
        """Every record of a type."""
        return list(self._records.get(kind, {}).values())

    def where(self, kind: str, link: str, ref: Ref) -> Iterator[Record]:
        """Records of a type whose relationship leads to an address."""
        for record in self.all(kind):
            found = record.links.get(link)
            if found == ref or (isinstance(found, list) and ref in found):
                yield record
