# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API answers about numbers."""

from __future__ import annotations

import datetime

from ninja import Schema


class PlaceOut(Schema):
    """A place that numbers belong to; code is ISO 3166 for countries."""

    id: str
    code: str
    name: str
    has_numbers: bool


class CapacityOut(Schema):
    """A way to pay for a number; money without VAT."""

    id: str
    kind: str
    label: str
    setup: str
    monthly: str
    per_minute: str | None
    channels: int | None
    currency: str


class OfferOut(Schema):
    """A number that can be ordered now; an empty one is picked by the provider."""

    number: str
    country: str
    region: str
    city: str
    regulated: bool
    features: list[str]
    restrictions: str
    capacities: list[CapacityOut]


class PurchaseOut(Schema):
    """An attempt to buy a number."""

    id: int
    order: int
    account: str
    number: str
    state: str
    reference: str
    words: str
    created_at: datetime.datetime
    sent_at: datetime.datetime | None
    next_look_at: datetime.datetime | None


class SettleIn(Schema):
    """How an open purchase ended, as a person saw it in the provider's portal."""

    bought: bool
    number: str = ""
    reason: str


class FindingOut(Schema):
    """Something that a person has to decide."""

    id: int
    kind: str
    state: str
    account: str
    number: str
    trunk: str
    order: int | None
    words: str
    advice: str
    first_seen_at: datetime.datetime


class UsageOut(Schema):
    """Calls and fees of a month as CSV text."""

    csv: str
