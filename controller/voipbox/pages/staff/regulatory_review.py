# SPDX-License-Identifier: GPL-3.0-or-later
"""The review of a registration: what was given, each part beside the documents that prove it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from voipbox.core import countries
from voipbox.core.errors import NotThere, VoipboxError
from voipbox.regulatory import documents, overview, registrations

from .. import field_names
from ..access import acting_staff_only, actor_of
from .faults import words

# What a browser may do with a client's file: show it, in a frame of ours.
_SHOWN = (
    "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
)
_KINDS = {"personal": "A person", "business": "A business"}
_PARTS = (
    ("identity", "Who uses the number", ("identity", "permanent")),
    ("address", "Where it is used", ("address",)),
    ("", "What it is used for", ("onetime",)),
)


@never_cache
@require_http_methods(["GET", "POST"])
@acting_staff_only
def review(request: HttpRequest, order_id: int) -> HttpResponse:
    """GET shows everything, which the audit notes; POST says that it is complete."""
    actor = actor_of(request)
    if request.method == "POST":
        try:
            registrations.review(order_id, actor)
        except NotThere:
            raise
        except VoipboxError as error:
            messages.error(request, words(error))
            return redirect("staff:registration_review", order_id)
        messages.success(request, "The review is noted. Identity and address can be handed in.")
        return redirect("staff:order", order_id)
    shown = overview.of(order_id, actor)
    given = registrations.show_data(order_id, actor)
    values = {"identity": given.identity, "address": given.address, "": {"service": given.service} if given.service else {}}
    parts = [
        {"title": title, "values": _values(part, values[part]), "documents": _documents(shown, entities)}
        for part, title, entities in _PARTS
    ]
    content = {
        "order": shown.order,
        "shown": shown,
        "parts": [part for part in parts if part["values"] or part["documents"]],
        "missing": [fault for fault in shown.missing if not fault.field.startswith("documents")],
    }
    return render(request, "pages/staff/review.html", content)


@never_cache
@require_safe
@acting_staff_only
@xframe_options_sameorigin
def see_document(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """A document as it looks, for a frame of the review; the audit notes it."""
    actor = actor_of(request)
    documents.must_belong(document_id, order_id, actor)
    document, content = documents.shown(document_id, actor)
    answer = HttpResponse(content, content_type=document.media_type)
    answer["Content-Disposition"] = "inline"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = _SHOWN
    return answer


def _values(part: str, given: dict[str, str]) -> list[tuple[str, str]]:
    """Label and value of each field; countries by name."""
    return [
        (
            field_names.label(f"{part}.{name}" if part else name),
            f"{countries.name(value)} ({value})" if name.endswith("country") else _KINDS.get(value, str(value)),
        )
        for name, value in given.items()
        if value
    ]


def _documents(shown: overview.Overview, entities: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"row": one, "kind": documents.kind_of(one, shown.requirements), "picture": one.media_type.startswith("image/")}
        for one in shown.documents
        if one.entity in entities
    ]
