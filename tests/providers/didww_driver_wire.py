# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider on a string for the second driver: scripted answers, and every request that came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from voipbox.providers.didww import pacing
from voipbox.providers.didww.driver import Didww
from voipbox.providers.models import ProviderAccount

KEY = "key-that-nobody-may-see-4711"
SECRET = "callback-secret-that-nobody-may-see"
BASE = "https://api.provider2.example/v3"
VERSION = "2026-04-16"
JSONAPI = "application/vnd.api+json"
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def account(base_url: str = BASE, sandbox: bool = False, **options: Any) -> ProviderAccount:
    """An account that is not in any database."""
    return ProviderAccount(
        slug="second",
        name="Second",
        driver="didww",
        sandbox=sandbox,
        credentials={"api_key": KEY, "callback_secret": SECRET},
        options={"base_url": base_url, **options},
        addresses=["198.51.100.0/24"],
        channels=10,
    )


def answer(data: Any = None, status: int = 200, included: Any = None, version: str = VERSION, **meta: Any) -> httpx.Response:
    """A JSON:API answer."""
    body = {"data": data, "meta": {"api_version": version, **meta}}
    if included:
        body["included"] = included
    return httpx.Response(status, content=json.dumps(body), headers={"Content-Type": JSONAPI})


def refusal(status: int, *errors: Mapping[str, Any]) -> httpx.Response:
    """A JSON:API refusal."""
    return httpx.Response(status, content=json.dumps({"errors": list(errors)}), headers={"Content-Type": JSONAPI})


def html(status: int) -> httpx.Response:
    """What a proxy says."""
    return httpx.Response(
        status, content=f"<html><body>{status} Bad Gateway</body></html>", headers={"Content-Type": "text/html"}
    )


def row(kind: str, identity: str, attributes: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A resource. Parameters: more, relations as names with (type, id), a list of them, or None; meta."""
    meta = more.pop("meta", None)
    relations = {}
    for name, value in more.items():
        many = isinstance(value, list)
        found = [{"type": each[0], "id": each[1]} for each in (value if many else [value] if value else [])]
        relations[name] = {"data": found if many else (found[0] if found else None)}
    resource: dict[str, Any] = {"type": kind, "id": identity, "attributes": dict(attributes or {}), "relationships": relations}
    if meta is not None:
        resource["meta"] = meta
    return resource


@pytest.fixture(autouse=True)
def fresh_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the calls of another."""
    monkeypatch.setattr(pacing, "_PACES", {})


class Wire:
    """Answers by method and path; the last answer of a path is given again and again. A path that nobody scripted fails."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}

    def on(self, method: str, path: str, *answers: Answer) -> Wire:
        """Script the answers of a path below the base."""
        self._answers[method, path] = list(answers)
        return self

    def driver(self, **options: Any) -> Didww:
        """A driver at this end of the string."""
        return Didww(account(**options), transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        key = request.method, request.url.path.removeprefix("/v3/")
        assert key in self._answers, f"nobody expected {key}"
        answers = self._answers[key]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        if callable(found):
            return found(request)
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    def calls(self) -> list[tuple[str, str]]:
        """Method and path of every request."""
        return [(request.method, request.url.path.removeprefix("/v3/")) for request in self.requests]

    def body(self, index: int = -1) -> Any:
        """The decoded body of a request."""
        return json.loads(self.requests[index].content)

    def query(self, index: int = -1) -> dict[str, str]:
        """The query of a request."""
        return dict(parse_qsl(self.requests[index].url.query.decode()))
