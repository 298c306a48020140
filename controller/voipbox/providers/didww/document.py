# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON:API document as plain objects, decoded leniently: what is missing is empty, never an error."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

Reference = tuple[str, str]
"""Type and id of a resource."""


@dataclass(frozen=True)
class Resource:
    """One resource of an answer. linked: the resources it points to, which the answer tells only of included relations."""

    type: str
    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    linked: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """An attribute as text, empty where it is missing or null."""
        value = self.attributes.get(name)
        return "" if value is None else str(value)

    def count(self, name: str) -> int:
        """An attribute as a whole number, 0 where it is none."""
        found = decimal(self.attributes.get(name))
        return int(found) if found is not None else 0

    def money(self, name: str) -> Decimal | None:
        """An attribute as money, None where it is none."""
        return decimal(self.attributes.get(name))

    def link(self, name: str) -> str:
        """The id of a to-one relation, empty where there is none or it was not included."""
        references = self.linked.get(name, ())
        return references[0][1] if references else ""


@dataclass(frozen=True)
class Document:
    """An answer. resources: the primary data; included: what came with it; following: address of the next page."""

    resources: tuple[Resource, ...] = ()
    included: Mapping[Reference, Resource] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    following: str = ""

    @property
    def one(self) -> Resource | None:
        """The only or first resource."""
        return self.resources[0] if self.resources else None

    def related(self, resource: Resource, name: str) -> list[Resource]:
        """The included resources of a relation."""
        return [self.included[each] for each in resource.linked.get(name, ()) if each in self.included]

    def relative(self, resource: Resource, name: str) -> Resource | None:
        """The included resource of a to-one relation."""
        found = self.related(resource, name)
        return found[0] if found else None


def read(body: Any) -> Document:
    """The document in a decoded JSON body."""
    if not isinstance(body, Mapping):
        return Document()
    data, included, links = body.get("data"), body.get("included"), body.get("links")
    rows = data if isinstance(data, list) else [data]
    return Document(
        resources=tuple(_resources(rows)),
        included={(each.type, each.id): each for each in _resources(included if isinstance(included, list) else [])},
        meta=_mapping(body.get("meta")),
        following=str(links.get("next") or "") if isinstance(links, Mapping) else "",
    )


def decimal(value: Any) -> Decimal | None:
    """A number of an answer; None for anything else. Prices come as text with differing digits."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def moment(value: Any) -> datetime.datetime | None:
    """A time of an answer, in UTC; some are a day only. None for anything else."""
    try:
        found = datetime.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found.astimezone(datetime.UTC)


def _resources(rows: Sequence[Any]) -> Iterator[Resource]:
    for row in rows:
        if isinstance(row, Mapping) and row.get("id") is not None:
            yield Resource(
                type=str(row.get("type") or ""),
                id=str(row["id"]),
                attributes=_mapping(row.get("attributes")),
                meta=_mapping(row.get("meta")),
                linked={str(name): _references(relation) for name, relation in _mapping(row.get("relationships")).items()},
            )


def _references(relation: Any) -> tuple[Reference, ...]:
    data = _mapping(relation).get("data")
    rows = data if isinstance(data, list) else [data]
    return tuple((str(row.get("type")), str(row.get("id"))) for row in rows if isinstance(row, Mapping))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
