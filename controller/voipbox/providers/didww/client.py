# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the provider's JSON:API: paced, timed, typed errors, pages. No header of a call is ever logged or told."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from voipbox.core import interactive
from voipbox.core.total_time import TimedTransport
from voipbox.providers import tls
from voipbox.providers.errors import (
    BadRequest,
    NotFound,
    NothingSent,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Temporary,
    Unconfirmed,
    WrongVersion,
)

from . import document, refusals
from .auth import ApiKeyAuth, Auth, TokenAuth
from .document import Document, Resource
from .pacing import pace_of
from .settings import Settings

for _name in ("httpx", "httpcore"):  # they would write every URL, and at their lowest level every header
    logging.getLogger(_name).setLevel(logging.WARNING)

MEDIA_TYPE = "application/vnd.api+json"
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""How long an answer to a reading call may take."""
WRITE_SECONDS = 60.0
"""The same for one that changes something."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while the provider says that there were too many calls; it names no time itself."""
PAGE = 100
_MOST_PAGES = 1000
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class Client:
    """Calls of one account. Parameters: settings; transport, for tests."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._http = self._open()
        self._pace = pace_of(hashlib.sha256(f"{settings.base_url}\n{settings.api_key}".encode()).hexdigest())
        self._auth: Auth = (
            TokenAuth(settings.api_key, settings.token_url, self._http) if settings.uses_tokens else ApiKeyAuth(settings.api_key)
        )

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, doing: str = "") -> Document:
        """Read. Raises Refusal, RateLimited, Temporary, WrongVersion."""
        return self._read(self._tried("GET", path, doing or f"to read {path}", params=params), doing or f"to read {path}")

    def find(self, path: str, params: Mapping[str, str] | None = None, doing: str = "") -> Document | None:
        """Read; None where there is no such thing."""
        try:
            return self.get(path, params, doing)
        except NotFound:
            return None

    def pages(self, path: str, params: Mapping[str, str] | None = None, doing: str = "") -> Iterator[Document]:
        """Every page of a collection. The links are not followed, only counted: an address in an answer gets no key."""
        for number in range(1, _MOST_PAGES + 1):
            page = self.get(path, {**(params or {}), "page[number]": str(number), "page[size]": str(PAGE)}, doing)
            yield page
            if not page.following or not page.resources:
                return
        raise BadRequest(f"The provider has more than {_MOST_PAGES * PAGE} rows of {path}: ask for fewer.")

    def all(self, path: str, params: Mapping[str, str] | None = None, doing: str = "") -> list[Resource]:
        """Every resource of a collection, without what was included."""
        return [resource for page in self.pages(path, params, doing) for resource in page.resources]

    def create(
        self,
        kind: str,
        attributes: Mapping[str, Any] | None = None,
        relations: Mapping[str, Any] | None = None,
        doing: str = "",
        repeatable: bool = True,
    ) -> Document:
        """Make a resource. Parameters: repeatable, False where a second call would make a second one: then doubt is
        OutcomeUnknown instead of Unconfirmed. Raises ProviderError."""
        body = {"data": _data(kind, None, attributes, relations)}
        return self._write("POST", kind, body, doing or f"a new entry in {kind}", repeatable)

    def change(
        self,
        kind: str,
        identity: str,
        attributes: Mapping[str, Any] | None = None,
        relations: Mapping[str, Any] | None = None,
        doing: str = "",
    ) -> Document:
        """Change a resource; repeatable. Raises ProviderError."""
        body = {"data": _data(kind, identity, attributes, relations)}
        return self._write("PATCH", at(kind, identity), body, doing or f"a change in {kind}", True)

    def remove(self, kind: str, identity: str, doing: str = "") -> bool:
        """Delete a resource; False when it was gone already. Raises ProviderError."""
        try:
            self._write("DELETE", at(kind, identity), None, doing or f"to delete from {kind}", True)
        except NotFound:
            return False
        return True

    def upload(self, kind: str, fields: Mapping[str, str], file: tuple[str, bytes], doing: str) -> Document:
        """Send a form with one file. Parameters: fields by full name; file, the name of its field and its bytes."""
        name, content = file
        files = {name: ("file.enc", content, "application/octet-stream")}
        return self._written(self._tried("POST", kind, doing, data=fields, files=files), doing, True)

    def download(self, url: str, doing: str) -> bytes:
        """A file that an answer named. Raises BadRequest for one at another host than the API's: it would get the key."""
        if urlsplit(url)[:2] != urlsplit(self._settings.base_url)[:2]:
            raise BadRequest(f"The provider names a file at another host than the API's for {doing}. It was not fetched.")
        response = self._tried("GET", url, doing, accept="*/*")
        if not response.is_success:
            self._raise(response, doing)
        return response.content

    def order(self, body: Mapping[str, Any], doing: str) -> Document:
        """Send an order once: a connection of its own that nobody used before, no second try. Raises NothingSent and
        Refusal, which are certain, and OutcomeUnknown. What was taken is read leniently: no doubt about the API's version
        may lose a bought number."""
        self._wait(doing)
        headers = self._headers(MEDIA_TYPE)
        with self._open() as http:
            try:
                response = http.request(
                    "POST", self._url("orders"), json=body, headers={**headers, "Connection": "close"}, timeout=_timeout(True)
                )
            except _NOT_SENT as error:
                raise NothingSent(f"The provider could not be reached for {doing} ({type(error).__name__}).") from None
            except httpx.HTTPError as error:
                raise OutcomeUnknown(f"The provider's answer about {doing} never came ({type(error).__name__}).") from None
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._auth.refused()  # the next call asks for a fresh token; this one is not sent again
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._pace.hold(PAUSES[0])
        return self._written(response, doing, repeatable=False, lenient=True)

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None, doing: str, repeatable: bool) -> Document:
        response = self._tried(method, path, doing, repeatable=repeatable, body=body)
        return self._written(response, doing, repeatable, lenient=not repeatable)

    def _tried(self, method: str, path: str, doing: str, repeatable: bool = True, **what: Any) -> httpx.Response:
        """The answer to a call, after as many tries as are harmless."""
        writes = method != "GET"
        again, renew, pauses = not writes, True, iter(PAUSES)
        while True:
            self._wait(doing)
            try:
                response = self._sent(method, path, writes, **what)
            except _NOT_SENT as error:
                if not again:
                    raise NothingSent(f"The provider could not be reached for {doing} ({type(error).__name__}).") from None
                again = False
                continue
            except httpx.HTTPError as error:
                if again and not isinstance(error, httpx.TimeoutException):
                    again = False  # most often a kept connection that the other side had closed
                    continue
                raise _doubt(f"The provider did not answer {doing} ({type(error).__name__}).", writes, repeatable) from None
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                pause = next(pauses, None)
                if pause is None:
                    raise RateLimited(f"The provider had too many calls and refused {doing}.", "429")
                self._pace.hold(pause)
                continue
            if response.status_code == httpx.codes.UNAUTHORIZED and renew and self._auth.refused():
                renew = False
                continue
            return response

    def _wait(self, doing: str) -> None:
        left = interactive.remaining()
        if not self._pace.wait(left):
            raise RateLimited(f"The provider had too many calls lately to be asked for {doing} now.", "429")

    def _sent(
        self,
        method: str,
        path: str,
        writes: bool,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        data: Mapping[str, str] | None = None,
        files: Any = None,
        accept: str = MEDIA_TYPE,
    ) -> httpx.Response:
        headers = {**self._headers(MEDIA_TYPE if body is not None else ""), "Accept": accept}
        url = path if path.startswith(("http://", "https://")) else self._url(path)
        return self._http.request(
            method, url, params=params, json=body, data=data, files=files, headers=headers, timeout=_timeout(writes)
        )

    def _headers(self, content_type: str) -> dict[str, str]:
        headers = {"Accept": MEDIA_TYPE, "X-DIDWW-API-Version": self._settings.api_version, **self._auth.headers()}
        if content_type:
            headers["Content-Type"] = content_type
        return headers

    def _url(self, path: str) -> str:
        return f"{self._settings.base_url}/{path}"

    def _open(self) -> httpx.Client:
        inner = self._transport or httpx.HTTPTransport(verify=tls.context(), trust_env=False)
        return httpx.Client(
            transport=TimedTransport(inner, _total),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "voipbox"},
        )

    def _read(self, response: httpx.Response, doing: str) -> Document:
        if not response.is_success:
            self._raise(response, doing)
        body = _json(response)
        if body is None:
            raise Temporary(f"The provider's answer for {doing} is no JSON (HTTP {response.status_code}).")
        found = document.read(body)
        self._check_version(found)
        return found

    def _written(self, response: httpx.Response, doing: str, repeatable: bool, lenient: bool = False) -> Document:
        body = _json(response)
        if response.is_success:
            if response.status_code == httpx.codes.NO_CONTENT:
                return Document()
            if body is None:
                words = f"The provider took {doing}, but its answer is no JSON (HTTP {response.status_code})."
                raise _doubt(words, True, repeatable)
            found = document.read(body)
            if not lenient:
                self._check_version(found)
            return found
        found_entries = refusals.entries(body)
        if response.is_client_error and found_entries:
            raise refusals.refusal(response.status_code, found_entries, doing)
        raise _doubt(f"The provider answered {doing} with HTTP {response.status_code} and no reason.", True, repeatable)

    def _raise(self, response: httpx.Response, doing: str) -> None:
        found = refusals.entries(_json(response))
        if response.is_client_error and found:
            raise refusals.refusal(response.status_code, found, doing)
        if response.is_client_error:
            raise BadRequest(
                f"HTTP {response.status_code} without a reason for {doing}: the address of the API may be wrong.",
                str(response.status_code),
            )
        raise Temporary(f"The provider answered {doing} with HTTP {response.status_code}.", str(response.status_code))

    def _check_version(self, found: Document) -> None:
        served = found.meta.get("api_version")
        if served is not None and served != self._settings.api_version:
            raise WrongVersion(
                f"The provider answered in version {served} of its API; {self._settings.api_version} was asked for.", str(served)
            )


