# SPDX-License-Identifier: GPL-3.0-or-later
"""Storing and reviewing what a client gave about the user of a number."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from voipbox.core import clock
from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.people import Actor
from voipbox.numbers.models import Choice
from voipbox.orders import audit
from voipbox.orders.models import AuditEvent, Order
from voipbox.providers.errors import ProviderError
from voipbox.providers.papers import Requirements

from . import access, needs, places, provider
from .client_data import ClientData
from .models import Document, Registration

log = logging.getLogger("voipbox.regulatory")
State = Registration.State


def of(order: Order) -> Registration:
    """The registration of an order; an empty one is made on first use."""
    return Registration.objects.get_or_create(order=order)[0]


def requirements_of(order: Order, fresh: bool = False) -> Requirements:
    """What the number needs: kept with the order, asked for when it is not there yet. Raises ProviderError, MoveRefused.

    Parameters: order; fresh, True to ask again.
    """
    row = of(order)
    kept = needs.unpack(row.requirements)
    if kept is not None and not fresh:
        return kept
    choice = Choice.objects.filter(order=order).first()
    with provider.opened(order) as driver:
        if choice is None:
            raise MoveRefused(
                f"The number of order {order.pk} was not chosen at {order.provider}: make the moves of the order by hand. "
                "Nothing was changed."
            )
        found = driver.requirements(choice.offer)
    if found is None:
        raise MoveRefused(
            f"{order.provider} asks for no registration of {order.number or 'this number'}. Look into its portal, then make "
            "the moves of the order by hand. Nothing was changed."
        )
    Registration.objects.filter(pk=row.pk).update(requirements=needs.pack(found), requirements_at=clock.now())
    return found


def store(order_id: int, given: ClientData, actor: Actor) -> Registration:
    """Keep what was given, sealed. Raises NotThere, NotAllowed, MoveRefused, Refused with every field that does not fit.

    What was handed to the provider before is no longer valid for what is changed: the next submission makes it anew.
    """
    order = access.to_give_data(order_id, actor)
    row = of(order)
    wanted = _known_requirements(order, row)
    parts = given.model_dump(mode="json", include={"identity", "address"})
    elsewhere = places.country_faults(order.provider, parts["identity"] or {}, parts["address"] or {})
    with transaction.atomic():
        row = Registration.objects.select_for_update().get(pk=row.pk)
        before = {"identity": row.who, "address": row.where, "service": row.service}
        _take(row, given)
        faults = _faults(row, given, wanted) + elsewhere
        if faults:
            raise Refused(faults)
        changed = _changed(before, {"identity": row.who, "address": row.where, "service": row.service})
        if not changed:
            return row
        _no_longer_valid(row, changed)
        row.revision += 1
        row.reviewed_at, row.reviewed_by = None, ""
        kept_again(row)
        row.save()
        audit.write(actor, "regulatory_store", order, after=dict.fromkeys(changed, audit.HIDDEN))
    return row


def kept_again(row: Registration) -> None:
    """Personal data came in anew: what the provider refused before no longer says when they are taken away."""
    row.purged_at = None
    if row.state == Registration.State.REJECTED:
        row.decided_at = None


def review(order_id: int, actor: Actor) -> Registration:
    """Note that staff looked at what was given and found it complete. Raises as store does, ProviderError.

    Whoever reviews has seen the values as they stand (show_data) and opened every document that is there: the audit knows.
    The address is matched to the provider's regulatory areas here, so that a wrong city is seen before anything is sent.
    """
    order = access.to_act(order_id, actor, access.CORRECTABLE)
    wanted = requirements_of(order)
    row = of(order)
    must_be_complete(row, wanted)
    unseen = not_seen(order, row, actor)
    if unseen:
        raise MoveRefused(f"Look first at {', '.join(unseen)}: a review says that it was looked at. Nothing was changed.")
    place = places.match(order, row, wanted)
    with transaction.atomic():
        fresh = Registration.objects.select_for_update().get(pk=row.pk)
        must_be_unchanged(fresh, row)
        fresh.place_level, fresh.place_id = place.level, place.id
        fresh.reviewed_at, fresh.reviewed_by = clock.now(), actor.label[:200]
        fresh.save(update_fields=["place_level", "place_id", "reviewed_at", "reviewed_by"])
        audit.write(actor, "regulatory_review", order, after={"place": place.name})
    return fresh


def not_seen(order: Order, row: Registration, actor: Actor) -> list[str]:
    """What somebody has not looked at yet of what a review is about, in words."""
    events = AuditEvent.objects.filter(order=order, actor=actor.label[:200])
    values = events.filter(action="regulatory_shown", after__revision=row.revision).exists()
    held = Document.objects.filter(order=order, purged_at=None)
    opened = set(events.filter(action="document_shown").values_list("after__document", flat=True))
    return ([] if values else ["the values that were given"]) + [f"document {one.pk}" for one in held if one.pk not in opened]


@dataclass(frozen=True)
class Personal:
    """What a client gave."""

    kind: str
    identity: dict[str, str]
    address: dict[str, str]
    service: str


def show_data(order_id: int, actor: Actor) -> Personal:
    """What was given, for those who work on it; that it was shown stands in the audit. Raises NotThere, NotAllowed."""
    order = access.to_see_data(order_id, actor)
    row = of(order)
    audit.write(actor, "regulatory_shown", order, after={"revision": row.revision})
    return Personal(row.kind, row.who, row.where, row.service)


def must_be_complete(row: Registration, wanted: Requirements) -> None:
    """Raise Refused with everything that is missing."""
    faults = needs.missing_data(row, wanted)
    if faults:
        raise Refused(faults)


def must_be_unchanged(fresh: Registration, seen: Registration) -> None:
    """Raise MoveRefused when what was given changed since it was read."""
    if fresh.revision != seen.revision:
        raise MoveRefused("What was given was changed by somebody meanwhile. Look at it again. Nothing was changed.")


def _known_requirements(order: Order, row: Registration) -> Requirements | None:
    """The requirements, where they can be had; what a client gave is kept also while the provider is out of reach."""
    if not provider.regulates(order.provider):
        return None
    try:
        return requirements_of(order)
    except (ProviderError, MoveRefused) as error:
        log.warning("order %s: its requirements could not be asked for: %s", row.order_id, error)
        return None


def _take(row: Registration, given: ClientData) -> None:
    if given.identity is not None:
        row.kind = given.identity.kind
        row.who = given.identity.model_dump(mode="json", exclude_none=True)
    if given.address is not None:
        row.where = given.address.model_dump(mode="json", exclude_none=True)
    if given.service is not None:
        row.service = given.service.strip()


def _faults(row: Registration, given: ClientData, wanted: Requirements | None) -> list[Fault]:
    """What is wrong with the parts that were given now; other parts may follow later."""
    if wanted is None:
        return []
    parts = [name for name in ("identity", "address", "service") if getattr(given, name) is not None]
    found = needs.missing_data(row, wanted)
    return [fault for fault in found if fault.field.split(".")[0] in parts]


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Dotted names of what differs."""
    found = []
    for part in ("identity", "address"):
        names = sorted({*before[part], *after[part]})
        found += [f"{part}.{name}" for name in names if before[part].get(name) != after[part].get(name)]
    return found + (["service"] if before["service"] != after["service"] else [])


def _no_longer_valid(row: Registration, changed: list[str]) -> None:
    """Forget what the provider has of what was changed. An address belongs to its identity and goes with it."""
    if any(name.startswith("identity.") for name in changed):
        # A kind is never changed at the provider; what was made there just before a crash is not known by its id.
        if row.identity_id or "identity.kind" in changed:
            row.identity_version += 1
            row.address_version += 1
        row.identity_id = row.address_id = row.permanent_id = row.place_level = row.place_id = ""
        row.proofs = []
        _send_again(row, ("identity", "address", "permanent"))
    elif any(name.startswith("address.") for name in changed):
        row.address_version += 1 if row.address_id else 0
        row.address_id = row.place_level = row.place_id = ""
        row.proofs = [proof for proof in row.proofs if proof["entity"] != "address"]
        _send_again(row, ("address",))


def _send_again(row: Registration, entities: tuple[str, ...]) -> None:
    Document.objects.filter(order_id=row.order_id, entity__in=entities).update(file_id="", sent_at=None)
