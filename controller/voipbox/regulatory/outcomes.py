# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provider decided about a registration, written down together with the order's move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Fault
from voipbox.core.people import SYSTEM
from voipbox.orders import actions, audit, mail_queue
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status

from .models import Document, Registration

State = Registration.State
_LONGEST_REASON = 2000


def pending(order: Order, row: Registration, verification_id: str = "") -> None:
    """It was handed in and waits for the provider's decision. Without an id, people registered it in the portal."""
    fields: dict[str, Any] = {"words": "", "faults": []}
    if verification_id:
        fields |= {"state": State.PENDING, "verification_id": verification_id, "decided_at": None, "misses": 0}
    with transaction.atomic():
        _save(row, **fields)
        if verification_id:
            forms_arrived(order, row)
        if order.status in (Status.ORDER_PLACED, Status.BLOCKED):
            actions.perform(order.pk, "await_registration", SYSTEM)


def approved(order: Order, row: Registration) -> None:
    """The provider took it; the number itself may need a moment more."""
    if row.state != State.APPROVED:
        with transaction.atomic():
            _save(row, state=State.APPROVED, decided_at=clock.now(), words="", faults=[])
            forms_arrived(order, row)
            audit.write(SYSTEM, "registration_approved", order, after={"verification": row.verification_id})


def activated(order: Order, row: Registration) -> None:
    """The number works: the order goes on."""
    with transaction.atomic():
        _save(
            row, state=State.APPROVED, decided_at=row.decided_at or clock.now(), next_poll_at=None, words="", faults=[], misses=0
        )
        forms_arrived(order, row)
        actions.perform(order.pk, "activate", SYSTEM)


def rejected(order: Order, row: Registration, faults: Sequence[Fault], words: str) -> None:
    """It was refused: the reasons are kept a field, and the order waits for somebody to correct them."""
    kept = [{"field": fault.field, "cause": fault.cause} for fault in faults]
    reason = f"{words} {'; '.join(fault.cause for fault in faults)}".strip()[:_LONGEST_REASON]
    with transaction.atomic():
        _save(row, state=State.REJECTED, decided_at=clock.now(), next_poll_at=None, faults=kept, words=words)
        _forms(order).update(file_id="", sent_at=None)
        _block(order, row, reason)


def forms_arrived(order: Order, row: Registration) -> None:
    """The one-time forms went with a registration that is there. One that is refused takes them along: they go with the next."""
    waiting = _forms(order).filter(sent_at=None).exclude(file_id="")
    names = list(waiting.values_list("pk", flat=True))
    if names:
        waiting.update(sent_at=row.submitted_at or clock.now())
        audit.write(SYSTEM, "forms_sent", order, after={"documents": names, "verification": row.verification_id})


def _forms(order: Order) -> QuerySet[Document]:
    return Document.objects.filter(order=order, entity=Document.Entity.ONETIME)


def blocked(order: Order, row: Registration, words: str) -> None:
    """The number does not work though it awaits no registration; it is looked at again later."""
    if order.status != Status.BLOCKED or row.words != words:
        with transaction.atomic():
            _save(row, words=words)
            _block(order, row, words)


def terminated(order: Order, row: Registration) -> None:
    """The provider took the number away."""
    words = f"The provider says that {order.number} is terminated."
    with transaction.atomic():
        _save(row, next_poll_at=None, words=words)
        actions.perform(order.pk, "terminate", SYSTEM, words)


def note(order: Order, row: Registration, words: str, tell: bool = True, **fields: Any) -> None:
    """Something that nobody foresaw, or that hinders: the order stays as it is, and staff are told once."""
    with transaction.atomic():
        if row.words != words and tell:
            audit.write(SYSTEM, "registration_note", order, reason=words)
            cause = f"{row.attempt}:{row.revision}:{words}"
            mail_queue.add("failure", [order], config().mail_staff, {"reason": words}, cause)
        _save(row, words=words, **fields)


def _block(order: Order, row: Registration, reason: str) -> None:
    """Block the order; one that is blocked already keeps its status, and staff hear of the new reason."""
    if order.status != Status.BLOCKED:
        actions.perform(order.pk, "block", SYSTEM, reason)
        return
    Order.objects.filter(pk=order.pk, status=Status.BLOCKED).update(reason=reason)
    audit.write(SYSTEM, "registration_note", order, reason=reason)
    cause = f"{row.attempt}:{row.revision}:{reason}"  # the order's version stays: it is blocked already
    mail_queue.add("failure", [order], config().mail_staff, {"reason": reason}, cause)
    mail_queue.add("news", [order], None, {"about": "block"}, cause)


def _save(row: Registration, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
