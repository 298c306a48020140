# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token may be allowed. A token of a person never allows more than the person's role."""

from __future__ import annotations

from voipbox.core.people import Role

SCOPES: dict[str, str] = {
    "catalog:read": "read products, bundles, servers and mappings",
    "catalog:write": "import the catalog and change mappings",
    "orders:read": "read orders, their audit, notes and mails",
    "orders:place": "place orders",
    "orders:act": "move, correct and annotate orders; resend mails; revoke and renew links",
    "orders:secrets": "read tenant files with passwords, and links to credentials",
    "runs:read": "read runs and their output",
    "runs:act": "cancel runs",
    "webhooks": "read, add and remove webhooks",
    "metrics": "read health in detail and metrics",
}
_OF_ROLE: dict[Role, frozenset[str]] = {
    Role.ADMINISTRATOR: frozenset(SCOPES),
    Role.OPERATOR: frozenset(SCOPES) - {"catalog:write", "webhooks"},
    Role.AUDITOR: frozenset({"catalog:read", "orders:read", "runs:read", "metrics"}),
    Role.CLIENT: frozenset({"catalog:read", "orders:read", "orders:place"}),
}


def allowed(role: Role) -> frozenset[str]:
    """The scopes that a person with this role may have."""
    return _OF_ROLE.get(role, frozenset())


def role_of_program(scopes: frozenset[str]) -> Role:
    """The role in which a program without a person acts: as much as its scopes need."""
    if scopes & {"catalog:write", "webhooks"}:
        return Role.ADMINISTRATOR
    if scopes & {"orders:act", "orders:secrets", "orders:place", "runs:act"}:
        return Role.OPERATOR
    return Role.AUDITOR
