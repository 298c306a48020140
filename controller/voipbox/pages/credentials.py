# SPDX-License-Identifier: GPL-3.0-or-later
"""The page behind a one-time link. Looking at it shows nothing; pressing its button shows the credentials, once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from voipbox.core.errors import NotThere
from voipbox.orders import credentials


@never_cache
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, so that programs which open links in mails do not use it up; POST shows."""
    try:
        if request.method == "POST":
            order, shown = credentials.open_once(token)
            return _quiet(render(request, "pages/credentials.html", {"order": order, "shown": shown}))
        link = credentials.find(token)
    except NotThere as error:
        return _quiet(render(request, "pages/credentials_gone.html", {"words": str(error)}, status=404))
    return _quiet(render(request, "pages/credentials_ask.html", {"order": link.order, "link": link}))


def _quiet(response: HttpResponse) -> HttpResponse:
    """The address holds a secret: it goes nowhere else, and what runs on the page (copying, printing) can send nothing."""
    response["Referrer-Policy"] = "same-origin"  # with no-referrer browsers send no origin, and the form is not taken
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response["X-Robots-Tag"] = "noindex"
    return response
