# SPDX-License-Identifier: GPL-3.0-or-later
"""Who acts: roles of people and programs, and the actor that stands in every audit event."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What somebody may do. Staff is administrator, operator or auditor."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    CLIENT = "client"
    SYSTEM = "system"


STAFF = frozenset({Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR})
ACTING_STAFF = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})


@dataclass(frozen=True)
class Actor:
    """Who does something.

    Parameters: label, as it stands in the audit; role; user_id, of core.User, where it is a person; acting_for, the
    label of the client that staff act for; scopes, what a token allows, None where no token limits.
    """

    label: str
    role: Role
    user_id: int | None = None
    acting_for: str = ""
    scopes: frozenset[str] | None = None

    @property
    def is_staff(self) -> bool:
        """True for people who work here."""
        return self.role in STAFF


SYSTEM = Actor("voipbox", Role.SYSTEM)


def operator_of_this_machine() -> Actor:
    """Whoever runs the command line: it reads keys and database, so it may do everything."""
    import getpass  # noqa: PLC0415 - only the command line needs it

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "somebody"
    return Actor(f"{name} (command line)", Role.ADMINISTRATOR)
