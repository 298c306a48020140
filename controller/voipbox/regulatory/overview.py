# SPDX-License-Identifier: GPL-3.0-or-later
"""How an order's registration stands, for people: what is there, what is missing, what happens next. No personal data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from voipbox.core.errors import Fault, MoveRefused
from voipbox.core.people import Actor, Role
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.errors import ProviderError
from voipbox.providers.papers import Requirements

from . import access, documents, needs, provider, registrations
from .models import Document, Registration


@dataclass(frozen=True)
class Overview:
    """order, row and documents as they are; requirements, None where the provider did not tell them (yet) or people
    register by hand; missing: a fault for each thing that is still to be brought; staff: whether inner words are shown."""

    order: Order
    row: Registration
    documents: list[Document]
    requirements: Requirements | None
    missing: list[Fault]
    staff: bool

    @property
    def handed_in(self) -> bool:
        """True when identity and address, as they stand, are at the provider."""
        return bool(self.row.identity_id and self.row.address_id)

    @property
    def given(self) -> list[str]:
        """Names of the fields that were given, without their values."""
        names = [f"identity.{name}" for name in self.row.who] + [f"address.{name}" for name in self.row.where]
        return sorted(names) + (["service"] if self.row.service else [])

    @property
    def next_step(self) -> str:
        """What to do next, in words for staff."""
        if not provider.regulates(self.order.provider):
            return "people register this number by hand; make the order's moves as they happen"
        status = Status(self.order.status)
        if status == Status.PENDING_REVIEW:
            if any(not fault.field.startswith("documents") for fault in self.missing):
                return "store what is missing of identity and address"
            return "submit identity and address" if self.row.reviewed_at else "review what was given"
        if status == Status.IDENTITY_ADDRESS_CONFIRMED:
            return "bring documents" if self.missing else "send the documents"
        if status == Status.DOCUMENTS_UPLOADED:
            return "place the order of the number"
        if status == Status.BLOCKED:
            return "correct what is named, hand it in, and register again"
        return "nothing; it goes on by itself"


def of(order_id: int, actor: Actor) -> Overview:
    """The overview for somebody who may see the order. Raises NotThere, MoveRefused for one without regulation.

    The provider is asked for the requirements only while they are not known; when it does not answer they are left out.
    """
    order = access.regulated(order_id, actor)
    row, held = registrations.of(order), documents.of(order)
    wanted = needs.unpack(row.requirements)
    if wanted is None and provider.regulates(order.provider):
        try:
            wanted = registrations.requirements_of(order)
        except (ProviderError, MoveRefused):
            wanted = None
    missing = []
    if wanted is not None and order.status in access.CORRECTABLE:
        missing = needs.missing_data(row, wanted)
        if not row.portal:
            missing += needs.missing_documents(row, wanted, held) + documents.bill_faults(held, wanted, row.kind)
    return Overview(order, row, held, wanted, missing, actor.is_staff or actor.role == Role.SYSTEM)


def lines(shown: Overview) -> list[str]:
    """The overview as text."""
    row = shown.row
    told = [f"Order {shown.order.pk}: {shown.order.badge.text} ({shown.order.status})", f"  next       {shown.next_step}"]
    if shown.requirements is not None:
        told += _needs(shown.requirements)
    told.append(f"  given      {', '.join(shown.given) or 'nothing'}")
    told += [f"  missing    {fault}" for fault in shown.missing]
    told += [f"  refused    {one['field']}: {one['cause']}" for one in row.faults]
    if row.reviewed_at:
        told.append(f"  reviewed   {_time(row.reviewed_at)} by {row.reviewed_by}")
    told.append(f"  handed in  {'identity and address' if shown.handed_in else 'nothing'}")
    for one in shown.documents:
        sent = f"sent {_time(one.sent_at)}" if one.sent_at else "not sent"
        kind = documents.kind_of(one, shown.requirements)
        told.append(f"  document   {one.pk}: {kind}, {one.media_type}, {one.size} bytes, {sent}, {one.name}")
    told.append(f"  state      {row.state}{f', attempt {row.attempt}' if row.attempt else ''}")
    if row.words:
        told.append(f"  words      {row.words}")
    for name, moment in (("next look", row.next_poll_at), ("decided", row.decided_at), ("purged", row.purged_at)):
        if moment:
            told.append(f"  {name:<10} {_time(moment)}")
    return told


def _needs(wanted: Requirements) -> list[str]:
    told = [f"  needs      {wanted.identity_type} client"]
    for kind in ("personal", "business"):
        if wanted.identity_type not in ("any", kind):
            continue
        need = needs.person(wanted, kind)
        parts = [", ".join(needs.mandatory(wanted, kind)), f"address: {need.area.level or 'anywhere'}"]
        parts += [f"{need.identity_proofs} proofs of identity", f"{need.address_proofs} of address"]
        parts += [f"form {form}" for form in (need.template[1] if need.template else "", need.onetime) if form]
        told.append(f"  {kind:<10} {'; '.join(parts)}")
    return told + ([f"  note       {line}" for line in wanted.restriction.splitlines()] if wanted.restriction else [])


def _time(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
