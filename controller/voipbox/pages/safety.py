# SPDX-License-Identifier: GPL-3.0-or-later
"""What every answer of the web process carries, and how refusals become pages."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse

from voipbox.core.errors import MoveRefused, NotAllowed, NotThere, Refused, SetUpError
from voipbox.providers.errors import ProviderError

from . import error_pages, field_names

log = logging.getLogger("voipbox.pages")

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class Safety:
    """Middleware: nothing from other hosts, no script or style inside a page, nothing of signed-in people in caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        if "Cache-Control" not in response.headers and getattr(request, "user", None) and request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store, private"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for what an action refuses; everything else is a fault of the program."""
        if isinstance(error, NotThere):
            return error_pages.page(request, 404, str(error))
        if isinstance(error, NotAllowed):
            return error_pages.page(request, 403, str(error))
        if isinstance(error, MoveRefused):
            return error_pages.page(request, 409, field_names.spoken(str(error)))
        if isinstance(error, Refused):
            told = [field_names.sentence(fault) for fault in error.faults]
            return error_pages.page(request, 422, "Nothing was changed.", told)
        if isinstance(error, DataError):
            return error_pages.page(request, 422, "Some text holds characters that cannot be stored. Nothing was changed.")
        if isinstance(error, ProviderError):
            log.warning("%s: %s", request.path, error)
            words = "The number's provider could not be asked. Look at the order before you try again."
            return error_pages.page(request, 503, words)
        if isinstance(error, SetUpError):
            words = "The installation cannot work at present; voipbox doctor says why. Nothing was changed."
            return error_pages.page(request, 503, words)
        return None
