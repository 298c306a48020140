# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking personal data away some time after the decision. The decision, its time and the provider's ids stay."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.people import SYSTEM, Actor
from voipbox.orders import audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED, Status

from . import vault
from .models import Document, Registration

State = Registration.State
_ENDED = sorted({*CLOSED, Status.COMPLETED})


def run() -> int:
    """Purge what is due; returns how many registrations. One transaction each, so an interruption loses nothing."""
    now = clock.now()
    before = now - datetime.timedelta(days=config().personal_data_days)
    decided = Q(state__in=[State.APPROVED, State.REJECTED], decided_at__lte=before)
    ended = Q(order__status__in=_ENDED, order__status_since__lte=before)
    due = Registration.objects.filter(decided | ended | _undecided(now), purged_at=None).values_list("pk", flat=True)
    return sum(_purge(pk, SYSTEM) for pk in list(due))


def of_order(order: Order, actor: Actor) -> int:
    """Purge an order's personal data before its time; returns how many registrations that were, 0 or 1."""
    return sum(_purge(pk, actor) for pk in Registration.objects.filter(order=order, purged_at=None).values_list("pk", flat=True))


def _undecided(now: datetime.datetime) -> Q:
    """Nobody decided, and for a long time nobody did anything: no move, no handing in, no document."""
    before = now - datetime.timedelta(days=config().undecided_days)
    at_work = Document.objects.filter(added_at__gt=before).values("order_id")
    handed_in = Q(submitted_at=None) | Q(submitted_at__lte=before)
    return Q(order__status_since__lte=before) & Q(created_at__lte=before) & handed_in & ~Q(order_id__in=at_work)


def _purge(pk: int, actor: Actor) -> bool:
    with transaction.atomic():
        row = Registration.objects.select_for_update().select_related("order").get(pk=pk)
        if row.purged_at is not None:
            return False
        moment = clock.now()
        files = vault.forget(row.order_id)
        held = Document.objects.filter(order_id=row.order_id, purged_at=None)
        held.update(name="", sha256="", issued_on=None, purged_at=moment)
        row.who, row.where, row.service = {}, {}, ""
        row.place_level = row.place_id = ""
        row.faults, row.purged_at = [], moment
        row.revision += 1
        row.save()
        audit.write(actor, "personal_data_purged", row.order, after={"documents": files, "days": config().personal_data_days})
    return True
