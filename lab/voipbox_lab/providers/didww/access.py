# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what, and in which version: API keys up to 2026-04-16, short-lived tokens from 2026-11-19 on."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from .settings import TOKEN_VERSION, VERSIONS, Settings
from .wire import JSONAPI, Refusal, answer, error, forbidden, unauthorized

READ_ONLY_METHODS = ("GET", "HEAD")
AUDIENCE = "api.provider2.example"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _unpart(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Access:
    """Parameters: key, the account's; settings; now, seconds since 1970 on the sandbox's clock."""

    def __init__(self, key: str, settings: Callable[[], Settings], now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._settings = settings
        self._now = now

    def token(self, request: Request) -> Response:
        """POST /token: a token for the key. A body (form or JSON) may ask for the scope "read". What the provider takes and
        answers there is not published; this is the usual OAuth 2.0 answer."""
        self._check_key(request)
        given = request.form.to_dict()
        if request.is_json:
            given = request.get_json(silent=True) or {}
        life = self._settings().token_seconds
        claims = {
            "aud": [AUDIENCE],
            "exp": int(self._now()) + life,
            "api_version": TOKEN_VERSION,
            "scope": given.get("scope", ""),
        }
        body = {"access_token": self._sign(claims), "token_type": "Bearer", "expires_in": life, "scope": claims["scope"]}
        return answer(200, body, "application/json")

    def version(self, request: Request) -> str:
        """The version in which a request is served: the account's, or a newer one that a header or the token names."""
        pinned = self._settings().account_version
        asked = [request.headers.get("X-DIDWW-API-Version", "")]
        claims = self._claims(request)
        if claims:
            asked.append(str(claims.get("api_version", "")))
        return max([pinned, *(version for version in asked if version in VERSIONS)])

    def check(self, request: Request, version: str, key_will_do: bool) -> None:
        """Refuse who may not. Parameters: key_will_do, for paths that take the key in every version. Raises Refusal."""
        if version < TOKEN_VERSION or key_will_do:
            self._check_key(request)
        else:
            claims = self._claims(request)
            if claims is None or claims["exp"] <= self._now():
                raise unauthorized()
            if "read" in str(claims.get("scope", "")).split() and request.method not in READ_ONLY_METHODS:
                raise forbidden("The token may only read.", "insufficient_scope")
        if self._settings().read_only and request.method not in READ_ONLY_METHODS:
            raise forbidden("Customer is in read-only mode")

    def _check_key(self, request: Request) -> None:
        if not hmac.compare_digest(request.headers.get("Api-Key", "").encode(), self._key.encode()):
            raise unauthorized()

    def _sign(self, claims: dict[str, Any]) -> str:
        signed = ".".join(_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{signed}.{self._seal(signed)}"

    def _seal(self, signed: str) -> str:
        return _part(hmac.new(self._key.encode(), signed.encode(), hashlib.sha256).digest())

    def _claims(self, request: Request) -> dict[str, Any] | None:
        """What the token says; None without a token of ours."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        signed, _, seal = token.rpartition(".")
        if scheme.lower() != "bearer" or not hmac.compare_digest(seal.encode(), self._seal(signed).encode()):
            return None
        try:
            return dict(json.loads(_unpart(signed.split(".")[1])))
        except (ValueError, IndexError, binascii.Error):
            return None


def check_headers(request: Request, has_body: bool, accepts: tuple[str, ...] = (JSONAPI,)) -> None:
    """406 and 415: the media type has to stand there, without parameters. Raises Refusal."""
    offered = [part.strip() for part in request.headers.get("Accept", "").split(",")]
    if not set(offered) & set(accepts):
        says = f"All requests must use the '{JSONAPI}' Accept without media type parameters."
        raise Refusal(406, [error(406, "406", "Not acceptable", says)])
    if has_body and request.headers.get("Content-Type", "") != JSONAPI:
        says = f"All requests that create or update must use the '{JSONAPI}' Content-Type. This request specified another one."
        raise Refusal(415, [error(415, "415", "Unsupported media type", says)])
