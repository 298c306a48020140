# SPDX-License-Identifier: GPL-3.0-or-later
"""How a type of the API is described.

Source: the provider's description of version 2026-04-16 and the list of filters that its TypeScript client keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .filters import Filter, at, contains

READ = frozenset({"list", "get"})
ALL = frozenset({"list", "get", "create", "update", "delete"})
ACTION = frozenset({"create"})
"""What is only done, never read: its answers have no relationships."""


@dataclass(frozen=True)
class Relation:
    """A relationship. Parameters: types, of what it leads to; via, the relationship that leads back, where it is not stored."""

    types: tuple[str, ...]
    many: bool = False
    via: str = ""


@dataclass(frozen=True)
class Kind:
    """A type. Parameters: verbs, what may be done with it; total, the name of the count in a list's meta; paged, whether
    lists come in pages."""

    attributes: tuple[str, ...]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    verbs: frozenset[str] = READ
    paged: bool = True
    total: str = "total_records"


def to(kind: str) -> Relation:
    """To one record of a type."""
    return Relation((kind,))


def to_many(kind: str, via: str = "") -> Relation:
    """To many of them."""
    return Relation((kind,), many=True, via=via)


def equal(*names: str) -> dict[str, Filter]:
    """Filters by values at paths."""
    return {name: at(name) for name in names}


def with_part(*names: str) -> dict[str, Filter]:
    """Filters by values, and by parts of them."""
    return {**equal(*names), **{f"{name}_contains": contains(name) for name in names}}


COUNTRY = {"country": to("countries")}
