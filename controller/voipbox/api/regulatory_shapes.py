# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers about registrations."""

from __future__ import annotations

import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

Why = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


class FaultOut(Schema):
    """A field and what is wrong with it."""

    field: str
    cause: str


class ProofTypeOut(Schema):
    """A kind of document that the provider takes."""

    id: str
    name: str
    entity: str


class NeedOut(Schema):
    """What one kind of client must bring. area: how near the address must be to the number; the addresses of forms lead to
    the provider's empty ones, empty where it tells none."""

    area: str
    fields: list[str]
    identity_proofs: int
    address_proofs: int
    proof_types: list[ProofTypeOut]
    permanent_form: str
    permanent_form_url: str
    onetime_form: str
    onetime_form_url: str


class RequirementsOut(Schema):
    """What a number needs before it works."""

    identity_type: str
    personal: NeedOut
    business: NeedOut
    service_description: bool
    restriction: str


class DocumentOut(Schema):
    """A document, without its content."""

    id: int
    entity: str
    proof_type: str
    name: str
    media_type: str
    size: int
    issued_on: datetime.date | None
    added_at: datetime.datetime
    sent_at: datetime.datetime | None


class RegistrationOut(Schema):
    """How a registration stands; what was given is asked for on its own. words and attempt are for staff."""

    order: int
    status: str
    kind: str
    given: list[str]
    missing: list[FaultOut]
    reviewed_at: datetime.datetime | None
    handed_in: bool
    state: str
    faults: list[FaultOut]
    words: str
    attempt: int
    submitted_at: datetime.datetime | None
    next_look_at: datetime.datetime | None
    decided_at: datetime.datetime | None
    purged_at: datetime.datetime | None
    documents: list[DocumentOut]


class PersonalOut(Schema):
    """What a client gave about the user of a number."""

    kind: str
    identity: dict[str, str]
    address: dict[str, str]
    service: str


class BillDateIn(Schema):
    """The date that stands on a bill."""

    issued_on: datetime.date


class CapacityOut(Schema):
    """A way to pay for a number; prices are text, without VAT."""

    id: str
    kind: str
    label: str
    setup: str
    monthly: str
    per_minute: str | None
    channels: int | None
    currency: str


class SituationOut(Schema):
    """The ordering step: the number, the ways to pay, the price now, like numbers of the same place."""

    number: str
    available: bool
    owned: bool
    capacity: CapacityOut
    capacities: list[CapacityOut]
    setup: str
    monthly: str
    per_minute: str | None
    subtotal: str
    vat: str
    vat_known: bool
    total: str
    currency: str
    restrictions: str
    alternatives: list[str]


class ChoiceIn(Schema):
    """Another number of the same place, or another way to pay."""

    number: Annotated[str, Field(max_length=20, pattern=r"^(\+[0-9]+)?$")] = ""
    capacity: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    reason: Why = ""


class WhyIn(Schema):
    """Why something is done."""

    reason: Why = ""
