# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the menu, by role."""

from __future__ import annotations

from dataclasses import dataclass

from voipbox.core.people import ACTING_STAFF, STAFF, Role


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
    Entry("My orders", "list-check", "client:my_orders", _CLIENT),
    Entry("Order", "shopping-cart", "client:start", _CLIENT, "/order/"),
    Entry("Account", "user", "client:account", _CLIENT, "/my/account/"),
    Entry("Dashboard", "layout-dashboard", "staff:dashboard", STAFF),
    Entry("Orders", "list-check", "staff:queue", STAFF, "/staff/orders/"),
    Entry("Runs", "player-play", "staff:runs", STAFF, "/staff/runs/"),
    Entry("Numbers", "phone", "staff:numbers", STAFF, "/staff/numbers/"),
    Entry("Findings", "alert-triangle", "staff:findings", STAFF, "/staff/findings/"),
    Entry("Mails", "mail", "staff:mails", STAFF, "/staff/mails/"),
    Entry("Audit", "history", "staff:audit", STAFF, "/staff/audit/"),
    Entry("Clients", "address-book", "client:clients", ACTING_STAFF, "/clients/"),
    Entry("New order", "shopping-cart", "client:start", ACTING_STAFF, "/order/"),
    Entry("Settings", "settings", "staff:settings", STAFF, "/staff/settings/"),
    Entry("Account", "user", "client:account", STAFF, "/my/account/"),
)


def entries(role: Role) -> list[Entry]:
    """The menu of a role."""
    return [entry for entry in ENTRIES if role in entry.roles]
