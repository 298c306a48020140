# SPDX-License-Identifier: GPL-3.0-or-later
"""Staff acting as a client: who may, and what the audit hears."""

from __future__ import annotations

from typing import Any

from hijack import signals

from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Role
from voipbox.orders import audit


def may(*, hijacker: User, hijacked: User) -> bool:
    """Administrators and operators as active clients; nobody as staff, and nobody through a client."""
    if getattr(hijacker, "is_hijacked", False):
        return False
    return hijacker.is_active and hijacker.role in ACTING_STAFF and hijacked.is_active and hijacked.role == Role.CLIENT


def _started(hijacker: User, hijacked: User, **_: Any) -> None:
    audit.write(hijacker.actor(acting_for=hijacked.email), "act_as_client", after={"client": hijacked.email})


def _ended(hijacker: User, hijacked: User, **_: Any) -> None:
    audit.write(hijacker.actor(acting_for=hijacked.email), "stop_acting_as_client", after={"client": hijacked.email})


def connect() -> None:
    """Listen to the library."""
    signals.hijack_started.connect(_started, dispatch_uid="voipbox.hijack_started")
    signals.hijack_ended.connect(_ended, dispatch_uid="voipbox.hijack_ended")
