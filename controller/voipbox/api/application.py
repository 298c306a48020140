# SPDX-License-Identifier: GPL-3.0-or-later
"""The API: its description, its routers, and how refusals become answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from voipbox.core.errors import MoveRefused, NotAllowed, NotThere, Refused, SetUpError
from voipbox.providers.errors import ProviderError, RateLimited, Temporary

from . import catalog_routes, mail_routes, number_routes, order_routes, regulatory_routes, run_routes, webhook_routes
from .bearer import Bearer
from .rate import TooMany

_LATER = 30  # seconds, where a provider does not say when to ask again
# What the web server answers itself, before a request comes here.
_TOO_LONG = {
    414: "The address with its query is longer than 4,094 characters.",
    431: "A header is longer than 8,190 characters, or there are more than 100.",
}


_TOO_MANY = {
    "description": "The token asked more often than VOIPBOX_API_PER_MINUTE allows; Retry-After says when to ask again.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class _Api(NinjaAPI):
    def get_openapi_schema(self, **how: Any) -> OpenAPISchema:
        """The description, with the web server's own answers."""
        described = super().get_openapi_schema(**how)
        for operations in described["paths"].values():
            for operation in operations.values():
                for status, words in _TOO_LONG.items():
                    html = {"text/html": {"schema": {"type": "string"}}}
                    operation["responses"].setdefault(status, {"description": words, "content": html})
                operation["responses"].setdefault(429, dict(_TOO_MANY))
        return described


api = _Api(
    title="voipbox",
    version="1",
    description="Orders for hosted phone systems: the same actions as the command line and the pages. "
    "Send a token as `Authorization: Bearer ...`. Requests that change something take an `Idempotency-Key`.",
    auth=Bearer(),
    urls_namespace="api",
    docs_url="/docs",
)
api.add_router("/orders", order_routes.router, tags=["orders"])
api.add_router("/orders", regulatory_routes.router, tags=["registration"])
api.add_router("/numbers", number_routes.router, tags=["numbers"])
api.add_router("/mails", mail_routes.router, tags=["mails"])
api.add_router("/runs", run_routes.router, tags=["runs"])
api.add_router("/catalog", catalog_routes.router, tags=["catalog"])
api.add_router("/webhooks", webhook_routes.router, tags=["webhooks"])


def _problem(request: HttpRequest, status: int, detail: str, faults: list[dict[str, str]] | None = None) -> HttpResponse:
    return api.create_response(request, {"detail": detail, "faults": faults or []}, status=status)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    faults = [{"field": fault.field, "cause": fault.cause} for fault in error.faults]
    return _problem(request, 422, "Some fields do not fit. Nothing was changed.", faults)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"field": _field(item["loc"]), "cause": _cause(item)} for item in error.errors]
    return _problem(request, 422, "Some fields do not fit. Nothing was changed.", faults)


def _field(place: Sequence[str | int]) -> str:
    """A field's path as the command line names it; place begins with path, query or body, and the body's name here."""
    path = ""
    for part in place[2:] if place[0] == "body" else place[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or str(place[0])


def _cause(item: Mapping[str, Any]) -> str:
    return "is required" if item["type"] == "missing" else str(item["msg"]).removeprefix("Value error, ")


@api.exception_handler(ProviderError)
def _provider(request: HttpRequest, error: ProviderError) -> HttpResponse:
    answer = _problem(request, 503, f"{error.sentence} Nothing was changed here.")
    if isinstance(error, Temporary):
        answer["Retry-After"] = str(round(error.retry_after if isinstance(error, RateLimited) else _LATER))
    return answer


@api.exception_handler(TooMany)
def _too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    answer = _problem(request, 429, str(error))
    answer["Retry-After"] = str(error.seconds)
    return answer


@api.exception_handler(MoveRefused)
def _illegal(request: HttpRequest, error: MoveRefused) -> HttpResponse:
    return _problem(request, 409, str(error))


@api.exception_handler(NotAllowed)
def _forbidden(request: HttpRequest, error: NotAllowed) -> HttpResponse:
    return _problem(request, 403, str(error))


@api.exception_handler(NotThere)
def _missing(request: HttpRequest, error: NotThere) -> HttpResponse:
    return _problem(request, 404, str(error))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _problem(request, 401, "No token, or one that does not work.")


@api.exception_handler(SetUpError)
def _broken(request: HttpRequest, error: SetUpError) -> HttpResponse:
    return _problem(request, 503, "The installation cannot work at present; voipbox doctor says why. Nothing was changed.")


@api.exception_handler(DataError)
def _unfit(request: HttpRequest, error: DataError) -> HttpResponse:
    return _problem(request, 422, "Some value holds what cannot be stored, such as a NUL character. Nothing was changed.")


@api.exception_handler(DatabaseError)
def _down(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    if settings.DEBUG:
        raise error
    return _problem(request, 503, "The database does not answer. Ask again in a moment.")


def schema() -> dict[str, Any]:
    """The OpenAPI description."""
    return dict(api.get_openapi_schema())
