# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client is told when staff corrected the order: each value as it is now, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import choices

_LABELS = {
    "company": "Company",
    "contact": "Contact",
    "email": "E-mail",
    "phone": "Telephone",
    "number": "Number",
    "domain": "Address of your system",
    "seats": "Extensions",
    "first_extension": "First extension",
    "admin_username": "Admin user",
    "admin_email": "E-mail of the admin user",
    "admin_method": "Password of the admin user",
    "admin_group": "Group of the admin user",
    "time_zone": "Time zone",
    "language": "Language",
}
_METHODS = {"password": "chosen", "invitation": "by an invitation"}


def lines(changed: Sequence[str], now: Mapping[str, Any]) -> list[str]:
    """A line for each thing that was corrected and that a client knows of.

    Parameters: changed, names as the audit has them; now, what the order says after it. What stood there before was
    perhaps typed by somebody else, so it is not repeated.
    """
    told = [f"{label}: {_words(name, now[name])}" for name, label in _LABELS.items() if name in changed]
    if "extensions" in changed:
        told.append("Names and settings of extensions were corrected")
    if "credentials" in changed:
        told.append("Passwords or settings of extensions, of the admin user or of the trunk were corrected")
    return told


def _words(name: str, value: Any) -> str:
    if name == "language":
        return choices.LANGUAGES.get(value, str(value))
    if name == "admin_group":
        return choices.GROUPS.get(value, str(value))
    if name == "admin_method":
        return _METHODS.get(value, str(value))
    return str(value or "none")
