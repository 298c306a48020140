# SPDX-License-Identifier: GPL-3.0-or-later
"""How a call says who makes it: a key up to version 2026-04-16, a short-lived token from 2026-11-19 on."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from typing import Any, ClassVar, Protocol

import httpx

from voipbox.providers.errors import AccessDenied, AuthFailed, NothingSent, RateLimited, Temporary

from . import document

_EARLY = 60.0
"""A token is replaced this many seconds before it ends, so that no call takes one that ends on its way."""
_LIFE = 300.0
"""For a token that says nothing about its end, in seconds."""


class Auth(Protocol):
    """A way to sign calls."""

    def headers(self) -> dict[str, str]:
        """The headers that a call needs. Raises ProviderError when they cannot be had."""
        ...

    def refused(self) -> bool:
        """The provider did not take what headers() gave; True when another try with new headers makes sense."""
        ...


class ApiKeyAuth:
    """The key itself, in each call."""

    def __init__(self, key: str) -> None:
        self._key = key

    def headers(self) -> dict[str, str]:
        """The key's header."""
        return {"Api-Key": self._key}

    def refused(self) -> bool:
        """The same key would be refused again."""
        return False


class TokenAuth:
    """Tokens, minted with the key at the token service, shared by all drivers of an account in this process."""

    _kept: ClassVar[dict[str, tuple[str, float]]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, key: str, token_url: str, http: httpx.Client) -> None:
        self._key, self._url, self._http = key, token_url, http
        self._name = hashlib.sha256(f"{token_url}\n{key}".encode()).hexdigest()

    def headers(self) -> dict[str, str]:
        """The header with a token that lives long enough. Raises AuthFailed, AccessDenied and kinds of Temporary."""
        with self._lock:
            token, ends = self._kept.get(self._name, ("", 0.0))
            if not token or time.time() >= ends - _EARLY:
                token, ends = self._mint()
                self._kept[self._name] = token, ends
        return {"Authorization": f"Bearer {token}"}

    def refused(self) -> bool:
        """Forget the token: it may have been withdrawn, or the key's addresses changed."""
        with self._lock:
            return self._kept.pop(self._name, None) is not None

    def _mint(self) -> tuple[str, float]:
        try:
            answer = self._http.post(self._url, headers={"Api-Key": self._key, "Accept": "application/json"})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NothingSent(f"The token service could not be reached ({type(error).__name__}).") from None
        except httpx.HTTPError as error:
            raise Temporary(f"The token service did not answer ({type(error).__name__}).") from None
        code = str(answer.status_code)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise AuthFailed("The token service does not take the API key.", code)
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise AccessDenied("The token service does not let this key or this server's address in.", code)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise RateLimited("The token service had too many calls.", code)
        if not answer.is_success:
            raise Temporary(f"The token service answered {code}.", code)
        try:
            return _read(answer.json())
        except ValueError:
            raise Temporary("The token service answered something that holds no token.", code) from None


def _read(body: Any) -> tuple[str, float]:
    """Token and end. The provider documents the claims of its tokens but not the shape of this answer, so that the usual
    ones are all taken: OAuth's, and JSON:API's with the same names among the attributes. Raises ValueError."""
    values = body if isinstance(body, dict) else {}
    found = document.read(values).one
    if found is not None:
        values = {**values, **found.attributes}
    token = next((values[name] for name in ("access_token", "token", "jwt") if isinstance(values.get(name), str)), "")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("no token")
    lasts = document.decimal(values.get("expires_in"))
    if lasts is not None:
        return token, time.time() + float(lasts)
    ends = document.moment(values["expires_at"]) if values.get("expires_at") else None
    if ends is not None:
        return token, ends.timestamp()
    return token, _claimed_end(token) or time.time() + _LIFE


def _claimed_end(token: str) -> float | None:
    """The claim exp of a JWT; its signature is the provider's matter, not ours."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
