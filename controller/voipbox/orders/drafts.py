# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders that are still being written: one sealed row each, in sections, with a link that leads back to it.

A section is what one step of the checkout holds. It carries the version of the draft at which it was written, so that
a page that was made before somebody changed the same section elsewhere is noticed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from voipbox.core import clock, identities
from voipbox.core.config import config
from voipbox.core.errors import MoveRefused, NotAllowed, NotThere
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Role

from .models import Draft, Order

GONE = "There is no such unfinished order. It may have lapsed; nothing was ordered. Begin a new one."


class AlreadyPlaced(MoveRefused):
    """The draft became an order. order: which."""

    def __init__(self, order: Order) -> None:
        self.order = order
        super().__init__(f"This was ordered already: it is order {order.pk}. Nothing was changed.")


class ChangedElsewhere(MoveRefused):
    """The same section was written in another window after this page was made."""

    def __init__(self) -> None:
        super().__init__("This step was changed in another window. Nothing was saved; look at it and continue.")


def start(user: User, client: User | None) -> Draft:
    """A new draft. client: whom it is for, None while staff has not said. Raises NotAllowed for an auditor."""
    if user.role == Role.AUDITOR:
        raise NotAllowed("An auditor looks and does not order. Nothing was changed.")
    moment, token = clock.now(), identities.token()
    return Draft.objects.create(
        token_hash=identities.token_hash(token), token=token, started_by=user, client=client, created_at=moment,
        changed_at=moment, expires_at=_later(moment),
    )  # fmt: skip


def visible(user: User) -> QuerySet[Draft]:
    """The drafts that somebody may open: acting staff all, a client the own ones, an auditor none."""
    drafts = Draft.objects.select_related("client", "started_by", "order")
    if user.role in ACTING_STAFF:
        return drafts
    return drafts.filter(Q(client=user)) if user.role == Role.CLIENT else drafts.none()


def unfinished(user: User) -> QuerySet[Draft]:
    """The drafts that somebody began or that are for them, the newest first."""
    mine = Q(started_by=user) | Q(client=user)
    return visible(user).filter(mine, order=None, expires_at__gt=clock.now()).order_by("-changed_at")


def find(token: str, user: User) -> Draft:
    """The draft of a link. Raises NotThere, also for a draft of somebody else."""
    draft = visible(user).filter(token_hash=identities.token_hash(token)).first()
    if draft is None or (draft.order_id is None and draft.expires_at <= clock.now()):
        raise NotThere(GONE)
    return draft


def section(draft: Draft, name: str) -> dict[str, Any]:
    """What a step holds; empty when it was not filled in."""
    return dict(draft.data.get(name, {}).get("values", {}))


def write(
    draft: Draft, name: str, values: Mapping[str, Any], seen: int | None = None, drop: tuple[str, ...] = (), **columns: Any
) -> Draft:
    """Write one section and return the draft as it stands now. Raises AlreadyPlaced, ChangedElsewhere.

    Parameters: seen, the version that the page was made from, None to write in any case; drop, sections that no longer
    fit; columns, such as client.
    """
    with transaction.atomic():
        fresh = _locked(draft.pk)
        before = fresh.data.get(name)
        if seen is not None and before and before["at"] > seen and before["values"] != dict(values):
            raise ChangedElsewhere
        fresh.version += 1
        fresh.data = {
            **{key: value for key, value in fresh.data.items() if key not in drop},
            name: {"at": fresh.version, "values": dict(values)},
        }
        fresh.changed_at = clock.now()
        fresh.expires_at = _later(fresh.changed_at)
        for column, value in columns.items():
            setattr(fresh, column, value)
        fresh.save()
    return fresh


def forget(draft: Draft, *names: str) -> Draft:
    """Take sections away. Raises AlreadyPlaced."""
    with transaction.atomic():
        fresh = _locked(draft.pk)
        fresh.data = {key: value for key, value in fresh.data.items() if key not in names}
        fresh.version += 1
        fresh.save(update_fields=["data", "version"])
    return fresh


def place(draft: Draft, work: Callable[[Draft], Order]) -> Order:
    """Let a draft become an order, once: whoever comes second gets the first one's order.

    Parameters: work, which places the order of a draft; it runs under the draft's row lock and reaches for nothing
    outside of the database. What it raises leaves the draft as it was.
    """
    with transaction.atomic():
        try:
            fresh = _locked(draft.pk)
        except AlreadyPlaced as error:
            return error.order
        order = work(fresh)
        fresh.order, fresh.data, fresh.changed_at = order, {}, clock.now()
        fresh.save()
    return order


def discard(draft: Draft) -> None:
    """Throw a draft away. Raises AlreadyPlaced."""
    with transaction.atomic():
        _locked(draft.pk).delete()


def _locked(key: int) -> Draft:
    """The row, ours until the transaction ends. Raises NotThere, AlreadyPlaced."""
    fresh = Draft.objects.select_for_update().filter(pk=key).first()
    if fresh is None:
        raise NotThere(GONE)
    if fresh.order is not None:
        raise AlreadyPlaced(fresh.order)
    return fresh


def _later(moment: datetime.datetime) -> datetime.datetime:
    return moment + datetime.timedelta(days=config().draft_days)
