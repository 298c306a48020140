# SPDX-License-Identifier: GPL-3.0-or-later
"""What a type does when it is listed, made, changed and removed; subclasses fill in what they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .body import Given
from .kind import Relation
from .records import Record, Ref
from .wire import attribute_error, invalid, no_such_path
from .world import World


class Handler:
    """Parameters: world. A subclass names the type and what may be sent with it."""

    kind: ClassVar[str]
    attributes: ClassVar[tuple[str, ...]] = ()
    relations: ClassVar[Mapping[str, Relation]] = {}
    changeable: ClassVar[tuple[str, ...] | None] = None
    """Attributes that may be changed; None: all of them."""
    changeable_links: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.store

    def check_allowed(self) -> None:
        """Refuse an account that may not have these. Raises Refusal."""

    def records(self) -> list[Record]:
        """What a list is made of."""
        return self.store.all(self.kind)

    def list_meta(self) -> dict[str, Any]:
        """What stands in a list's meta besides the count."""
        return {}

    def create(self, given: Given) -> Record:
        """Make one."""
        raise no_such_path()

    def update(self, record: Record, given: Given) -> None:
        """Change one."""
        raise no_such_path()

    def delete(self, record: Record) -> None:
        """Remove one."""
        self.store.drop(record.ref)

    def unique(self, given: Given, name: str, record: Record | None = None) -> None:
        """Note a fault where another record of this type has the same value."""
        value = given.attributes.get(name)
        others = [other for other in self.store.all(self.kind) if other is not record]
        if value and any(other.attributes.get(name) == value for other in others):
            given.fault(name, "has already been taken")


def attach(world: World, kind: str, link: str, ref: Ref, wanted: list[Ref]) -> None:
    """Let exactly the wanted records of a type lead to an address."""
    for record in world.store.all(kind):
        if record.ref in wanted:
            record.links[link] = ref
        elif record.links.get(link) == ref:
            record.links[link] = None


def bad_link_of_number(name: str) -> Exception:
    """What the provider answers to a number's relationship that leads nowhere: it points at an attribute."""
    return invalid(attribute_error(name, "is invalid", f"/data/attributes/{name}_id"))
