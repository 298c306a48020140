# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration of regulated numbers over the API.

What talks to a provider takes no Idempotency-Key: each of these calls may be repeated, what is done is found and not done
twice.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from voipbox.core.errors import Fault, Refused
from voipbox.core.people import Actor, Role
from voipbox.regulatory import (
    access,
    documents,
    file_checks,
    handing_in,
    ordering,
    overview,
    registrations,
    sending,
    verification,
)
from voipbox.regulatory.client_data import ClientData
from voipbox.regulatory.models import Document

from . import regulatory_render as render
from . import regulatory_shapes as shapes
from .bearer import actor_with
from .order_routes import _REFUSALS, Id
from .uploads import one_file

router = Router()
DocumentId = Annotated[int, Path(ge=1, le=2**53)]
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "entity"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "PDF, PNG or JPEG, at most 10 MB."},
                        "entity": {"type": "string", "enum": list(documents.Entity.values)},
                        "proof_type": {"type": "string", "description": "Id or name of the kind of proof."},
                        "issued_on": {"type": "string", "format": "date", "description": "The date that stands on a bill."},
                        "instead_of": {"type": "integer", "description": "Id of the document that it replaces."},
                    },
                }
            }
        },
    }
}


def _client_or_staff(request: HttpRequest) -> Actor:
    """A client brings its own data with orders:place; everybody else acts on orders."""
    actor: Actor = request.auth  # type: ignore[attr-defined] # set by django-ninja
    return actor_with(request, "orders:place" if actor.role == Role.CLIENT else "orders:act")


def _shown(order_id: int, actor: Actor) -> dict[str, Any]:
    return render.registration(overview.of(order_id, actor))


@router.get("/{order_id}/registration", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="How a registration stands")
def show(request: HttpRequest, order_id: Id) -> Any:
    """What was given (names, no values), what is missing, what the provider refused and why."""
    return _shown(order_id, actor_with(request, "orders:read"))


@router.get(
    "/{order_id}/registration/requirements", response={200: shapes.RequirementsOut, **_REFUSALS}, summary="What the number needs"
)
def requirements(request: HttpRequest, order_id: Id) -> Any:
    """Fields, documents and forms that the provider wants for the order's number."""
    order = access.regulated(order_id, actor_with(request, "orders:read"))
    return render.requirements(registrations.requirements_of(order))


@router.get(
    "/{order_id}/registration/data", response={200: shapes.PersonalOut, **_REFUSALS}, summary="What was given about the user"
)
def data(request: HttpRequest, order_id: Id) -> Any:
    """For those who work on it, and the client; that it was read stands in the audit."""
    return registrations.show_data(order_id, _client_or_staff(request))


@router.put(
    "/{order_id}/registration/data", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Store identity and address"
)
def store(request: HttpRequest, order_id: Id, given: ClientData) -> Any:
    """Sealed at rest. A client may do this until the review; what is left out stays as it was."""
    actor = _client_or_staff(request)
    registrations.store(order_id, given, actor)
    return _shown(order_id, actor)


