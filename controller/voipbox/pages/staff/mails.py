# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails of orders: what they said, and sending them again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from voipbox.core.errors import MoveRefused
from voipbox.core.people import ACTING_STAFF
from voipbox.orders import compose, mailing
from voipbox.orders.mail_queue import KINDS

from ..access import acting_staff_only, actor_of, back, staff_only

# A mail's own look is written into it; it may do nothing else, and only a page of ours may frame it.
FRAMED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'"


@require_safe
@staff_only
def show(request: HttpRequest, mail_id: int) -> HttpResponse:
    """What a mail says; links and passwords are left out."""
    mail, composed = compose.shown(mail_id)
    content = {
        "mail": mail, "composed": composed, "kind": KINDS.get(mail.kind, mail.kind),
        "acting": actor_of(request).role in ACTING_STAFF,
    }  # fmt: skip
    return render(request, "pages/staff/mail.html", content)


@require_safe
@staff_only
@xframe_options_sameorigin
def framed(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Its HTML alone, for the frame on the page."""
    del request
    answer = HttpResponse(compose.shown(mail_id)[1].html)
    answer["Content-Security-Policy"] = FRAMED
    return answer


@require_POST
@acting_staff_only
def resend(request: HttpRequest, mail_id: int) -> HttpResponse:
    """As a new mail, with today's words."""
    mail = compose.shown(mail_id)[0]
    try:
        fresh = mailing.resend(mail, actor_of(request))
    except MoveRefused as error:
        messages.error(request, str(error))
        return back(request, reverse("staff:mail", args=[mail_id]))
    messages.success(request, f"{KINDS.get(fresh.kind, fresh.kind)} goes out again to {', '.join(fresh.recipients)}.")
    return redirect("staff:order", mail.order_id) if mail.order_id else back(request, reverse("staff:mail", args=[mail_id]))
