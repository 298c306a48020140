# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that say what went wrong and what is safe next."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_TITLES = {
    400: ("This request cannot be read", "Go back, load the page anew and try again. Nothing was changed."),
    403: ("This is not for you", "Sign in as somebody who may do this, or ask an administrator. Nothing was changed."),
    404: ("There is no such page", "The address may be misspelt, or what it showed is not yours to see."),
    409: ("This is not possible now", "Somebody else may have been first. Load the page anew and look."),
    422: ("Some fields do not fit", "Go back and correct them."),
    429: ("Too many attempts", "Wait a little and try again."),
    500: ("Something broke", "The fault was noted. What you were doing is done whole or not at all: look before you try again."),
    503: ("Not at work", "Try again in a moment."),
}


def page(request: HttpRequest, status: int, words: str = "", faults: Sequence[str] = ()) -> HttpResponse:
    """An error page. words and faults: what is known beyond the status."""
    title, advice = _TITLES[status]
    content = {"title": title, "words": words, "advice": advice, "faults": faults, "status": status, "ways": _ways(request)}
    return render(request, "pages/error.html", content, status=status)


def _ways(request: HttpRequest) -> list[tuple[str, str]]:
    """Where somebody can go on from a page that shows nothing: label and address, the likeliest first."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return [("Sign in", "/sign-in/"), ("Forgot your password?", "/account/forgotten/"), ("Order a phone system", "/order/")]
    if user.is_staff:
        return [("Dashboard", "/staff/"), ("Orders", "/staff/orders/")]
    return [("My orders", "/my/"), ("Order a phone system", "/order/")]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: of plain files alone, for the database may be what broke."""
    return render(request, "pages/broken.html", dict(zip(("title", "advice"), _TITLES[500], strict=True)), status=500)


def no_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: the page was open for long, or another site sent it."""
    return page(request, 403, "The form was not taken: it was too old, or cookies are switched off. Load the page anew.")
