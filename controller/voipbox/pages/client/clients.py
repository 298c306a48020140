# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients, for staff: invite one, order for one, act as one."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from voipbox.core.errors import Refused
from voipbox.core.models import User
from voipbox.core.people import Role
from voipbox.orders import text_rules

from ..access import acting_staff_only
from . import accounts, acting, forms

_PAGE = 50


class InviteForm(forms.PageForm):
    """Who is invited."""

    name = forms.text("Name", text_rules.spoken, max_length=60, autocomplete="off")
    email = forms.text("E-mail", text_rules.email, max_length=254, autocomplete="off", input_mode="email", autocapitalize="none")


@never_cache
@require_http_methods(["GET", "POST"])
@acting_staff_only
def clients(request: HttpRequest) -> HttpResponse:
    """From the newest to the oldest, by a part of name or address; the form invites one."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.invite(form.cleaned_data["email"], form.cleaned_data["name"], acting.doer(request))
        except Refused as error:
            form.show(error.faults, {"client": "email"})
        else:
            invited = "has an account already" if user.has_usable_password() else "is invited by mail"
            messages.success(request, f"{user.email} {invited}.")
            return redirect("client:clients")
    text, before = request.GET.get("q", "")[:100].replace("\x00", ""), request.GET.get("before", "")
    found = User.objects.filter(role=Role.CLIENT).annotate(count=Count("orders")).order_by("-pk")
    if text:
        found = found.filter(Q(email__icontains=text) | Q(first_name__icontains=text))
    if before.isdecimal() and len(before) < 19:  # noqa: PLR2004 - digits of an id
        found = found.filter(pk__lt=int(before))
    rows = list(found[: _PAGE + 1])
    content = {"form": form, "q": text, "rows": rows[:_PAGE], "older": rows[_PAGE - 1].pk if len(rows) > _PAGE else None}
    return render(request, "client/clients.html", content, status=422 if form.errors else 200)
