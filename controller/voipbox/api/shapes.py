# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers. No shape has room for a secret."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from voipbox.orders.intake import Amendment
from voipbox.orders.webhooks import EVENTS

Reason = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Slug = Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9-]+$")]


class Problem(Schema):
    """Why a request was refused: a sentence, and for bad input a cause for each field."""

    detail: str
    faults: list[dict[str, str]] = []


class OrderOut(Schema):
    """An order."""

    id: int
    reference: str | None
    status: str
    badge: str
    regulated: bool
    waits: str
    reason: str
    company: str
    contact: str
    email: str
    phone: str
    number: str
    domain: str
    server: str
    provider: str | None
    seats: int
    first_extension: int
    admin_username: str
    admin_method: str
    time_zone: str
    language: str
    created_at: datetime.datetime
    status_since: datetime.datetime
    completed_at: datetime.datetime | None
    facts: dict[str, Any]
    price: dict[str, Any]
    assigned_to: str | None
    actions: list[str]


class OrderPage(Schema):
    """Orders from the newest to the oldest; next is the value of before for the following page, null at the end."""

    orders: list[OrderOut]
    next: int | None


class ActionIn(Schema):
    """Why something is done."""

    reason: Reason = ""


class AssignIn(Schema):
    """Who of the staff sees to an order; empty: nobody."""

    email: Annotated[str, Field(max_length=254, pattern=r"^[^\x00]*$")] = ""


class TogetherIn(Schema):
    """Orders that a move is made with, and why."""

    orders: Annotated[list[Annotated[int, Field(ge=1, le=2**53)]], Field(min_length=1, max_length=500)]
    reason: Reason = ""


class TogetherLine(Schema):
    """What became of one order."""

    order: int
    good: bool
    says: str


class AmendIn(Schema):
    """A correction and why it is made."""

    reason: Reason
    changes: Amendment


class NoteIn(Schema):
    """A note's text."""

    text: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]


class NoteOut(Schema):
    """A note."""

    id: int
    at: datetime.datetime
    author: str
    text: str


class AuditOut(Schema):
    """An audit event."""

    id: int
    at: datetime.datetime
    actor: str
    acting_for: str
    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    run: int | None


class MailOut(Schema):
    """A mail, without what it said."""

    id: int
    kind: str
    recipients: list[str]
    state: str
    subject: str
    attempts: int
    error: str
    created_at: datetime.datetime
    sent_at: datetime.datetime | None


class MailPreview(Schema):
    """What a mail says; links and passwords are left out."""

    subject: str
    text: str
    html: str


class TenantFileOut(Schema):
    """An order as Ansible would take it."""

    tenant_file: str
    command: str


class LinkOut(Schema):
    """A one-time link."""

    link: str


class RunOut(Schema):
    """A run."""

    id: int
    server: str
    state: str
    phase: str
    summary: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    cancelled_by: str


class RunResult(Schema):
    """One order in a run."""

    order: int
    result: str
    changed: bool | None
    message: str


class RunDetail(RunOut):
    """A run with the result of each order."""

    results: list[RunResult]


class EventOut(Schema):
    """A piece of a run's output."""

    counter: int
    at: datetime.datetime
    task: str
    stdout: str


class EventPage(Schema):
    """Output after a counter; ended says that no more will come."""

    events: list[EventOut]
    ended: bool


class ProductOut(Schema):
    """A product. Mapping and why are for staff."""

    slug: str
    name: str
    description: str
    group: str
    kind: str
    seats: int
    prices: list[dict[str, str]]
    mapping: str | None = None
    account: str | None = None
    why: list[str] = []


class BundleOut(Schema):
    """A bundle."""

    slug: str
    name: str
    description: str
    items: list[dict[str, Any]]
    prices: list[dict[str, str]]


class CatalogOut(Schema):
    """What can be ordered."""

    products: list[ProductOut]
    bundles: list[BundleOut]


class CatalogIn(Schema):
    """A catalog as YAML text."""

    yaml: str
    dry_run: bool = False


class Lines(Schema):
    """What was, or would be, changed."""

    lines: list[str]


class MapIn(Schema):
    """A target and the provider account it is mapped to; without one the mapping is taken away."""

    kind: Literal["group", "product", "bundle"]
    slug: Slug
    account: Slug | None = None


class WebhookIn(Schema):
    """An endpoint; no events means all."""

    url: Annotated[str, Field(max_length=500, examples=["https://billing.example.com/voipbox"])]
    events: list[Annotated[str, Field(json_schema_extra={"enum": list(EVENTS)})]] = Field(default=[], max_length=len(EVENTS))


class WebhookOut(Schema):
    """An endpoint."""

    id: int
    url: str
    events: list[str]
    active: bool


class WebhookMade(WebhookOut):
    """A new endpoint with the secret that signs, shown this once."""

    secret: str


class DeliveryOut(Schema):
    """One event on its way to an endpoint."""

    identity: str
    event: str
    state: str
    attempts: int
    status_code: int | None
    error: str
    created_at: datetime.datetime


class Finding(Schema):
    """One line of the doctor."""

    name: str
    good: bool
    says: str
    fix: str


class Health(Schema):
    """All lines of the doctor."""

    good: bool
    findings: list[Finding]
