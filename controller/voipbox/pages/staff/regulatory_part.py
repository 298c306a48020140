# SPDX-License-Identifier: GPL-3.0-or-later
"""The regulatory review on the order page: what is needed, given, missing and refused, the documents, and the acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from voipbox.api.regulatory_routes import attachment
from voipbox.core.errors import Fault, NotThere, Refused, VoipboxError
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.regulatory import documents, file_checks, handing_in, needs, overview, sending, verification
from voipbox.regulatory.access import CORRECTABLE
from voipbox.regulatory.models import Document

from .. import field_names
from ..access import acting_staff_only, actor_of, back
from ..client.documents import date_of, forms_of
from ..uploads import in_memory
from .buttons import registers_itself
from .faults import words

_ENTITIES = {entity: field_names.label(f"documents.{entity}") for entity in documents.Entity.values}
_COLOURS = {
    "open": "gray",
    "sending": "azure",
    "pending": "orange",
    "approved": "green",
    "rejected": "red",
    "needs_person": "red",
}
_DOCUMENTS_AT = frozenset({Status.PENDING_REVIEW, Status.IDENTITY_ADDRESS_CONFIRMED, Status.DOCUMENTS_UPLOADED, Status.BLOCKED})


def of(order: Order, actor: Actor) -> dict[str, Any]:
    """What the page shows. By a provider that does not register itself, people make the order's moves as they happen."""
    if not registers_itself(order):
        return {"registers": False}
    try:
        shown = overview.of(order.pk, actor)
    except VoipboxError as error:
        return {"registers": True, "fault": words(error)}
    status, row = Status(order.status), shown.row
    acting = actor.role in ACTING_STAFF
    data_missing = [fault for fault in shown.missing if not fault.field.startswith("documents")]
    kinds = needs.person(shown.requirements, row.kind).proof_types if shown.requirements and row.kind else ()
    return {
        "registers": True,
        "shown": shown,
        "row": row,
        "colour": _COLOURS.get(row.state, "gray"),
        "data_missing": data_missing,
        "documents": [_document(one, shown) for one in shown.documents],
        "forms": forms_of(needs.person(shown.requirements, row.kind)) if shown.requirements else [],
        "entities": _ENTITIES.items(),
        "kinds": kinds,
        "can_edit": acting and status in CORRECTABLE,
        "can_add": acting and status in _DOCUMENTS_AT,
        "can_review": acting and status in CORRECTABLE and not row.reviewed_at and not data_missing and bool(row.who),
        "can_submit": acting and status in CORRECTABLE and row.reviewed_at is not None and not shown.handed_in,
        "can_send": acting and _to_send(status, shown),
        "can_portal": acting and status == Status.IDENTITY_ADDRESS_CONFIRMED,
        "can_place": acting and status == Status.DOCUMENTS_UPLOADED,
        "can_look": acting and status in verification.FOLLOWED,
        "can_again": acting
        and status in verification.FOLLOWED
        and row.state in ("rejected", "needs_person")
        and not _to_send(status, shown),
    }


def _to_send(status: Status, shown: overview.Overview) -> bool:
    """True when everything is there and something of it was not sent yet, before the order is placed or after a refusal."""
    if shown.missing or not shown.handed_in:
        return False
    unsent = any(one.sent_at is None and one.entity != "onetime" for one in shown.documents)
    return status == Status.IDENTITY_ADDRESS_CONFIRMED or (status in CORRECTABLE - {Status.PENDING_REVIEW} and unsent)


def _act(work: Callable[[int, HttpRequest], object], done: str) -> Callable[..., HttpResponse]:
    """A view that does something with a registration and goes back to the order."""

    @require_POST
    @acting_staff_only
    def view(request: HttpRequest, order_id: int) -> HttpResponse:
        try:
            work(order_id, request)
        except VoipboxError as error:
            if isinstance(error, NotThere):
                raise
            messages.error(request, words(error))
        else:
            messages.success(request, done)
        return redirect("staff:order", order_id)

    return view


submit = _act(
    lambda key, request: handing_in.submit_identity(key, actor_of(request)), "Identity and address are at the provider."
)
send = _act(lambda key, request: sending.send_documents(key, actor_of(request)), "The documents are at the provider.")
portal = _act(
    lambda key, request: sending.mark_uploaded(key, actor_of(request), request.POST.get("reason", "")),
    "It is noted that the documents are in the provider's portal.",
)
again = _act(lambda key, request: verification.submit_again(key, actor_of(request)), "The registration is handed in once more.")
look = _act(lambda key, request: verification.look_now(key, actor_of(request)), "The provider was asked.")


@in_memory(file_checks.LARGEST)
@require_POST
@acting_staff_only
def add_document(request: HttpRequest, order_id: int) -> HttpResponse:
    """Bring a document."""
    try:
        file = request.FILES.get("file")
        if file is None:
            raise Refused([Fault("file", f"is required, and at most {file_checks.LARGEST // 1024 // 1024} MB")])
        documents.add(
            order_id, request.POST.get("entity", ""), request.POST.get("proof_type", ""), file.name or "", file.read(),
            actor_of(request), date_of(request.POST.get("issued_on", "")),
        )  # fmt: skip
    except NotThere:
        raise
    except VoipboxError as error:
        messages.error(request, f"The document was not kept. {words(error)}")
    else:
        messages.success(request, "The document is kept, encrypted.")
    return redirect("staff:order", order_id)


@require_POST
@acting_staff_only
def open_document(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """A document as a download; the audit notes it, so it is no plain link."""
    actor = actor_of(request)
    documents.must_belong(document_id, order_id, actor)
    return attachment(*documents.shown(document_id, actor))


@require_POST
@acting_staff_only
def remove_document(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """Take a document away that was not sent."""
    actor = actor_of(request)
    documents.must_belong(document_id, order_id, actor)
    try:
        documents.remove(document_id, actor)
    except VoipboxError as error:
        messages.error(request, words(error))
    return redirect("staff:order", order_id)


@require_POST
@acting_staff_only
def date_document(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """Enter the date that stands on a bill."""
    actor = actor_of(request)
    documents.must_belong(document_id, order_id, actor)
    try:
        day = date_of(request.POST.get("issued_on", ""))
        if day is None:
            raise Refused([Fault("issued_on", "is required")])
        documents.date_bill(document_id, day, actor)
    except VoipboxError as error:
        messages.error(request, f"The date was not kept. {words(error)}")
    return back(request, reverse("staff:order", args=[order_id]))


def _document(one: Document, shown: overview.Overview) -> dict[str, Any]:
    """A document, what it is, and whether it is a bill, which has a date."""
    wanted = shown.requirements
    return {"row": one, "kind": documents.kind_of(one, wanted), "bill": documents.is_bill(one, wanted, shown.row.kind)}
