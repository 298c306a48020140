# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing up, forgotten passwords, and the page behind a link that sets one."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from voipbox.core import password_links
from voipbox.core.config import config
from voipbox.core.errors import NotAllowed, Refused
from voipbox.core.people import Role
from voipbox.orders import text_rules

from .. import error_pages
from . import accounts, attempts, forms, second_factor, sign_in

_GONE = "This link was used already or is too old. Ask for a new one; nothing was changed."
_OFTEN = "Mails were asked for too often. Wait an hour; look into your spam folder too."
_KEEP = "password_next"  # where to go after the link was used, in the session


class SignUpForm(forms.PageForm):
    """Who wants an account."""

    name = forms.text("Your name", text_rules.spoken, autocomplete="name", max_length=60)
    email = forms.text(
        "E-mail", text_rules.email, autocomplete="email", input_mode="email", max_length=254, autocapitalize="none",
        help_text="We send a link to it, which sets your password.",
    )  # fmt: skip


class ResetForm(forms.PageForm):
    """Whose password is forgotten."""

    email = forms.text(
        "E-mail", text_rules.email, autocomplete="email", input_mode="email", max_length=254, autocapitalize="none"
    )


class NewPasswordForm(forms.PageForm):
    """A password, twice."""

    password = forms.password("New password", "new-password")
    again = forms.password("The same once more", "new-password")

    def clean(self) -> None:
        """Both are the same."""
        if self.cleaned_data.get("password") != self.cleaned_data.get("again") and "again" in self.cleaned_data:
            self.add_error("again", "This differs from the one above; type the same once more.")


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account."""
    if config().sign_up == "closed":
        raise NotAllowed(f"Accounts are made by invitation here; {config().write_to_us}. Nothing was changed.")
    if request.user.is_authenticated:
        return redirect("home")
    form = SignUpForm(request.POST or None)
    target = sign_in.safe_next(request)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not _may_mail(request, email):
            return error_pages.page(request, 429, _OFTEN)
        try:
            user = accounts.sign_up(email, form.cleaned_data["name"])
        except Refused as error:
            form.show(error.faults)
        else:
            request.session[_KEEP] = target
            trying = config().sign_up == "shown" and not user.has_usable_password() and user.role == Role.CLIENT
            content = {"email": email, "link": password_links.make(user) if trying else ""}
            return render(request, "client/mail_sent.html", content)
    return render(request, "client/sign_up.html", {"form": form, "next": target}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer is the same whether there is an account or not."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if not _may_mail(request, email):
            return error_pages.page(request, 429, _OFTEN)
        accounts.ask_reset(email)
        return render(request, "client/mail_sent.html", {"email": email, "reset": True})
    return render(request, "client/reset.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """The page behind a link. GET changes nothing, so that programs which open links in mails do not use it up."""
    user = password_links.user_of(who, token)
    if user is None:
        return _quiet(error_pages.page(request, 404, _GONE))
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.set_password(user, form.cleaned_data["password"], user.actor())
        except Refused as error:
            form.show(error.faults)
        else:
            attempts.clear(attempts.SIGN_IN, user.pk)
            target = request.session.pop(_KEEP, "")
            messages.success(request, "Your password is set.")
            if second_factor.is_on(user):
                return _quiet(redirect("client:sign_in"))
            if request.user.is_authenticated:
                auth.logout(request)
            return _quiet(sign_in.enter(request, user, target))
    content = {"form": form, "person": user, "shortest": config().password_min_length}
    return _quiet(render(request, "client/set_password.html", content, status=422 if form.errors else 200))


def _may_mail(request: HttpRequest, email: str) -> bool:
    from_here = attempts.take(attempts.MAIL_FROM, attempts.network_address(request))
    return attempts.take(attempts.MAIL_TO, attempts.whose(email)) and from_here


def _quiet(response: HttpResponse) -> HttpResponse:
    """The address holds a secret: it goes to this site alone. (With no-referrer browsers send no origin either, and the
    form would not be taken.)"""
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
