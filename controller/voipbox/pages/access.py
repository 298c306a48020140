# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may see a page. Others are sent to sign in, or told that the page is not for them; never shown anything of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from voipbox.core.errors import NotAllowed
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, STAFF, Actor, Role

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Whoever is signed in. Only for views behind one of the decorators below."""
    user = request.user
    assert isinstance(user, User)
    return user.actor()


def is_htmx(request: HttpRequest) -> bool:
    """True when a script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page that a form names in its field next, when it is one of ours; else to a path."""
    wanted = request.POST.get("next", "")
    good = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return redirect(wanted if good else otherwise)


def _only(roles: frozenset[Role] | None) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in(request)
            if roles is not None and actor_of(request).role not in roles:
                raise NotAllowed("This page is not for you. Nothing was changed.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Ask to sign in and come back to the page; after a form or a part of a page, to where the person was."""
    where = request.get_full_path() if request.method == "GET" and not is_htmx(request) else ""
    address = reverse("client:sign_in") + (f"?{urlencode({'next': where})}" if where else "")
    if is_htmx(request):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return redirect(address)


signed_in = _only(None)
"""A view for everybody who signed in."""
staff_only = _only(STAFF)
"""A view for administrators, operators and auditors."""
acting_staff_only = _only(ACTING_STAFF)
"""A view for administrators and operators."""
administrator_only = _only(frozenset({Role.ADMINISTRATOR}))
"""A view for administrators."""
