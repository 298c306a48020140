# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: where what a provider has and what orders say do not agree, with what to do about each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from voipbox.core.errors import NotThere, VoipboxError
from voipbox.core.people import ACTING_STAFF
from voipbox.numbers import decisions
from voipbox.numbers.models import Finding
from voipbox.providers.models import ProviderAccount

from .. import following
from ..access import acting_staff_only, actor_of, back, staff_only
from .faults import words
from .queue import number_of

_PAGE = 100
MOST = 500
_TO_DO = {
    "orphan": "It is paid and nobody uses it. Give it back to the provider, or use it for an order and settle the finding.",
    "missing": "Its calls do not come in. Ask the provider what became of it; give the client another number.",
    "duplicate": "It was bought a second time. Give it back to the provider, or use it for another order and settle the finding.",
    "misrouted": "Calls come in at another place than the gateway. Correct the place of the number in the provider's portal.",
}
_OTHERWISE = "Look at it in the provider's portal and at the order, mend what is wrong there, then settle the finding."


def _beat(request: HttpRequest) -> str:
    found = Finding.objects.order_by("-pk").values_list("pk", "settled_at", "words")[:_PAGE]
    return following.digest([*found, Finding.objects.filter(settled_at=None).count()])


@require_safe
@staff_only
@following.follows(_beat)
def listing(request: HttpRequest) -> HttpResponse:
    """The open ones, the newest first; settled ones where the address asks for them."""
    settled, kind = request.GET.get("settled") == "yes", request.GET.get("kind", "")[:10]
    account, before = request.GET.get("account", "")[:63], number_of(request.GET.get("before", ""))
    rows = Finding.objects.select_related("account", "order").filter(settled_at__isnull=not settled).order_by("-pk")
    if kind in Finding.Kind.values:
        rows = rows.filter(kind=kind)
    if account and "\x00" not in account:
        rows = rows.filter(account__slug=account)
    found = list((rows.filter(pk__lt=before) if before else rows)[: _PAGE + 1])
    counts = Finding.objects.filter(settled_at=None).order_by().values_list("kind").annotate(Count("pk"))
    content = {
        "rows": [_row(row) for row in found[:_PAGE]],
        "older": found[_PAGE - 1].pk if len(found) > _PAGE else None,
        "kinds": [(name, label, dict(counts).get(name, 0)) for name, label in Finding.Kind.choices],
        "accounts": list(ProviderAccount.objects.order_by("slug").values_list("slug", "name")),
        "chosen": {"settled": settled, "kind": kind, "account": account},
        "acting": actor_of(request).role in ACTING_STAFF,
    }  # fmt: skip
    return render(request, "pages/staff/findings.html", content)


def _row(row: Finding) -> dict[str, Any]:
    """A finding, what to do about it, and whether its number can be given back from here."""
    back_again = row.kind in (Finding.Kind.ORPHAN, Finding.Kind.DUPLICATE)
    return {"row": row, "todo": _TO_DO.get(row.kind, _OTHERWISE), "back": back_again}


@require_POST
@acting_staff_only
def settle(request: HttpRequest) -> HttpResponse:
    """Say that the chosen ones are dealt with, and why."""
    actor, reason = actor_of(request), request.POST.get("reason", "")[:1000].replace("\x00", "")
    keys = [number_of(text) for text in request.POST.getlist("finding")[:MOST]]
    done = 0
    for key in keys:
        try:
            decisions.settle_finding(key or 0, actor, reason)
        except VoipboxError as error:
            messages.error(request, words(error))
            break
        done += 1
    if done:
        messages.success(request, f"{done} finding{'' if done == 1 else 's'} settled.")
    elif not keys:
        messages.warning(request, "Choose a finding first. Nothing was changed.")
    return back(request, reverse("staff:findings"))


@require_POST
@acting_staff_only
def give_back(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Give its number back to the provider; the number is typed once more."""
    finding = Finding.objects.filter(pk=finding_id, settled_at=None).first()
    if finding is None:
        raise NotThere(f"There is no open finding {finding_id}.")
    confirm, reason = request.POST.get("confirm", "").strip()[:20], request.POST.get("reason", "")[:1000].replace("\x00", "")
    try:
        decisions.release(finding.account_id, finding.number, confirm, actor_of(request), reason)
    except VoipboxError as error:
        messages.error(request, f"{finding.number} was not given back. {words(error)}")
    else:
        messages.success(request, f"{finding.number} is given back.")
    return back(request, reverse("staff:findings"))
