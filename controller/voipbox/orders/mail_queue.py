# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for mails: one row each, in the transaction of what they tell."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from voipbox.core import clock, jobs
from voipbox.core.models import User

from .models import Mail, Order

KINDS = {
    "confirmation": "Order confirmation",
    "corrected": "Correction of an order",
    "welcome": "Welcome mail",
    "news": "News of an order",
    "failure": "Notice of failure",
    "rejection": "Rejection",
    "account": "Account",
}


def add(
    kind: str,
    orders: Sequence[Order],
    recipients: Sequence[str] | None = None,
    context: dict[str, Any] | None = None,
    cause: str = "",
) -> list[Mail]:
    """Queue a mail for each order, to the client where no recipients are given.

    The key of a mail is its order, kind, the order's version and the cause, so that a repeated effect is no second mail. The
    status it tells is that of now: the order may have moved on when the mail goes out. cause: what it is about, where that
    can happen more than once without a move of the order.
    """
    if recipients is not None and not recipients:
        return []
    moment = clock.now()
    mark = f":{hashlib.sha256(cause.encode()).hexdigest()[:16]}" if cause else ""
    rows = [
        Mail(
            order=order,
            kind=kind,
            key=f"{kind}:{order.pk}:{order.version}{mark}",
            recipients=list(recipients or [order.email]),
            context={"status": order.status, "badge": order.badge.text, "reason": order.reason, **(context or {})},
            message_id=f"<{uuid.uuid4()}@voipbox>",
            next_try_at=moment,
        )
        for order in orders
    ]
    Mail.objects.bulk_create(rows, ignore_conflicts=True)
    jobs.defer("voipbox.send_mail", queueing_lock="send_mail")
    return rows


def add_for_person(about: str, user: User) -> Mail:
    """Queue a mail to a person about the account: sign_up, known, invitation, reset or changed."""
    mail = Mail.objects.create(
        kind="account",
        key=f"account:{about}:{uuid.uuid4()}",
        recipients=[user.email],
        context={"about": about, "user": user.pk},
        message_id=f"<{uuid.uuid4()}@voipbox>",
        next_try_at=clock.now(),
    )
    jobs.defer("voipbox.send_mail", queueing_lock="send_mail")
    return mail


def add_notice(key: str, recipients: Sequence[str], title: str, lines: Sequence[str]) -> None:
    """Queue a mail that is about no single order; the same key is queued once."""
    if not recipients:
        return
    Mail.objects.bulk_create(
        [
            Mail(
                kind="notice",
                key=f"notice:{key}"[:80],
                recipients=list(recipients),
                context={"title": title, "lines": list(lines)},
                message_id=f"<{uuid.uuid4()}@voipbox>",
                next_try_at=clock.now(),
            )
        ],
        ignore_conflicts=True,
    )
    jobs.defer("voipbox.send_mail", queueing_lock="send_mail")
