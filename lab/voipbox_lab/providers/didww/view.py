# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as the wire shows them: attributes and meta that are worked out on the way, and relationships read backwards."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from .kind import Relation
from .kinds import KINDS
from .records import Record, Store

Overlay = Callable[[Record], dict[str, Any]]


class View:
    """Parameters: store; now, the sandbox's present."""

    def __init__(self, store: Store, now: Callable[[], datetime.datetime]) -> None:
        self.store = store
        self.now = now
        self._attributes: dict[str, Overlay] = {}
        self._meta: dict[str, Overlay] = {}

    def work_out(self, kind: str, attributes: Overlay | None = None, meta: Overlay | None = None) -> None:
        """Say how attributes or meta of a type come about."""
        if attributes:
            self._attributes[kind] = attributes
        if meta:
            self._meta[kind] = meta

    def attributes(self, record: Record) -> dict[str, Any]:
        """What stands in attributes."""
        overlay = self._attributes.get(record.type)
        return {**record.attributes, **overlay(record)} if overlay else record.attributes

    def meta(self, record: Record) -> dict[str, Any]:
        """What stands in the meta of a record."""
        overlay = self._meta.get(record.type)
        return {**record.meta, **overlay(record)} if overlay else record.meta

    def related(self, record: Record, name: str) -> list[Record]:
        """The records to which a relationship leads."""
        return self._related(record, name, KINDS[record.type].relations[name])

    def _related(self, record: Record, name: str, relation: Relation) -> list[Record]:
        if relation.via:
            return [found for kind in relation.types for found in self.store.where(kind, relation.via, record.ref)]
        refs = record.many(name) if relation.many else [ref for ref in [record.one(name)] if ref]
        return [found for found in map(self.store.at, refs) if found]
