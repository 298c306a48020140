# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in JSON:API: linkage only where a relationship was included, links of pages only where there are such pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from .kind import ACTION, Kind
from .kinds import KINDS
from .query import Query
from .records import Record, Ref
from .view import View


class Documents:
    """Parameters: view; base, the URL of the API as the client wrote it."""

    def __init__(self, view: View, base: str) -> None:
        self._view = view
        self._base = base.rstrip("/")

    def one(self, record: Record | None, query: Query) -> dict[str, Any]:
        """The document of a record, or of none."""
        if record is None:
            return {"data": None}
        document: dict[str, Any] = {"data": self._resource(record, query, query.include)}
        return self._with_included(document, [record], query)

    def many(self, path: str, kind: Kind, records: Sequence[Record], query: Query, total: int | None = None) -> dict[str, Any]:
        """The document of a list. Parameters: path, below the base; total, how many there are, where more than the records."""
        count = len(records) if total is None else total
        shown = records[(query.number - 1) * query.size : query.number * query.size] if kind.paged else records
        document: dict[str, Any] = {"data": [self._resource(record, query, query.include) for record in shown]}
        self._with_included(document, shown, query)
        if kind.total:
            document["meta"] = {kind.total: count}
        if kind.paged:
            document["links"] = self._pages(path, query, max(1, -(-count // query.size)))
        return document

    def _pages(self, path: str, query: Query, last: int) -> dict[str, str]:
        numbers = {"first": 1, "last": last, "prev": query.number - 1, "next": query.number + 1}
        others = [pair for pair in query.pairs if not pair[0].startswith("page[")]
        return {
            name: f"{self._base}{path}?{urlencode([*others, ('page[number]', number), ('page[size]', query.size)])}"
            for name, number in numbers.items()
            if 1 <= number <= last
        }

    def _with_included(self, document: dict[str, Any], records: Sequence[Record], query: Query) -> dict[str, Any]:
        if not query.include:
            return document
        # A record may be met on several ways; it stands once, with the linkage of all of them.
        found: dict[Ref, tuple[Record, list[tuple[str, ...]]]] = {}
        todo = [(record, path) for record in records for path in query.include]
        while todo:
            record, (step, *rest) = todo.pop(0)
            if step not in KINDS[record.type].relations:
                continue
            for related in self._view.related(record, step):
                _, paths = found.setdefault(related.ref, (related, []))
                if rest and tuple(rest) not in paths:
                    paths.append(tuple(rest))
                    todo.append((related, tuple(rest)))
        main = {record.ref for record in records}
        document["included"] = [self._resource(record, query, paths) for ref, (record, paths) in found.items() if ref not in main]
        return document

    def linkage(self, record: Record, name: str) -> Any:
        """What a relationship leads to: type and id."""
        refs = [{"type": found.type, "id": found.id} for found in self._view.related(record, name)]
        if KINDS[record.type].relations[name].many:
            return refs
        return refs[0] if refs else None

    def _resource(self, record: Record, query: Query, paths: Sequence[tuple[str, ...]]) -> dict[str, Any]:
        kind = KINDS[record.type]
        only = query.fields.get(record.type)
        included = {path[0] for path in paths}
        values = self._view.attributes(record)
        resource: dict[str, Any] = {"id": record.id, "type": record.type}
        attributes = {name: values.get(name) for name in kind.attributes if only is None or name in only}
        relationships = {
            name: self._relationship(record, name, name in included)
            for name in kind.relations
            if kind.verbs != ACTION and not name.startswith("_") and (only is None or name in only)
        }
        meta = {name: value for name, value in self._view.meta(record).items() if not name.startswith("_")}
        for name, part in (("attributes", attributes), ("relationships", relationships), ("meta", meta)):
            if part:
                resource[name] = part
        return resource

    def _relationship(self, record: Record, name: str, included: bool) -> dict[str, Any]:
        here = f"{self._base}/{record.type}/{record.id}"
        relationship: dict[str, Any] = {"links": {"self": f"{here}/relationships/{name}", "related": f"{here}/{name}"}}
        if included:
            relationship["data"] = self.linkage(record, name)
        return relationship
