# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the menu, by role."""

from __future__ import annotations

from dataclasses import dataclass

from voipbox.core.people import STAFF, Role


@dataclass(frozen=True)
class Entry:
    """A line of the menu. Parameters: label; icon, of icons.svg; view, name of the address; roles, who sees it; above,
    path under which the entry counts as the present one (the address itself where empty)."""

    label: str
    icon: str
    view: str
    roles: frozenset[Role]
    above: str = ""


_CLIENT = frozenset({Role.CLIENT})
ENTRIES: tuple[Entry, ...] = (
    Entry("Dashboard", "layout-dashboard", "staff:dashboard", STAFF),
    Entry("Orders", "list-check", "staff:queue", STAFF, "/staff/orders/"),
)


def entries(role: Role) -> list[Entry]:
    """The menu of a role."""
    return [entry for entry in ENTRIES if role in entry.roles]
