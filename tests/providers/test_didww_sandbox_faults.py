# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: what goes wrong on purpose, and the journal that says how often something was bought."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from voipbox_lab.providers.control import SandboxControl

from tests.providers.didww_fixtures import API_KEY, JSONAPI, DidwwSandbox

ORDER = "POST /orders"
REFERENCE = "fpx-1"


def _send(didww: DidwwSandbox, timeout: float = 10, **item: Any) -> httpx.Response:
    group = didww.group("Cape Town")
    attributes = {
        "allow_back_ordering": False,
        "external_reference_id": REFERENCE,
        "items": [{"type": "did_order_items", "attributes": {"sku_id": group["skus"][0], **(item or {"qty": 1})}}],
    }
    body = {"data": {"type": "orders", "attributes": attributes}}
    return didww.http.post("/orders", json=body, headers={"Content-Type": JSONAPI}, timeout=timeout)


def _orders(didww: DidwwSandbox) -> int:
    return len(didww.get("/orders", filter__external_reference_id=REFERENCE)["data"])


@pytest.mark.parametrize(
    ("options", "status", "title"),
    [
        ({}, 422, "is invalid"),
        ({"says": "balance"}, 400, "Insufficient balance"),
        ({"says": "gone"}, 422, "is invalid"),
        ({"says": "unauthorized"}, 401, "Unauthorized"),
        ({"says": "read only"}, 403, "Forbidden"),
        ({"status": 400, "code": "105", "title": "Param not allowed", "detail": "qty is not allowed."}, 400, "Param not allowed"),
    ],
)
def test_a_refusal_before_anything_happens(didww: DidwwSandbox, options: dict[str, Any], status: int, title: str) -> None:
    didww.control.fault("refuse", ORDER, **options)
    answer = _send(didww)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["title"] == title
    assert _orders(didww) == 0 and didww.control.purchases() == []
    assert _send(didww).status_code == 201


def test_a_connection_that_ends_after_the_order_was_taken(didww: DidwwSandbox) -> None:
    didww.control.fault("commit_then_drop", ORDER)
    with pytest.raises(httpx.RemoteProtocolError):
        _send(didww)
    assert _orders(didww) == 1
    assert len(didww.control.purchases(reference=REFERENCE)) == 1


def test_a_connection_that_ends_before_the_order_was_taken(didww: DidwwSandbox) -> None:
    didww.control.fault("drop", ORDER)
    with pytest.raises(httpx.RemoteProtocolError):
        _send(didww)
    assert _orders(didww) == 0


def test_an_answer_that_comes_too_late(didww: DidwwSandbox) -> None:
    didww.control.fault("commit_then_delay", ORDER, seconds=20)
    with pytest.raises(httpx.ReadTimeout):
        _send(didww, timeout=1)
    assert _orders(didww) == 1, "others are served in the meantime"
    assert len(didww.control.purchases(reference=REFERENCE)) == 1


def test_a_refusal_that_comes_too_late(didww: DidwwSandbox) -> None:
    didww.control.fault("delay_then_refuse", ORDER, seconds=2)
    with pytest.raises(httpx.ReadTimeout):
        _send(didww, timeout=1)
    end = time.monotonic() + 20
    while didww.control.calls(ORDER)[0]["status"] != 422:
        assert time.monotonic() < end, "it never answered"
        time.sleep(0.05)
    assert _orders(didww) == 0


@pytest.mark.parametrize(("kind", "status", "bought"), [("html", 502, 0), ("html", 522, 0), ("commit_then_html", 502, 1)])
def test_pages_instead_of_answers(didww: DidwwSandbox, kind: str, status: int, bought: int) -> None:
    didww.control.fault(kind, ORDER, status=status)
    answer = _send(didww)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html") and answer.text.startswith("<html>")
    assert _orders(didww) == bought == len(didww.control.purchases())


def test_an_answer_that_is_cut_off(didww: DidwwSandbox) -> None:
    didww.control.fault("commit_then_garble", ORDER)
    answer = _send(didww)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|double quotes"):
        answer.json()
    assert _orders(didww) == 1


