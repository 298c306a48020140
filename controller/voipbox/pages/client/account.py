# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of whoever is signed in: password and second factor. Nobody changes them for somebody else."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from voipbox.core.config import config
from voipbox.core.errors import NotAllowed, Refused
from voipbox.core.models import User

from .. import error_pages
from ..access import signed_in
from . import accounts, acting, attempts, forms, second_factor
from .passwords import NewPasswordForm

_OFTEN = "Too many attempts. Wait a quarter of an hour."


class ChangeForm(NewPasswordForm):
    """The present password, and a new one twice."""

    present = forms.password("Present password")
    field_order = ("present", "password", "again")


class ConfirmForm(forms.PageForm):
    """A first code of the app."""

    code = forms.text("Code of the app", autocomplete="one-time-code", max_length=10, input_mode="numeric")


class PresentForm(forms.PageForm):
    """The present password alone."""

    present = forms.password("Present password")


@never_cache
@require_GET
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """What there is to change."""
    return _page(request)


@never_cache
@sensitive_post_parameters()
@require_POST
@signed_in
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password; other sessions end, this one goes on."""
    user = _own(request)
    form = ChangeForm(request.POST)
    if form.is_valid() and _knows(request, user, form):
        try:
            accounts.set_password(user, form.cleaned_data["password"], user.actor())
        except Refused as error:
            form.show(error.faults)
        else:
            auth.update_session_auth_hash(request, user)
            messages.success(request, "Your password was changed. You were signed out everywhere else.")
            return redirect("client:account")
    return _page(request, password_form=form)


@never_cache
@require_POST
@signed_in
def begin_second_factor(request: HttpRequest) -> HttpResponse:
    """Show the code to scan, after the password."""
    user = _own(request)
    form = PresentForm(request.POST)
    if form.is_valid() and _knows(request, user, form):
        second_factor.begin(user)
        request.session["second_factor_begun"] = True
        return redirect("client:second_factor")
    return _page(request, factor_form=form)


@never_cache
@sensitive_variables()
@signed_in
def confirm_second_factor(request: HttpRequest) -> HttpResponse:
    """The code to scan; a first code of the app switches it on."""
    user = _own(request)
    if not request.session.get("second_factor_begun"):
        return redirect("client:account")
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not attempts.take(attempts.CODE, user.pk):
            return error_pages.page(request, 429, _OFTEN)
        try:
            codes = second_factor.confirm(user, form.cleaned_data["code"], user.actor())
        except Refused as error:
            form.show(error.faults)
        else:
            attempts.clear(attempts.CODE, user.pk)
            request.session.pop("second_factor_begun")
            return render(request, "client/recovery_codes.html", {"codes": codes})
    factor = second_factor.begin(user)
    content = {"form": form, "picture": second_factor.picture(factor), "secret": factor.secret}
    return render(request, "client/second_factor.html", content, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_POST
@signed_in
def end_second_factor(request: HttpRequest) -> HttpResponse:
    """Switch it off, after the password."""
    user = _own(request)
    form = PresentForm(request.POST)
    if form.is_valid() and _knows(request, user, form):
        second_factor.switch_off(user, user.actor())
        messages.success(request, "The second factor is off.")
        return redirect("client:account")
    return _page(request, factor_form=form)


def _own(request: HttpRequest) -> User:
    """Whoever is signed in as themselves. Raises NotAllowed for staff that acts as a client."""
    if acting.hijacker(request) is not None:
        raise NotAllowed("Passwords and second factors are changed by the client alone. Nothing was changed.")
    return acting.person(request)


def _knows(request: HttpRequest, user: User, form: forms.PageForm) -> bool:
    """Whether the present password is right; puts the refusal into the form."""
    if not attempts.take(attempts.PASSWORD, user.pk):
        form.add_error("present", _OFTEN)
        return False
    if not user.check_password(form.cleaned_data["present"]):
        form.add_error("present", "This is not your present password.")
        return False
    attempts.clear(attempts.PASSWORD, user.pk)
    return True


def _page(
    request: HttpRequest, password_form: forms.PageForm | None = None, factor_form: forms.PageForm | None = None
) -> HttpResponse:
    content = {
        "person": acting.person(request),
        "acted_for": acting.hijacker(request) is not None,
        "password_form": password_form or ChangeForm(auto_id="id_%s"),
        "factor_form": factor_form or PresentForm(auto_id="id_factor_%s"),
        "factor_on": second_factor.is_on(acting.person(request)),
        "shortest": config().password_min_length,
    }
    wrong = any(form is not None and form.errors for form in (password_form, factor_form))
    return render(request, "client/account.html", content, status=422 if wrong else 200)
