# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrations as the API answers them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from voipbox.core.errors import Fault
from voipbox.providers.papers import PersonNeed, Requirements
from voipbox.providers.records import Capacity
from voipbox.regulatory.models import Document
from voipbox.regulatory.ordering import Situation
from voipbox.regulatory.overview import Overview

_DOCUMENT = ("id", "entity", "proof_type", "name", "media_type", "size", "issued_on", "added_at", "sent_at")
_ROW = ("kind", "reviewed_at", "state", "submitted_at", "decided_at", "purged_at")


def registration(shown: Overview) -> dict[str, Any]:
    """An overview; inner words are for staff."""
    row = shown.row
    return {
        **{name: getattr(row, name) for name in _ROW},
        "order": shown.order.pk,
        "status": shown.order.status,
        "given": shown.given,
        "missing": faults(shown.missing),
        "handed_in": shown.handed_in,
        "faults": row.faults,
        "words": row.words if shown.staff else "",
        "attempt": row.attempt,
        "next_look_at": row.next_poll_at,
        "documents": [document(one) for one in shown.documents],
    }


def faults(found: list[Fault]) -> list[dict[str, str]]:
    """Faults as field and cause."""
    return [{"field": fault.field, "cause": fault.cause} for fault in found]


def document(one: Document) -> dict[str, Any]:
    """A document without its content."""
    return {name: getattr(one, name) for name in _DOCUMENT}


def requirements(wanted: Requirements) -> dict[str, Any]:
    """What a number needs."""
    return {
        "identity_type": wanted.identity_type,
        "personal": _need(wanted.personal),
        "business": _need(wanted.business),
        "service_description": wanted.service_description,
        "restriction": wanted.restriction,
    }


def situation(shown: Situation) -> dict[str, Any]:
    """The ordering step; money as text, so that no digit is lost."""
    quote = shown.quote
    return {
        "number": shown.offer.number,
        "available": quote.available or shown.owned,
        "owned": shown.owned,
        "capacity": _capacity(shown.capacity),
        "capacities": [_capacity(one) for one in shown.offer.capacities],
        "setup": f"{quote.setup:f}",
        "monthly": f"{quote.monthly:f}",
        "per_minute": _money(quote.per_minute),
        "subtotal": f"{quote.subtotal:f}",
        "vat": f"{quote.vat:f}",
        "vat_known": quote.vat_rate is not None,
        "total": f"{quote.total:f}",
        "currency": quote.currency,
        "restrictions": shown.offer.restrictions,
        "alternatives": [one.number for one in shown.alternatives],
    }


def _capacity(one: Capacity) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "label": one.label,
        "setup": f"{one.setup:f}",
        "monthly": f"{one.monthly:f}",
        "per_minute": _money(one.per_minute),
        "channels": one.channels,
        "currency": one.currency,
    }


def _need(need: PersonNeed) -> dict[str, Any]:
    return {
        "area": need.area.level,
        "fields": list(need.fields),
        "identity_proofs": need.identity_proofs,
        "address_proofs": need.address_proofs,
        "proof_types": [{"id": one.id, "name": one.name, "entity": one.entity} for one in need.proof_types],
        "permanent_form": need.template[1] if need.template else "",
        "permanent_form_url": need.template_url,
        "onetime_form": need.onetime,
        "onetime_form_url": need.onetime_url,
    }


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