def test_too_many_requests_in_a_window(didww: DidwwSandbox) -> None:
    didww.control.fault("limit", "GET /balance", after=2, window=4)
    codes = [didww.http.get("/balance").status_code for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    answer = didww.http.get("/balance")
    assert answer.json() == {"errors": [{"status": "429", "detail": "Too Many Requests"}]}
    assert "Retry-After" not in answer.headers
    assert didww.http.get("/countries").status_code == 200
    time.sleep(4.1)
    assert didww.http.get("/balance").status_code == 200


def test_the_next_calls_can_fail_whatever_they_are(didww: DidwwSandbox) -> None:
    didww.control.fail(2)
    assert [didww.http.get("/pops").status_code for _ in range(3)] == [502, 502, 200]


def test_faults_can_skip_calls_and_match_paths_with_ids(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    didww.control.fault("refuse", "PATCH /dids/{id}", skip=1, status=500, code="500", title="Internal error")
    change = {"description": "x"}
    didww.send("PATCH", f"/dids/{did['id']}", 200, change)
    didww.send("PATCH", f"/dids/{did['id']}", 500, change)
    didww.send("PATCH", f"/dids/{did['id']}", 200, change)


def test_a_number_vanishes_between_search_and_order(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    didww.control.fault("vanish", ORDER)
    assert _send(didww, available_did_id=number["id"]).status_code == 422
    assert number["id"] not in [each["id"] for each in didww.offered("Cape Town")]
    assert didww.control.purchases() == []


def test_a_number_vanishes_between_search_and_reservation(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    didww.control.fault("vanish", "POST /did_reservations")
    links = {"available_did": ("available_dids", number["id"])}
    body = didww.send("POST", "/did_reservations", 422, {"description": REFERENCE}, links)
    assert body["errors"][0]["detail"] == "available_did - is invalid"


def test_even_a_reserved_number_can_vanish(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    links = {"available_did": ("available_dids", number["id"])}
    made = didww.send("POST", "/did_reservations", 201, {"description": REFERENCE}, links)
    didww.control.fault("vanish", ORDER, number=f"+{number['attributes']['number']}")
    answer = _send(didww, did_reservation_id=made["data"]["id"])
    assert answer.json()["errors"][0]["detail"] == "did_reservation - is invalid"


def test_prices_change_between_quote_and_order(didww: DidwwSandbox) -> None:
    didww.control.fault("price", ORDER, factor="2")
    assert _send(didww).json()["data"]["attributes"]["amount"] == "5.75"
    units = didww.get("/did_groups", include="stock_keeping_units", filter__area_name="Cape Town")["included"]
    assert units[0]["attributes"]["monthly_price"] == "3.0"


def test_the_balance_drains_between_quote_and_order(didww: DidwwSandbox) -> None:
    didww.control.fault("drain", ORDER, amount="0.5")
    answer = _send(didww)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["meta"] == {"available_balance": "0.5", "total_cost": "2.88"}
    assert _orders(didww) == 0


def test_the_journal_tells_every_call_without_credentials(didww: DidwwSandbox) -> None:
    didww.control.fault("commit_then_drop", ORDER)
    with pytest.raises(httpx.RemoteProtocolError):
        _send(didww)
    didww.get("/orders", 400, filter__bogus="1")
    didww.http.get("/balance", headers={"Api-Key": "wrong-key"})
    calls = didww.control.calls()
    order = next(call for call in calls if call["name"] == ORDER)
    assert (order["fault"], order["status"]) == ("commit_then_drop", 0)
    assert order["details"]["external_reference_id"] == REFERENCE
    assert calls[-2]["outcome"] == "bogus is not allowed." and calls[-2]["status"] == 400
    assert calls[-1]["outcome"] == "Authorization failed"
    assert API_KEY not in str(calls) and "wrong-key" not in str(calls)


def test_the_journal_tells_nothing_of_persons(didww: DidwwSandbox) -> None:
    attributes = {"identity_type": "personal", "first_name": "Unmistakable", "last_name": "Doe", "phone_number": "27115550155"}
    didww.send("POST", "/identities", 201, attributes)
    assert len(didww.get("/identities", filter__first_name="Unmistakable")["data"]) == 1
    assert "Unmistakable" not in str(didww.control.calls())


def test_a_reset_and_a_seed_bring_another_first_state(didww: DidwwSandbox) -> None:
    didww.buy("London")
    didww.control.advance(3600)
    didww.control.seed(balance="5", credit="1", numbers=3, settings={"reservation_limit": 2})
    assert didww.get("/dids")["data"] == [] and didww.control.calls("GET /dids")
    assert didww.get("/balance")["data"]["attributes"] == {"balance": "5.00", "credit": "1.00", "total_balance": "6.0"}
    assert didww.group("London")["meta"]["total_count"] == 3
    assert didww.get("/did_reservations")["meta"]["available_count"] == 2
    with pytest.raises(ValueError, match="no bogus"):
        didww.control.seed(bogus=1)
    with pytest.raises(ValueError, match="There is no setting bogus"):
        didww.settings(bogus=1)
    with pytest.raises(ValueError, match="order_end is one of"):
        didww.settings(order_end="never")
    with pytest.raises(ValueError, match="does not take"):
        didww.settings(reservation_limit="many")


def test_many_clients_at_once_buy_every_number_once(didww: DidwwSandbox) -> None:
    """Forty orders for the same ten numbers from eight threads."""
    from concurrent.futures import ThreadPoolExecutor

    numbers = didww.offered("Durban")[:10]
    sku = didww.group("Durban")["skus"][0]

    def buy(number: dict[str, Any]) -> int:
        items = [{"type": "did_order_items", "attributes": {"sku_id": sku, "available_did_id": number["id"]}}]
        body = {"data": {"type": "orders", "attributes": {"items": items}}}
        return didww.http.post("/orders", json=body, headers={"Content-Type": JSONAPI}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(buy, numbers * 4))
    assert sorted(codes) == [201] * 10 + [422] * 30
    didww.get("/balance")
    bought = [each["number"] for each in didww.control.purchases()]
    assert sorted(bought) == sorted(f"+{number['attributes']['number']}" for number in numbers)
    assert Decimal(didww.get("/balance")["data"]["attributes"]["balance"]) == 1000 - 10 * Decimal("2.88")


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, didww_keys: Path) -> None:
    for pem in didww_keys.glob("*.pem"):
        (tmp_path / pem.name).write_bytes(pem.read_bytes())
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    command = [sys.executable, "-m", "voipbox_lab.providers.didww", "--port", "0", "--state", str(tmp_path)]
    process = subprocess.Popen(
        [*command, "--callback-secret-file", str(secret)], cwd=Path(__file__).parents[2] / "lab", stderr=subprocess.PIPE
    )
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "url").exists():
            assert process.poll() is None and time.monotonic() < end, process.stderr
            time.sleep(0.05)
        url = (tmp_path / "url").read_text().strip()
        key = tmp_path / "api_key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert SandboxControl(url).ping()
        headers = {"Api-Key": key.read_text().strip(), "Accept": JSONAPI}
        assert httpx.get(f"{url}/v3/balance", headers=headers, trust_env=False, verify=False).status_code == 200
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0 and said == b""
