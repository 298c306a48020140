# SPDX-License-Identifier: GPL-3.0-or-later
"""The query of a request: filter[...], include, sort, page[...] and fields[...], checked against what the API has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import filters
from .kind import Kind
from .kinds import KINDS
from .records import Record
from .view import View
from .wire import Refusal, error, not_allowed

PAGE_SIZE = 50
LARGEST_PAGE = 100
_BRACKETS = re.compile(r"^(filter|page|fields)\[([^\[\]]+)\]$")


@dataclass
class Query:
    """A checked query. Parameters: include, paths of relationships; sort, attributes with True for descending; pairs, the
    query as it came, for the links of pages."""

    wanted: dict[str, list[str]] = field(default_factory=dict)
    include: list[tuple[str, ...]] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    number: int = 1
    size: int = PAGE_SIZE
    fields: dict[str, set[str]] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()

    def select(self, view: View, kind: Kind, records: Iterable[Record]) -> list[Record]:
        """The records that are wanted, in the wanted order."""
        tests = [(kind.filters[name], values) for name, values in self.wanted.items()]
        for test, values in tests:
            test.check(view, values)
        found = [record for record in records if all(test.fits(view, record, values) for test, values in tests)]
        for name, descending in reversed(self.sort):
            found.sort(key=lambda record, name=name: _sortable(view, record, name), reverse=descending)  # type: ignore[misc]
        return found


def _sortable(view: View, record: Record, name: str) -> tuple[bool, str]:
    value = record.id if name == "id" else view.attributes(record).get(name)
    return (value is not None, str(value).zfill(20) if isinstance(value, int) else str(value))


def parse(kind: str, pairs: Iterable[tuple[str, str]]) -> Query:
    """Read a query for a type. Raises Refusal with what is not allowed."""
    query = Query(pairs=tuple(pairs))
    for name, value in query.pairs:
        if name == "include":
            query.include += [_path(kind, path) for path in value.split(",") if path]
        elif name == "sort":
            query.sort += [_sort(kind, part) for part in value.split(",") if part]
        elif match := _BRACKETS.match(name):
            _bracketed(query, kind, match[1], match[2], value)
        else:
            raise not_allowed(name)
    filters.check(query.wanted, dict(KINDS[kind].filters))
    return query


def _bracketed(query: Query, kind: str, group: str, name: str, value: str) -> None:
    if group == "filter":
        query.wanted.setdefault(name, []).extend(value.split(","))
    elif group == "fields":
        query.fields[name] = _fields(name, value)
    elif not KINDS[kind].paged or name not in ("number", "size"):
        raise Refusal(400, [error(400, "117", "Invalid page object", f"{name} is not a valid page parameter.")])
    else:
        highest = LARGEST_PAGE if name == "size" else 10**6
        if not value.isdigit() or not 1 <= int(value) <= highest:
            raise Refusal(400, [error(400, "118", "Invalid page value", f"{value} is not a valid value for {name}.")])
        setattr(query, name, int(value))


def _path(kind: str, path: str) -> tuple[str, ...]:
    kinds, steps = {kind}, path.split(".")
    for step in steps:
        relations = [KINDS[each].relations.get(step) for each in kinds]
        if step.startswith("_") or not any(relations):
            raise Refusal(400, [error(400, "112", "Invalid field", f"{step} is not a valid includable relationship of {kind}")])
        kinds = {found for relation in relations if relation for found in relation.types}
    return tuple(steps)


def _sort(kind: str, part: str) -> tuple[str, bool]:
    name = part.removeprefix("-")
    if name != "id" and name not in KINDS[kind].attributes:
        raise Refusal(400, [error(400, "114", "Invalid sort criteria", f"{name} is not a valid sort criteria for {kind}")])
    return name, part.startswith("-")


def _fields(kind: str, value: str) -> set[str]:
    if kind not in KINDS:
        raise Refusal(400, [error(400, "101", "Invalid resource", f"{kind} is not a valid resource.")])
    known = {*KINDS[kind].attributes, *KINDS[kind].relations}
    wanted = {name for name in value.split(",") if name}
    wrong = sorted(name for name in wanted if name not in known or name.startswith("_"))
    if wrong:
        raise Refusal(400, [error(400, "104", "Invalid field", f"{name} is not a valid field for {kind}.") for name in wrong])
    return wanted