def _total(request: httpx.Request) -> float:
    """Seconds for a whole exchange: from byte to byte as _timeout says, and some to connect."""
    read = request.extensions.get("timeout", {}).get("read") or READ_SECONDS
    return float(read) + CONNECT_SECONDS


def _timeout(writes: bool) -> httpx.Timeout:
    return httpx.Timeout(WRITE_SECONDS if writes else READ_SECONDS, connect=CONNECT_SECONDS)


def _doubt(words: str, writes: bool, repeatable: bool) -> ProviderError:
    if not writes:
        return Temporary(words)
    return Unconfirmed(words) if repeatable else OutcomeUnknown(words)


def _json(response: httpx.Response) -> Any:
    """The decoded body; None for one that is empty, no JSON, or JSON that no answer of this API is."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _data(
    kind: str, identity: str | None, attributes: Mapping[str, Any] | None, relations: Mapping[str, Any] | None
) -> dict[str, Any]:
    data: dict[str, Any] = {"type": kind}
    if identity is not None:
        data["id"] = identity
    if attributes:
        data["attributes"] = dict(attributes)
    if relations:
        data["relationships"] = {name: {"data": value} for name, value in relations.items()}
    return data


def at(kind: str, identity: str) -> str:
    """The path of one resource. Raises NotFound for no id at all: that path would be the whole collection."""
    if not identity:
        raise NotFound(f"Nothing in {kind} has an empty id. Nothing was asked.")
    return f"{kind}/{quote(identity, safe='')}"


def to(kind: str, identity: str) -> dict[str, str]:
    """A relation to one resource."""
    return {"type": kind, "id": identity}


def exactly(found: list[Resource], name: str, value: str) -> Resource | None:
    """The resource whose attribute is exactly this: filters by name may find more than they say."""
    return next((each for each in found if each.text(name) == value), None)
