# SPDX-License-Identifier: GPL-3.0-or-later
"""/hooks/ACCOUNT/KIND/: where providers tell that something happened. The answer comes at once; reading follows in a job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from voipbox.core.config import config
from voipbox.core.errors import NotAllowed, NotThere
from voipbox.providers.errors import ProviderError
from voipbox.regulatory import hints

_SIGNATURE = "X-DIDWW-Signature"  # the one provider that calls back
_LARGEST = 16 * 1024  # bytes, of the body and of the query
_MOST_FIELDS = 40


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """200 for a callback that its account signed, 404 for an address that no account has, 403 for everything else.

    What is signed is the public address, which a proxy in front of this process may have changed: it is rebuilt from the
    setting base_url. Nothing of a callback is believed or stored.
    """
    if _length(request) > _LARGEST or len(request.META.get("QUERY_STRING", "")) > _LARGEST:
        return _answer(413, "too large")
    if request.method == "POST" and request.content_type != "application/x-www-form-urlencoded":
        return _answer(415, "a form, please")
    given = request.POST if request.method == "POST" else request.GET
    if not _is_plain(given):
        return _answer(403, "no")
    url = config().base_url + request.get_full_path()
    try:
        hints.take(slug, kind, url, given.dict(), request.headers.get(_SIGNATURE, ""))
    except NotThere:
        return _answer(404, "there is no such address")
    except (NotAllowed, ProviderError):
        return _answer(403, "no")
    return _answer(200, "thank you")


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else _LARGEST + 1


def _is_plain(given: QueryDict) -> bool:
    """True when each field stands once, so that everybody reads the same."""
    return len(given) <= _MOST_FIELDS and all(len(values) == 1 for _, values in given.lists())


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status)
