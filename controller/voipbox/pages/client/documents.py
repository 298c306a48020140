# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that a client brings for the registration of a number."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.orders.models import Order
from voipbox.providers.errors import ProviderError
from voipbox.regulatory import access, documents, file_checks, needs, overview
from voipbox.regulatory.models import Document

from ..access import signed_in
from ..uploads import in_memory
from . import acting, forms
from .client_only import client_of

# What people are asked for where the provider did not say what it takes.
_USUAL = (("identity", "passport"), ("identity", "identity card"), ("address", "utility bill"), ("address", "bank statement"))
_FORMS = {"permanent": "Form that stays with your identity", "onetime": "Form for this registration"}


@dataclass
class Papers:
    """What the page of an order shows about documents. kinds: value and text of what can be brought."""

    held: list[Document]
    missing: list[str]
    kinds: list[tuple[str, str]] = field(default_factory=list)
    open: bool = False


def of(order: Order, request: HttpRequest) -> Papers | None:
    """The documents of a regulated order, None for others. Names of files are the client's own words."""
    if not order.regulated:
        return None
    actor = acting.reader(request)
    shown = overview.of(order.pk, actor)
    missing = [_wanted(fault) for fault in shown.missing if fault.field.startswith("documents")]
    papers = Papers(shown.documents, missing)
    try:
        access.to_give_documents(order.pk, actor)
    except MoveRefused:
        return papers
    papers.open = True
    wanted = shown.requirements
    if wanted is None:
        papers.kinds = [(f"{entity}:{name}", f"Proof of {entity}: {name}") for entity, name in _USUAL]
        return papers
    need = needs.person(wanted, shown.row.kind)
    papers.kinds = [(f"{one.entity}:{one.id}", f"Proof of {one.entity}: {one.name}") for one in need.proof_types]
    papers.kinds += [("permanent", f"{_FORMS['permanent']}: {need.template[1]}")] if need.template else []
    papers.kinds += [("onetime", f"{_FORMS['onetime']}: {need.onetime}")] if need.onetime else []
    return papers


def _wanted(fault: Fault) -> str:
    """What is missing, in words; a form names itself."""
    about = {"documents.identity": "Proof of identity: ", "documents.address": "Proof of address: "}.get(fault.field)
    return about + fault.cause if about else forms.sentence(fault.cause)


@in_memory(file_checks.LARGEST)
@require_POST
@signed_in
def add(request: HttpRequest, order_id: int) -> HttpResponse:
    """Bring one."""
    client_of(request)
    access.regulated(order_id, acting.reader(request))
    entity, _, kind = request.POST.get("purpose", "").partition(":")
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Refused([Fault("file", f"is required, and at most {file_checks.LARGEST // 1024 // 1024} MB")])
        documents.add(order_id, entity, kind, file.name or "", file.read(), acting.doer(request))
    except Refused as error:
        messages.error(request, "The document was not kept. " + "; ".join(str(fault) for fault in error.faults))
    except ProviderError:
        messages.error(request, "The document was not kept: the provider could not be asked what it takes. Try again.")
    else:
        messages.success(request, "The document is kept, encrypted.")
    return redirect("client:my_order", order_id)
