# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that a client brings on the page of an order."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from voipbox.api.regulatory_routes import attachment
from voipbox.core.errors import Fault, MoveRefused, NotThere, Refused
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.errors import ProviderError
from voipbox.providers.papers import PersonNeed
from voipbox.regulatory import access, documents, file_checks, needs, overview
from voipbox.regulatory.models import Document

from .. import field_names
from ..access import signed_in
from ..uploads import in_memory
from . import acting
from .client_only import client_of

# What people are asked for where the provider did not say what it takes.
_USUAL = (("identity", "passport"), ("identity", "identity card"), ("address", "utility bill"), ("address", "bank statement"))


@dataclass(frozen=True)
class Kind:
    """A kind of document that can be brought. value, of the form; bill: it needs the date that stands on it."""

    value: str
    label: str
    bill: bool = False


@dataclass(frozen=True)
class Held:
    """A document that is there. kind: what it is, in words; bill: it needs a date."""

    row: Document
    kind: str
    bill: bool


@dataclass
class Papers:
    """What the page of an order shows about documents. forms: name and address of those that the provider wants signed;
    refused: what the provider did not take, while the order waits for its correction."""

    held: list[Held]
    missing: list[str]
    kinds: list[Kind] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    open: bool = False


def of(order: Order, request: HttpRequest) -> Papers | None:
    """The documents of a regulated order, None for others. Names of files are the client's own words."""
    if not order.regulated:
        return None
    actor = acting.reader(request)
    shown = overview.of(order.pk, actor)
    wanted, kind = shown.requirements, shown.row.kind
    missing = [_wanted(fault, shown) for fault in shown.missing if fault.field.startswith("documents")]
    held = [
        Held(one, documents.kind_of(one, wanted), one.sent_at is None and documents.is_bill(one, wanted, kind))
        for one in shown.documents
    ]
    papers = Papers(held, missing)
    if order.status == Status.BLOCKED:
        papers.refused = [field_names.sentence(Fault(one["field"], one["cause"])) for one in shown.row.faults]
    need = needs.person(wanted, kind) if wanted else None
    papers.forms = forms_of(need) if need else []
    try:
        access.to_give_documents(order.pk, actor)
    except MoveRefused:
        return papers
    papers.open = True
    papers.kinds = _kinds(need) if need else [
        Kind(f"{entity}:{name}", f"Proof of {entity}: {name}", documents.names_a_bill(name)) for entity, name in _USUAL
    ]  # fmt: skip
    return papers


def forms_of(need: PersonNeed) -> list[tuple[str, str]]:
    """Name and address of each empty form that the provider wants filled in; those without an address are left out."""
    found = [(need.template[1], need.template_url)] if need.template else []
    found += [(need.onetime, need.onetime_url)] if need.onetime else []
    return [(name, address) for name, address in found if address]


def _kinds(need: PersonNeed) -> list[Kind]:
    found = [
        Kind(f"{one.entity}:{one.id}", f"Proof of {one.entity}: {one.name}", documents.names_a_bill(one.name))
        for one in need.proof_types
    ]
    forms = (("permanent", need.template[1] if need.template else ""), ("onetime", need.onetime))
    return found + [Kind(entity, f"{documents.FORMS[entity]}: {name}") for entity, name in forms if name]


def _wanted(fault: Fault, shown: overview.Overview) -> str:
    """What is missing, in words; a document is called by its kind."""
    about = next((one for one in shown.documents if fault.field.startswith(f"documents[{one.pk}]")), None)
    if about is not None:
        return f"{documents.kind_of(about, shown.requirements)}: {fault.cause}"
    return field_names.sentence(fault)


@in_memory(file_checks.LARGEST)
@require_POST
@signed_in
def add(request: HttpRequest, order_id: int) -> HttpResponse:
    """Bring one, or one instead of another."""
    client_of(request)
    access.regulated(order_id, acting.reader(request))
    entity, _, kind = request.POST.get("purpose", "").partition(":")

    def work() -> str:
        file = request.FILES.get("file")
        if file is None:
            raise Refused([Fault("file", f"is required, and at most {file_checks.LARGEST // 1024 // 1024} MB")])
        documents.add(
            order_id, entity, kind, file.name or "", file.read(), acting.doer(request),
            date_of(request.POST.get("issued_on", "")), _number(request.POST.get("instead_of", "")),
        )  # fmt: skip
        return "The document is kept, encrypted."

    return _done(request, order_id, work, "The document was not kept.")


@never_cache
@require_POST
@signed_in
def show(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """The client's own document as a download; the audit notes it. Staff that acts as the client opens it as staff."""
    client_of(request)
    actor = acting.doer(request)
    documents.must_belong(document_id, order_id, acting.reader(request))
    return attachment(*documents.shown(document_id, actor))


@require_POST
@signed_in
def remove(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """Take one away that was not sent."""
    client_of(request)
    documents.must_belong(document_id, order_id, acting.reader(request))

    def work() -> str:
        documents.remove(document_id, acting.doer(request))
        return "The document was taken away."

    return _done(request, order_id, work, "The document was not taken away.")


@require_POST
@signed_in
def date(request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
    """Say which date stands on a bill."""
    client_of(request)
    documents.must_belong(document_id, order_id, acting.reader(request))

    def work() -> str:
        day = date_of(request.POST.get("issued_on", ""))
        if day is None:
            raise Refused([Fault("issued_on", "is required")])
        documents.date_bill(document_id, day, acting.doer(request))
        return "The date is kept."

    return _done(request, order_id, work, "The date was not kept.")


def date_of(text: str) -> datetime.date | None:
    """A date field's content, None where it is empty. Raises Refused."""
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Refused([Fault("issued_on", "is a date like 2026-11-24")]) from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None  # noqa: PLR2004 - digits of an id


def _done(request: HttpRequest, order_id: int, work: Callable[[], str], not_done: str) -> HttpResponse:
    """Do something with a document and go back to the order, with what came of it."""
    try:
        said = work()
    except Refused as error:
        messages.error(request, f"{not_done} {field_names.sentences(error.faults)}.")
    except (MoveRefused, NotThere) as error:
        messages.error(request, f"{not_done} {field_names.spoken(str(error))}")
    except ProviderError:
        messages.error(request, f"{not_done} The provider could not be asked what it takes. Try again.")
    else:
        messages.success(request, said)
    return redirect("client:my_order", order_id)
