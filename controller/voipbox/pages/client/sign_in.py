# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in, with a second factor where somebody has one, and out. Attempts are limited."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from voipbox.core.config import config
from voipbox.core.models import User
from voipbox.orders import audit, text_rules

from .. import error_pages
from . import attempts, forms, second_factor

_WAITING = "second_factor"  # key in the session: who still has to give a code, since when, and where to go
_PATIENCE = 300  # seconds between password and code
_BACKEND = "voipbox.pages.client.by_email.ByEmail"
_LOCKED = "Too many attempts. Wait a quarter of an hour, or ask for a new password."


class SignInForm(forms.PageForm):
    """Address and password."""

    email = forms.text("E-mail", autocomplete="username", input_mode="email", max_length=254, autocapitalize="none")
    password = forms.password("Password")


class CodeForm(forms.PageForm):
    """A code of the app."""

    code = forms.text(
        "Code", autocomplete="one-time-code", max_length=20, help_text="Six digits of your app, or a recovery code."
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password."""
    target = safe_next(request)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(target or "home")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not _may_try(request, attempts.SIGN_IN, attempts.whose(email), attempts.SIGN_IN_FROM) or text_rules.invisible(email):
            return error_pages.page(request, 429, _LOCKED)
        user = auth.authenticate(request, username=email, password=form.cleaned_data["password"])
        if isinstance(user, User):
            if second_factor.is_on(user):
                request.session[_WAITING] = [user.pk, time.time(), target, user.get_session_auth_hash()]
                return redirect("client:code")
            return enter(request, user, target)
        form.add_error(None, "Address or password is wrong.")
    content = {"form": form, "next": target, "sign_up": config().sign_up != "closed"}
    return render(request, "client/sign_in.html", content, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code after the password was right."""
    waiting: Any = request.session.get(_WAITING)
    user = _still_waiting(waiting)
    if user is None:
        return redirect("client:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not attempts.take(attempts.CODE, user.pk):
            request.session.pop(_WAITING, None)
            return error_pages.page(request, 429, _LOCKED)
        if second_factor.check(user, form.cleaned_data["code"]):
            attempts.clear(attempts.CODE, user.pk)
            request.session.pop(_WAITING, None)
            return enter(request, user, waiting[2])
        form.add_error("code", "This code is wrong or was used already; wait for the next one.")
    return render(request, "client/code.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; also that of staff who acts as a client."""
    auth.logout(request)
    return redirect("client:sign_in")


def enter(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Begin a session with a new key, and go where the person wanted."""
    attempts.clear(attempts.SIGN_IN, user.pk)
    auth.login(request, user, backend=_BACKEND)
    if user.is_staff:
        audit.write(user.actor(), "sign_in")
    return redirect(target or "home")


def safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this site, or empty."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    good = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if good else ""


def _may_try(request: HttpRequest, limit: attempts.Limit, key: object, limit_from: attempts.Limit) -> bool:
    """Count an attempt for what it is about and for where it comes from."""
    from_here = attempts.take(limit_from, attempts.network_address(request))
    return attempts.take(limit, key) and from_here


def _still_waiting(waiting: Any) -> User | None:
    if not waiting or time.time() - waiting[1] > _PATIENCE:
        return None
    user = User.objects.filter(pk=waiting[0], is_active=True).first()
    return user if user and user.get_session_auth_hash() == waiting[3] else None
