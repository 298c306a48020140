# SPDX-License-Identifier: GPL-3.0-or-later
"""People and their roles, and the tokens of programs."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from voipbox.api import accounts
from voipbox.api.scopes import SCOPES
from voipbox.core import clock
from voipbox.core.errors import NotThere, VoipboxError
from voipbox.core.models import ApiToken, User
from voipbox.core.people import Role
from voipbox.orders import mail_queue

from .. import once_shown
from ..access import actor_of, administrator_only
from .faults import words

ROLES = [role.value for role in Role if role != Role.SYSTEM]
_PAGE = 50


@require_safe
@administrator_only
def people(request: HttpRequest) -> HttpResponse:
    """Staff first, then clients; searched by address."""
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    users = User.objects.order_by("-is_staff", "email")
    found = users.filter(Q(email__icontains=text) | Q(username__icontains=text)) if text else users
    content = {"users": list(found[:_PAGE]), "more": found.count() > _PAGE, "roles": ROLES, "q": text}
    return render(request, "pages/staff/settings/people.html", content)


@require_POST
@administrator_only
def invite(request: HttpRequest) -> HttpResponse:
    """Add a person, who sets a password by the link in a mail."""
    try:
        with transaction.atomic():
            user = accounts.add_user(request.POST.get("email", "").strip(), _role(request), None, actor_of(request))
            mail_queue.add_for_person("invitation", user)
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        messages.success(request, f"{user.email} is invited as {user.role}.")
    return redirect("staff:people")


_MAY = {
    Role.ADMINISTRATOR: "changes settings, people, prices and credentials, and works orders",
    Role.OPERATOR: "works orders and sees personal data and documents of clients",
    Role.AUDITOR: "looks at everything but personal data, and changes nothing",
    Role.CLIENT: "sees the own orders alone",
}


def _told(role: str) -> dict[str, str]:
    """What somebody with a role may do, in words."""
    return {"may": _MAY[Role(role)] if role in ROLES else ""}


@require_POST
@administrator_only
def change(request: HttpRequest, user_id: int) -> HttpResponse:
    """Another role, or in or out; the person's sessions end."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotThere("There is no such person.")
    active = {"yes": True, "no": False}.get(request.POST.get("active", ""))
    role = request.POST.get("role", "")
    if request.POST.get("sure") != "yes":
        return render(
            request, "pages/staff/settings/person.html", {"person": user, "role": role, "active": active, **_told(role)}
        )
    try:
        accounts.change_user(user, actor_of(request), request.POST.get("role") or None, active)
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        messages.success(request, f"{user.email} is changed; sessions that were open have ended.")
    return redirect("staff:people")


def _role(request: HttpRequest) -> str:
    role = request.POST.get("role", "")
    return role if role in ROLES else Role.CLIENT.value


@require_safe
@administrator_only
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens that work, and those that did."""
    now = clock.now()
    rows = [
        {"token": token, "good": token.is_good(now)} for token in ApiToken.objects.select_related("user").order_by("-pk")[:200]
    ]
    shown = once_shown.take(request, "token")
    return render(request, "pages/staff/settings/tokens.html", {"rows": rows, "scopes": SCOPES.items(), "shown": shown})


@require_POST
@administrator_only
def add_token(request: HttpRequest) -> HttpResponse:
    """Make a token; its value is shown on the next page and nowhere else."""
    days = request.POST.get("days", "")
    lives = int(days) if days.isascii() and days.isdigit() and len(days) <= 4 else 0  # noqa: PLR2004 - 27 years at most
    name, email = request.POST.get("name", "").strip(), request.POST.get("user", "").strip()
    try:
        _, value = accounts.add_token(
            name or "program", request.POST.getlist("scope"), email or None, lives or None, actor_of(request)
        )
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        once_shown.keep(request, "token", value)
    return redirect("staff:tokens")


@require_POST
@administrator_only
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Let a token stop working."""
    accounts.revoke_token(token_id, actor_of(request))
    messages.success(request, "The token stopped working.")
    return redirect("staff:tokens")
