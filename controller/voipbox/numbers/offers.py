# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers and quotes as JSON, for rows that keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from voipbox.core.errors import Fault, Refused
from voipbox.providers.records import Capacity, Offer, Quote

_OFFER = TypeAdapter(Offer)
_QUOTE = TypeAdapter(Quote)


def offer_to_json(offer: Offer) -> dict[str, Any]:
    """Plain values; money as text."""
    content: dict[str, Any] = _OFFER.dump_python(offer, mode="json")
    return content


def offer_from_json(content: Mapping[str, Any]) -> Offer:
    """The offer that was kept."""
    return _OFFER.validate_python(content)


def quote_to_json(quote: Quote) -> dict[str, Any]:
    """Plain values; money as text."""
    content: dict[str, Any] = _QUOTE.dump_python(quote, mode="json")
    return content


def quote_from_json(content: Mapping[str, Any]) -> Quote:
    """The quote that was kept."""
    return _QUOTE.validate_python(content)


def capacity_of(offer: Offer, capacity_id: str = "") -> Capacity:
    """The capacity with this id; without one the cheapest by the month. Raises Refused with the field capacity."""
    if not capacity_id and offer.capacities:
        return min(offer.capacities, key=lambda one: (one.monthly, one.setup, one.id))
    for capacity in offer.capacities:
        if capacity.id == capacity_id:
            return capacity
    choices = ", ".join(f"{one.id} ({one.label})" for one in offer.capacities) or "none"
    raise Refused([Fault("capacity", f"there is no {capacity_id or 'choice'} for this number; there are {choices}")])