@router.post("/{order_id}/registration/review", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Note a review")
def review(request: HttpRequest, order_id: Id) -> Any:
    """Staff looked at what was given; it is complete, and the city is one of the provider's.

    The values must have been read and the documents opened by the same person before.
    """
    actor = actor_with(request, "orders:act")
    registrations.review(order_id, actor)
    return _shown(order_id, actor)


@router.post(
    "/{order_id}/registration/submit", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Hand in identity and address"
)
def submit(request: HttpRequest, order_id: Id) -> Any:
    """To the provider, after a dry run; then the move confirm_identity."""
    actor = actor_with(request, "orders:act")
    handing_in.submit_identity(order_id, actor)
    return _shown(order_id, actor)


@router.post(
    "/{order_id}/documents", response={201: shapes.DocumentOut, **_REFUSALS}, summary="Bring a document", openapi_extra=_UPLOAD
)
def document_add(request: HttpRequest, order_id: Id) -> Any:
    """Checked by its content and encrypted on arrival. The same file for the same purpose is kept once."""
    actor = _client_or_staff(request)
    access.to_give_documents(order_id, actor)
    name, content, form = one_file(request, "file", file_checks.LARGEST)
    document = documents.add(
        order_id, form.get("entity", ""), form.get("proof_type", ""), name, content, actor, _date(form.get("issued_on", "")),
        _replaced(form.get("instead_of", "")),
    )  # fmt: skip
    return 201, render.document(document)


@router.get(
    "/{order_id}/documents/{document_id}", response={200: Any, **_REFUSALS}, summary="Open a document",
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
def document_open(request: HttpRequest, order_id: Id, document_id: DocumentId) -> HttpResponse:
    """For acting staff and the order's client, as a download; that it was opened stands in the audit."""
    actor = _client_or_staff(request)
    documents.must_belong(document_id, order_id, actor)
    document, content = documents.shown(document_id, actor)
    return attachment(document, content)


def attachment(document: Document, content: bytes) -> HttpResponse:
    """A file that no browser opens by itself, under a name of ours."""
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[document.media_type]
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="order-{document.order_id}-document-{document.pk}.{ending}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "no-store"
    return answer


@router.put(
    "/{order_id}/documents/{document_id}/date", response={200: shapes.DocumentOut, **_REFUSALS}, summary="Enter a bill's date"
)
def document_date(request: HttpRequest, order_id: Id, document_id: DocumentId, given: shapes.BillDateIn) -> Any:
    """The date that stands on it; it may be three months old at most."""
    actor = _client_or_staff(request)
    documents.must_belong(document_id, order_id, actor)
    return render.document(documents.date_bill(document_id, given.issued_on, actor))


@router.delete(
    "/{order_id}/documents/{document_id}", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Take a document away"
)
def document_remove(request: HttpRequest, order_id: Id, document_id: DocumentId) -> Any:
    """One that was not sent yet."""
    actor = _client_or_staff(request)
    documents.must_belong(document_id, order_id, actor)
    documents.remove(document_id, actor)
    return _shown(order_id, actor)


@router.post(
    "/{order_id}/registration/send-documents", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Send the documents"
)
def documents_send(request: HttpRequest, order_id: Id) -> Any:
    """Encrypted to the provider's keys, after a dry run; then the move upload_documents."""
    actor = actor_with(request, "orders:act")
    sending.send_documents(order_id, actor)
    return _shown(order_id, actor)


@router.post("/{order_id}/registration/in-portal", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Sent by hand")
def documents_in_portal(request: HttpRequest, order_id: Id, given: shapes.WhyIn) -> Any:
    """For those who bring them to the provider's own portal."""
    actor = actor_with(request, "orders:act")
    sending.mark_uploaded(order_id, actor, given.reason)
    return _shown(order_id, actor)


@router.get("/{order_id}/number", response={200: shapes.SituationOut, **_REFUSALS}, summary="The ordering step of a number")
def number(
    request: HttpRequest,
    order_id: Id,
    capacity: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")] = "",
    alternatives: bool = False,
) -> Any:
    """Availability, ways to pay, price with VAT, like numbers of the same place."""
    return render.situation(ordering.look(order_id, actor_with(request, "orders:act"), capacity, alternatives))


@router.put("/{order_id}/number", response={200: shapes.SituationOut, **_REFUSALS}, summary="Choose another number or capacity")
def choose(request: HttpRequest, order_id: Id, given: shapes.ChoiceIn) -> Any:
    """A number of the same place; it is held at once."""
    actor = actor_with(request, "orders:act")
    return render.situation(ordering.choose(order_id, actor, given.number, given.capacity, given.reason))


@router.post("/{order_id}/number/place", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Order the number")
def place(request: HttpRequest, order_id: Id, given: shapes.WhyIn) -> Any:
    """After everything was checked once more; then the move place, and the purchase follows by itself."""
    actor = actor_with(request, "orders:act")
    ordering.place(order_id, actor, given.reason)
    return _shown(order_id, actor)


@router.post("/{order_id}/registration/again", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Register again")
def again(request: HttpRequest, order_id: Id) -> Any:
    """After a refusal was corrected: a new verification."""
    actor = actor_with(request, "orders:act")
    verification.submit_again(order_id, actor)
    return _shown(order_id, actor)


@router.post("/{order_id}/registration/look", response={200: shapes.RegistrationOut, **_REFUSALS}, summary="Look now")
def look(request: HttpRequest, order_id: Id) -> Any:
    """Read the number and its registration at the provider now instead of at the next planned time."""
    actor = actor_with(request, "orders:act")
    verification.look_now(order_id, actor)
    return _shown(order_id, actor)


def _date(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Refused([Fault("issued_on", "is a date like 2026-11-24")]) from None


def _replaced(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):  # noqa: PLR2004 - digits of an id
        raise Refused([Fault("instead_of", "is the id of a document")])
    return int(text)
