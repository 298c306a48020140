# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: versions, keys and tokens."""

from __future__ import annotations

import httpx
import pytest

from tests.providers.didww_fixtures import API_KEY, JSONAPI, DidwwSandbox

VERSION = "X-DIDWW-API-Version"
TOKEN_VERSION = "2026-11-19"


def _token(didww: DidwwSandbox, **given: str) -> str:
    answer = httpx.post(f"{didww.url}/token", headers={"Api-Key": API_KEY}, data=given, trust_env=False, verify=False)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"
    return str(answer.json()["access_token"])


def _with_token(didww: DidwwSandbox, token: str, method: str = "GET", path: str = "/balance") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept": JSONAPI, "Content-Type": JSONAPI}
    return httpx.request(method, f"{didww.url}/v3{path}", headers=headers, trust_env=False, verify=False)


@pytest.mark.parametrize(
    ("asked", "served"),
    [("2026-04-16", "2026-04-16"), ("2021-04-19", "2026-04-16"), ("2030-01-01", "2026-04-16")],
)
def test_a_header_raises_the_version_and_never_lowers_it(didww: DidwwSandbox, asked: str, served: str) -> None:
    answer = didww.http.get("/balance", headers={VERSION: asked})
    assert answer.json()["meta"]["api_version"] == served


def test_an_older_account_is_served_as_it_is_pinned(didww: DidwwSandbox) -> None:
    didww.settings(account_version="2022-05-10")
    assert didww.get("/balance")["meta"]["api_version"] == "2022-05-10"
    assert didww.http.get("/balance", headers={VERSION: "2026-04-16"}).json()["meta"]["api_version"] == "2026-04-16"


@pytest.mark.parametrize("pinned", [True, False])
def test_the_newest_version_refuses_the_key(didww: DidwwSandbox, pinned: bool) -> None:
    headers = {}
    if pinned:
        didww.settings(account_version=TOKEN_VERSION)
        headers = {VERSION: "2026-04-16"}  # asks for an older one, and is not heard
    else:
        headers = {VERSION: TOKEN_VERSION}
    answer = didww.http.get("/balance", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["title"] == "Unauthorized"


def test_a_token_opens_and_selects_the_version(didww: DidwwSandbox) -> None:
    answer = _with_token(didww, _token(didww))
    assert answer.status_code == 200
    assert answer.json()["meta"]["api_version"] == TOKEN_VERSION


def test_tokens_are_short_lived(didww: DidwwSandbox) -> None:
    token = _token(didww)
    didww.control.advance(299)
    assert _with_token(didww, token).status_code == 200
    didww.control.advance(2)
    assert _with_token(didww, token).status_code == 401


def test_a_token_for_reading_writes_nothing(didww: DidwwSandbox) -> None:
    token = _token(didww, scope="read")
    assert _with_token(didww, token).status_code == 200
    answer = _with_token(didww, token, "POST", "/orders")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["title"] == "insufficient_scope"


def test_a_token_that_was_changed_opens_nothing(didww: DidwwSandbox) -> None:
    didww.settings(account_version=TOKEN_VERSION)
    head, claims, seal = _token(didww).split(".")
    for token in (f"{head}.{claims[:-2]}AA.{seal}", f"{head}.{claims}.{seal[::-1]}", "nothing"):
        assert _with_token(didww, token).status_code == 401


def test_a_token_needs_the_key(didww: DidwwSandbox) -> None:
    assert httpx.post(f"{didww.url}/token", headers={"Api-Key": "wrong"}, trust_env=False, verify=False).status_code == 401


def test_the_key_still_fetches_files_and_keys_in_the_newest_version(didww: DidwwSandbox) -> None:
    made = didww.send(
        "POST",
        "/exports",
        201,
        {"export_type": "cdr_in", "filters": {"from": _month(didww), "to": _later(didww)}},
    )
    url = didww.get(f"/exports/{made['data']['id']}")["data"]["attributes"]["url"]
    didww.settings(account_version=TOKEN_VERSION)
    assert httpx.get(url, headers={"Api-Key": API_KEY}, trust_env=False, verify=False).status_code == 200
    assert httpx.get(url, trust_env=False, verify=False).status_code == 401
    assert httpx.get(f"{didww.url}/v3/public_keys", headers={"Accept": JSONAPI}, trust_env=False, verify=False).status_code == 200


def test_a_customer_in_read_only_mode_buys_nothing(didww: DidwwSandbox) -> None:
    didww.settings(read_only=True)
    body = didww.order("London", 403)
    assert body["errors"][0]["detail"] == "Customer is in read-only mode"
    assert didww.get("/orders")["data"] == []


def _month(didww: DidwwSandbox) -> str:
    return didww.control.now().strftime("%Y-%m-01 00:00:00")


def _later(didww: DidwwSandbox) -> str:
    return didww.control.now().strftime("%Y-%m-%d %H:%M:%S") if didww.control.now().day > 1 else _month(didww)[:8] + "02 00:00:00"
