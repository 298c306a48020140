# SPDX-License-Identifier: GPL-3.0-or-later
"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from voipbox.core import database, proof
from voipbox.core.errors import SetUpError

from .bearer import Bearer
from .health import checks
from .metrics import text


@require_GET
def healthz(_: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
def readyz(_: HttpRequest) -> HttpResponse:
    """This process can serve: database, tables and keys. One word for a load balancer; the doctor says more."""
    try:
        database.check_ready()
        proof.check()
    except (SetUpError, DatabaseError):
        return HttpResponse("not ready; voipbox doctor says why\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with a bearer token of scope metrics."""
    refusal = _without_token(request)
    return refusal or HttpResponse(text(), content_type="text/plain; version=0.0.4; charset=utf-8")


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """The doctor's findings, with a bearer token of scope metrics."""
    refusal = _without_token(request)
    if refusal:
        return refusal
    findings = checks()
    return JsonResponse({"good": all(one.good for one in findings), "findings": [vars(one) for one in findings]})


def _without_token(request: HttpRequest) -> HttpResponse | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    actor = Bearer().authenticate(request, value.strip()) if kind.lower() == "bearer" and value.strip() else None
    if actor is None:
        return JsonResponse({"detail": "No token, or one that does not work."}, status=401)
    if actor.scopes is not None and "metrics" not in actor.scopes:
        return JsonResponse({"detail": "This token does not allow metrics."}, status=403)
    return None
