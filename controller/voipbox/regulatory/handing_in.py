# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing identity and address in at the provider. What is handed in has a reference of ours and is found again by it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.people import Actor
from voipbox.orders import actions, audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.errors import BadRequest
from voipbox.providers.papers import Address, Identity

from . import access, provider, registrations, sentences
from .models import Registration
from .turn import turn

_HEAD = ("kind", "first_name", "last_name", "phone", "country", "company")


def submit_identity(order_id: int, actor: Actor) -> Order:
    """Hand in identity and address, linked, after a dry run on our side and one on theirs; then confirm_identity.

    Raises NotThere, NotAllowed, MoveRefused, Refused with a cause a field, ProviderError. Repeatable: what is there already
    is found by its reference. After a refusal or a correction it only hands in, since the order is past that move.
    """
    with turn(order_id):
        order = access.to_act(order_id, actor, access.CORRECTABLE)
        wanted = registrations.requirements_of(order)
        row = registrations.of(order)
        registrations.must_be_complete(row, wanted)
        if row.reviewed_at is None:
            raise MoveRefused(f"Nobody has reviewed what was given for order {order_id} yet. Nothing was sent.")
        with provider.opened(order) as driver:
            try:
                row.identity_id = row.identity_id or driver.ensure_identity(_identity(row))
                _keep(row, "identity_id")
                row.address_id = row.address_id or driver.ensure_address(_address(row))
                _keep(row, "address_id")
                said = driver.validate(wanted.id, row.identity_id, row.address_id)
            except BadRequest as error:
                raise refused(order, row, _named(error, row), actor) from None
        faults = [fault for fault in sentences.faults(said) if not sentences.about_documents(fault)]
        if faults:
            raise refused(order, row, faults, actor)
        with transaction.atomic():
            fresh = Registration.objects.select_for_update().get(pk=row.pk)
            registrations.must_be_unchanged(fresh, row)
            fresh.faults, fresh.words = [], ""
            fresh.save(update_fields=["faults", "words"])
            audit.write(actor, "identity_sent", order, after={"identity": row.identity_id, "address": row.address_id})
            if order.status == Status.PENDING_REVIEW:
                order = actions.perform(order_id, "confirm_identity", actor)
    return order


def refused(order: Order, row: Registration, faults: Sequence[Fault], actor: Actor) -> Refused:
    """Keep the reasons of a refusal, field by field, and give the error that tells them."""
    kept = [{"field": fault.field, "cause": fault.cause} for fault in faults]
    with transaction.atomic():
        Registration.objects.filter(pk=row.pk).update(faults=kept)
        audit.write(actor, "regulatory_refused", order, after={"fields": [fault.field for fault in faults]})
    return Refused(faults)


def _keep(row: Registration, name: str) -> None:
    Registration.objects.filter(pk=row.pk, revision=row.revision).update(**{name: getattr(row, name)})


def _named(error: BadRequest, row: Registration) -> list[Fault]:
    """The provider's own fields in our names, with the part they belong to."""
    part = "address" if row.identity_id else "identity"
    ours = {"company_name": "company", "phone_number": "phone", "city_name": "city", "address": "street"}
    found = []
    for fault in error.faults:
        name = fault.field.rsplit(".", 1)[-1].rsplit("/", 1)[-1]
        found.append(Fault(f"{part}.{ours.get(name, name)}" if name else part, fault.cause))
    return found or sentences.faults([str(error)])


def _identity(row: Registration) -> Identity:
    who = row.who
    return Identity(
        reference=row.reference("ident", row.identity_version),
        kind=row.kind,
        first_name=who["first_name"],
        last_name=who["last_name"],
        phone=who["phone"],
        country=who.get("country") or row.where["country"],
        company=who.get("company", ""),
        fields={name: value for name, value in who.items() if name not in _HEAD},
    )


def _address(row: Registration) -> Address:
    where = row.where
    return Address(
        reference=row.reference("addr", row.address_version),
        identity_id=row.identity_id,
        country=where["country"],
        city=where["city"],
        postal_code=where["postal_code"],
        street=where["street"],
        area=row.place_id if row.place_level == "area" else "",
        city_id=row.place_id if row.place_level == "city" else "",
    )
