# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: who did what. Written in the same transaction as what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voipbox.core import clock
from voipbox.core.people import Actor

from .models import AuditEvent, Order

HIDDEN = "(hidden)"


def event(
    actor: Actor,
    action: str,
    order: Order | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    run: int | None = None,
) -> AuditEvent:
    """An audit event, not yet stored. before and after hold no secrets: those stand as HIDDEN."""
    return AuditEvent(
        order=order, at=clock.now(), actor=actor.label[:200], user_id=actor.user_id, acting_for=actor.acting_for[:200],
        action=action, before=dict(before or {}), after=dict(after or {}), reason=reason, run=run,
    )  # fmt: skip


def write(actor: Actor, action: str, order: Order | None = None, **details: Any) -> None:
    """Store one audit event."""
    event(actor, action, order, **details).save(force_insert=True)
