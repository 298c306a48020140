# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the first provider's API.

Every call carries user name and password, so all go out as multipart POST: with GET they would stand in the URL, which
clients and servers log, and other bodies are answered with HTTP 500. No exception of the HTTP library leaves here: its
objects hold the request.
"""

from __future__ import annotations

import enum
import json
import logging
import re
from collections.abc import Mapping
from typing import Any

import httpx

from voipbox.core.total_time import TimedTransport

from .. import tls
from ..errors import NothingSent, OutcomeUnknown, ProviderError, Temporary
from .account import Settings
from .decoding import Row, rows
from .error_table import EMPTY, error_of

_CONNECT = 10.0  # seconds
_SLACK = 10.0  # seconds that a whole exchange may take beyond the time-out from byte to byte
_MARK = "***"
_WORD = re.compile(r"[A-Za-z0-9_]{1,80}")  # what codes look like
_LONGEST_MESSAGE = 300
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Kind(enum.Enum):
    """What a call does: what is known when its answer does not come hangs on this."""

    READ = enum.auto()
    WRITE = enum.auto()
    ORDER = enum.auto()


class Client:
    """One account. Parameters: settings. A context manager; an order opens a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = self._open(settings.read_timeout)
        self._hidden = [settings.password, settings.username]

    def hide(self, secret: str) -> None:
        """Keep a text out of every sentence from now on."""
        self._hidden.append(secret)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *details: object) -> None:
        self._http.close()

    def _open(self, timeout: float, keep_alive: bool = True) -> httpx.Client:
        limits = httpx.Limits() if keep_alive else httpx.Limits(max_keepalive_connections=0)
        inner = httpx.HTTPTransport(verify=tls.context(), limits=limits, trust_env=False)
        return httpx.Client(
            transport=TimedTransport(inner, timeout + _SLACK),
            timeout=httpx.Timeout(timeout, connect=_CONNECT),
            follow_redirects=False,
            trust_env=False,
        )

    def read(self, method: str, **parameters: str) -> Row:
        """An answer to a question. Raises ProviderError; Temporary where none came."""
        return self._call(self._http, Kind.READ, method, parameters)

    def rows(self, method: str, key: str, **parameters: str) -> list[Row]:
        """A list; the codes that mean "nothing there" are the empty one."""
        try:
            return rows(self.read(method, **parameters), key)
        except ProviderError as error:
            if error.code.lower() in EMPTY:
                return []
            raise

    def write(self, method: str, parameters: Mapping[str, str], empty_is_success: bool = False) -> Row:
        """Change something that can be changed again. Raises OutcomeUnknown where no answer came.

        Parameters: empty_is_success, for deletes, which were seen to answer with nothing.
        """
        return self._call(self._http, Kind.WRITE, method, parameters, empty_is_success)

    def order(self, method: str, parameters: Mapping[str, str]) -> Row:
        """Buy something: on a connection of its own, sent once. Raises NothingSent, a Refusal, or OutcomeUnknown."""
        with self._open(self._settings.write_timeout, keep_alive=False) as http:
            return self._call(http, Kind.ORDER, method, parameters)

    def _call(
        self,
        http: httpx.Client,
        kind: Kind,
        method: str,
        parameters: Mapping[str, str],
        empty_is_success: bool = False,
    ) -> Row:
        settings = self._settings
        form = {"api_username": settings.username, "api_password": settings.password, "method": method, **parameters}
        timeout = settings.read_timeout if kind is Kind.READ else settings.write_timeout
        try:
            answer = http.post(
                settings.url,
                files={name: (None, value) for name, value in form.items()},
                timeout=httpx.Timeout(timeout, connect=_CONNECT),
            )
        except _NOTHING_SENT as error:
            trouble: ProviderError = NothingSent(f"The provider could not be reached for {method} ({type(error).__name__}).")
        except httpx.HTTPError as error:
            trouble = _doubt(kind, method, f"the connection failed ({type(error).__name__})")
        else:
            return self._decoded(answer, kind, method, empty_is_success)
        raise trouble  # here, where nothing of the library's error hangs on it

    def _decoded(self, answer: httpx.Response, kind: Kind, method: str, empty_is_success: bool) -> Row:
        """The answer's object. What stands in front of the provider answers in HTML, so the status is looked at first."""
        if not answer.is_success:
            raise _doubt(kind, method, f"HTTP {answer.status_code}, {_content_type(answer)}")
        if empty_is_success and not answer.content.strip():
            return {}
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("status"), str):
            raise _doubt(kind, method, f"an answer that is not understood ({_content_type(answer)})")
        code: str = body["status"].strip()
        if code.lower() == "success":
            return body
        message = self._without_secrets(str(body.get("message") or body.get("error") or ""))
        error = error_of(code, method, message)
        if type(error) is ProviderError or not _WORD.fullmatch(code):
            error = error_of(self._without_secrets(code), method, message)
        raise error

    def _without_secrets(self, sentence: str) -> str:
        """A sentence of the provider's, in which it may have repeated what it was given."""
        for secret in self._hidden:
            sentence = sentence.replace(secret, _MARK)
        return sentence[:_LONGEST_MESSAGE]


def _doubt(kind: Kind, method: str, cause: str) -> ProviderError:
    """No answer, or none that can be read: a question may be asked again, a change may have happened."""
    if kind is Kind.READ:
        return Temporary(f"The provider did not answer {method}: {cause}.")
    return OutcomeUnknown(f"Whether the provider did {method} is not known: {cause}.")


def _content_type(answer: httpx.Response) -> str:
    kind: Any = answer.headers.get("content-type", "no content type")
    return str(kind).split(";")[0][:50]
