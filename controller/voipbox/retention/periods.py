# SPDX-License-Identifier: GPL-3.0-or-later
"""Ending what table.KINDS says is over. Sessions, drafts, deliveries, output of runs and registrations end in their own rooms."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.numbers.models import Usage
from voipbox.orders.models import CredentialsLink, Mail, Note, Order
from voipbox.orders.statuses import CLOSED
from voipbox.provisioning.models import Plan, RunOrder

# Nothing more is done with these.
ENDED_MAILS = (Mail.State.SENT, Mail.State.FAILED, Mail.State.UNKNOWN)
_NO_SECRETS = {"admin_password": "", "extensions": {}}


def run() -> dict[str, int]:
    """End what is over; returns how much of what. A second run finds nothing."""
    closed = Order.objects.filter(status__in=sorted(CLOSED))
    # An admin may have been erased alone before; the contact's telephone number stands until all are.
    people = closed.filter(~Q(admin_email="", phone=""), status_since__lt=_before(config().closed_days))
    books = closed.filter(~Q(email=""), status_since__lt=_before(config().books_days))
    calls = Usage.objects.filter(~Q(peer="", description=""), at__lt=_before(config().call_days))
    return {
        "mails": Mail.objects.filter(state__in=ENDED_MAILS, created_at__lt=_before(config().mail_days)).delete()[0],
        "plans": Plan.objects.filter(asked_at__lt=_before(config().event_days)).delete()[0],
        "orders without their people": empty_people(people),
        "orders without contact": books.update(company="", contact="", email="", placed_by="", reference=None),
        "calls": calls.update(peer="", description=""),
    }


def empty_people(orders: QuerySet[Order]) -> int:
    """Take away what closed orders know of people beside the books; returns how many orders."""
    with transaction.atomic():
        names = list(orders.filter(status__in=sorted(CLOSED)).select_for_update(of=("self",)).values_list("pk", flat=True))
        Note.objects.filter(order__in=names).delete()
        CredentialsLink.objects.filter(order__in=names).delete()
        Plan.objects.filter(order__in=names).delete()
        RunOrder.objects.filter(order__in=names).update(message="")
        return Order.objects.filter(pk__in=names).update(
            phone="", extensions=[], admin_username="", admin_email="", secrets=_NO_SECRETS, reason=""
        )


def _before(days: int) -> datetime.datetime:
    return clock.now() - datetime.timedelta(days=days)
