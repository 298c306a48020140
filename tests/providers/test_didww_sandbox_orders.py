# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: reservations and orders with their traps."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from tests.providers.didww_fixtures import JSONAPI, DidwwSandbox


def _reserve(didww: DidwwSandbox, number: dict[str, Any], status: int = 201) -> dict[str, Any]:
    return didww.send(
        "POST", "/did_reservations", status, {"description": "fpx-1"}, {"available_did": ("available_dids", number["id"])}
    )


def _detail(body: dict[str, Any]) -> str:
    return str(body["errors"][0]["detail"])


def _balance(didww: DidwwSandbox) -> Decimal:
    return Decimal(didww.get("/balance")["data"]["attributes"]["balance"])


def _status(didww: DidwwSandbox, order: dict[str, Any]) -> str:
    return str(didww.get(f"/orders/{order['data']['id']}")["data"]["attributes"]["status"])


def test_an_order_is_pending_first_and_does_not_name_its_number(didww: DidwwSandbox) -> None:
    body = didww.order("London", external_reference_id="fpx-1")
    attributes = body["data"]["attributes"]
    assert attributes["status"] == "pending"
    assert attributes["items"][0]["attributes"]["billed_from"] is None
    assert "relationships" not in body["data"]
    assert _status(didww, body) == "completed"
    dids = didww.get("/dids", **{"filter__order.id": body["data"]["id"]})["data"]
    assert len(dids) == 1
    assert didww.get("/dids", **{"filter__order.reference": attributes["reference"]})["data"] == dids
    assert didww.control.purchases(reference="fpx-1")[0]["number"] == f"+{dids[0]['attributes']['number']}"


@pytest.mark.parametrize(
    ("area", "channels", "setup", "monthly", "amount"),
    [("Cape Town", 0, "1.15", "1.725", "2.88"), ("London", 2, "0.0", "0.96", "0.96"), ("Toronto", 0, "0.5", "0.15", "0.65")],
)
def test_vat_is_in_the_order_and_not_in_the_price(
    didww: DidwwSandbox, area: str, channels: int, setup: str, monthly: str, amount: str
) -> None:
    before = _balance(didww)
    attributes = didww.order(area, channels=channels)["data"]["attributes"]
    item = attributes["items"][0]["attributes"]
    assert (item["nrc"], item["mrc"], attributes["amount"]) == (setup, monthly, amount)
    assert before - _balance(didww) == Decimal(amount)


def test_a_single_number_can_be_bought_once(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    body = didww.order("Cape Town", item={"available_did_id": number["id"]})
    did = didww.get("/dids", **{"filter__order.id": body["data"]["id"]})["data"][0]
    assert did["attributes"]["number"] == number["attributes"]["number"]
    assert didww.get(f"/available_dids/{number['id']}", 404)["errors"][0]["code"] == "404"
    assert _detail(didww.order("Cape Town", 422, item={"available_did_id": number["id"]})) == "available_did - is invalid"


def test_the_same_reference_buys_twice(didww: DidwwSandbox) -> None:
    for _ in range(2):
        didww.order("London", external_reference_id="fpx-1")
    assert len(didww.get("/orders", filter__external_reference_id="fpx-1")["data"]) == 2
    assert len(didww.control.purchases(reference="fpx-1")) == 2
    assert didww.get("/orders", filter__external_reference_id="fpx-unknown")["data"] == []


def test_references_have_a_length_and_can_be_changed(didww: DidwwSandbox) -> None:
    assert _detail(didww.order("London", 422, external_reference_id="x" * 101)).startswith("external_reference_id - is too long")
    order = didww.order("London")["data"]
    didww.send("PATCH", f"/orders/{order['id']}", 200, {"external_reference_id": "fpx-2"})
    assert didww.id_of("/orders", filter__external_reference_id="fpx-2") == order["id"]
    didww.send("PATCH", f"/orders/{order['id']}", 400, {"callback_url": "http://127.0.0.1/x"})


@pytest.mark.parametrize(
    ("item", "status", "detail"),
    [
        ({"qty": 1, "available_did_id": "x"}, 400, "qty is not allowed."),
        ({"did_reservation_id": "x", "available_did_id": "x"}, 400, "did_reservation_id is not allowed."),
        ({}, 400, "The required parameter, qty, is missing."),
        ({"qty": 0}, 422, "qty - must be greater than or equal to 1"),
        ({"qty": 1, "billing_cycles_count": 1000}, 422, "billing_cycles_count - is invalid"),
        ({"qty": 1, "prorate_days_qty": 3}, 400, "prorate_days_qty is not allowed."),
        ({"qty": 1, "sku_id": "nothing"}, 422, "sku - is invalid"),
        ({"qty": 1, "sku_id": None}, 400, "The required parameter, sku_id, is missing."),
        ({"qty": 1, "nanpa_prefix_id": "nothing"}, 422, "nanpa_prefix - is invalid"),
        ({"did_reservation_id": "gone"}, 422, "did_reservation - is invalid"),
    ],
)
def test_items_are_checked(didww: DidwwSandbox, item: dict[str, Any], status: int, detail: str) -> None:
    body = didww.order("London", status, item=item)
    expected = "available_did - is invalid" if "did_reservation_id" in item and status == 422 else detail
    assert _detail(body) == expected
    assert didww.get("/orders")["data"] == []
    assert _balance(didww) == 1000


def test_the_price_of_another_group_does_not_buy_a_number(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    item = {"available_did_id": number["id"], "sku_id": didww.group("London")["skus"][0]}
    assert _detail(didww.order("London", 422, item=item)) == "available_did - is invalid"


def test_an_order_beyond_the_balance_says_what_there_is(didww: DidwwSandbox) -> None:
    didww.control.balance("1.9")
    error = didww.order("Berlin", 400)["errors"][0]
    assert error["title"] == "Insufficient balance" and error["code"] == "400"
    assert error["meta"] == {"available_balance": "1.9", "total_cost": "20.23"}
    assert didww.group("Berlin")["meta"]["total_count"] == 200


def test_an_order_of_what_is_out_of_stock_waits_unless_it_may_not(didww: DidwwSandbox) -> None:
    assert _detail(didww.order("Gqeberha", 422)).startswith("qty - is greater")
    group = didww.group("Gqeberha")
    items = [{"type": "did_order_items", "attributes": {"sku_id": group["skus"][0], "qty": 1}}]
    body = didww.send("POST", "/orders", 201, {"items": items})
    assert _status(didww, body) == "pending"
    assert _balance(didww) == Decimal("997.12"), "it is charged at once"
    numbers = didww.control.call("POST", f"/groups/{group['id']}/restock", amount=1)
    assert _status(didww, body) == "completed"
    assert didww.get("/dids")["data"][0]["attributes"]["number"] == numbers[0]


def test_an_order_that_may_not_wait_can_also_be_canceled_later(didww: DidwwSandbox) -> None:
    didww.settings(out_of_stock="cancel")
    body = didww.order("Gqeberha")
    assert _status(didww, body) == "canceled"
    assert _balance(didww) == 1000
    assert didww.control.purchases() == []


@pytest.mark.parametrize(("setting", "status"), [("422", 422), ("400", 400), ("cancel", 201)])
def test_a_number_that_is_gone(didww: DidwwSandbox, setting: str, status: int) -> None:
    didww.settings(number_gone=setting)
    number = didww.offered("Durban")[0]
    didww.control.call("POST", f"/numbers/{number['attributes']['number']}/vanish")
    body = didww.order("Durban", status, item={"available_did_id": number["id"]})
    if setting == "cancel":
        assert _status(didww, body) == "canceled"
    assert _balance(didww) == 1000
    assert didww.control.purchases() == []


def test_the_worker_may_take_its_time_and_cancel(didww: DidwwSandbox) -> None:
    didww.settings(order_delay=600)
    first, second = didww.order("London"), didww.order("London")
    assert _status(didww, first) == "pending"
    didww.control.advance(599)
    assert _status(didww, first) == "pending"
    didww.control.call("POST", f"/orders/{second['data']['id']}/cancel")
    didww.control.advance(2)
    assert (_status(didww, first), _status(didww, second)) == ("completed", "canceled")
    assert len(didww.get("/dids")["data"]) == 1
    didww.settings(order_end="canceled", order_delay=0)
    assert _status(didww, didww.order("London")) == "canceled"
    assert len(didww.control.purchases()) == 1


def test_the_worker_needs_no_request_to_go_on(didww: DidwwSandbox) -> None:
    didww.order("London")
    end = time.monotonic() + 5
    while not didww.sandbox.journal.purchases() and time.monotonic() < end:
        time.sleep(0.02)
    assert len(didww.sandbox.journal.purchases()) == 1


def test_only_pending_orders_of_numbers_can_be_canceled_by_the_customer(didww: DidwwSandbox) -> None:
    didww.settings(order_delay=600)
    number = didww.offered("Durban")[0]
    body = didww.order("Durban", item={"available_did_id": number["id"]})
    assert didww.http.delete(f"/orders/{body['data']['id']}", headers={"Content-Type": JSONAPI}).status_code == 204
    assert didww.get(f"/available_dids/{number['id']}")["data"]["attributes"] == number["attributes"]
    assert _balance(didww) == 1000
    didww.settings(order_delay=0)
    done = didww.order("Durban")
    assert didww.http.delete(f"/orders/{done['data']['id']}").status_code == 422


def test_the_balance_may_change_only_when_an_order_completes(didww: DidwwSandbox) -> None:
    didww.settings(order_delay=60, charge="completion")
    didww.control.balance("3")
    for _ in range(2):  # each is checked alone
        didww.order("Cape Town")
    assert _balance(didww) == 3
    didww.control.advance(61)
    assert _balance(didww) == Decimal("-2.76")


def test_reservations_keep_a_number_and_lapse(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    made = _reserve(didww, number)["data"]
    assert made["attributes"]["description"] == "fpx-1"
    assert number["id"] not in [each["id"] for each in didww.offered("Cape Town")]
    assert _reserve(didww, number, 422)["errors"][0]["source"]["pointer"] == "/data/relationships/available_did"
    assert _detail(didww.order("Cape Town", 422, item={"available_did_id": number["id"]})) == "available_did - is invalid"
    found = didww.get("/did_reservations", filter__description="fpx-1")
    assert found["meta"]["available_count"] == 9
    didww.control.advance(599)
    assert didww.get(f"/did_reservations/{made['id']}")["data"]["id"] == made["id"]
    didww.control.advance(2)
    assert didww.http.delete(f"/did_reservations/{made['id']}").status_code == 404
    assert number["id"] in [each["id"] for each in didww.offered("Cape Town")]
    assert didww.order("Cape Town", 422, item={"did_reservation_id": made["id"]})["errors"]


def test_a_reserved_number_is_bought_by_its_reservation(didww: DidwwSandbox) -> None:
    number = didww.offered("Cape Town")[0]
    made = _reserve(didww, number)["data"]
    did = didww.buy("Cape Town", item={"did_reservation_id": made["id"]})
    assert did["attributes"]["number"] == number["attributes"]["number"]
    assert didww.get(f"/did_reservations/{made['id']}", 404)["errors"]


def test_there_are_ten_reservations(didww: DidwwSandbox) -> None:
    numbers = didww.offered("Cape Town")
    made = [_reserve(didww, number)["data"] for number in numbers[:10]]
    assert didww.get("/did_reservations")["meta"]["available_count"] == 0
    assert _detail(_reserve(didww, numbers[10], 422)) == "Reservations limit is reached"
    assert didww.http.delete(f"/did_reservations/{made[0]['id']}").status_code == 204
    _reserve(didww, numbers[10])


def test_numbers_of_a_prefix(didww: DidwwSandbox) -> None:
    prefix = didww.get("/nanpa_prefixes", filter__npanxx="416555")["data"][0]
    assert prefix["attributes"] == {"npa": "416", "nxx": "555"}
    did = didww.buy("Toronto", item={"qty": 1, "nanpa_prefix_id": prefix["id"]})
    assert did["attributes"]["number"].startswith("1416555")
    other = didww.id_of("/nanpa_prefixes", filter__npanxx="212555")
    assert _detail(didww.order("Toronto", 422, item={"qty": 1, "nanpa_prefix_id": other})) == "nanpa_prefix - is invalid"


def test_single_numbers_can_be_off_for_a_group_and_for_an_account(didww: DidwwSandbox) -> None:
    assert didww.group("Pretoria")["meta"]["available_dids_enabled"] is False
    assert didww.offered("Pretoria") == []
    assert didww.buy("Pretoria")["attributes"]["number"].startswith("2712")
    didww.settings(available_dids=False)
    assert didww.offered("London") == []
    assert didww.group("London")["meta"]["available_dids_enabled"] is False


def test_groups_say_what_they_need_and_have(didww: DidwwSandbox) -> None:
    country = didww.id_of("/countries", filter__iso="ZA")
    query = {"filter__country.id": country, "filter__needs_registration": "true", "filter__is_available": "true"}
    body = didww.get("/did_groups", **query)
    areas = {group["attributes"]["area_name"] for group in body["data"]}
    assert areas == {"Johannesburg", "Pretoria", "Cape Town", "Durban", "National"}
    assert didww.get("/did_groups", **{"filter__country.id": country, "filter__meta.total_count_gteq": "100"})["meta"] == {
        "total_records": 2,
        "api_version": "2026-04-16",
    }
    cities = didww.get("/cities", **{"filter__country.id": country, "filter__is_available": "false"})["data"]
    assert [city["attributes"]["name"] for city in cities] == ["Gqeberha"]


def test_channels_are_ordered_at_once(didww: DidwwSandbox) -> None:
    pool = didww.get("/capacity_pools", filter__name="Extended")["data"][0]
    items = [{"type": "capacity_order_items", "attributes": {"capacity_pool_id": pool["id"], "qty": 2}}]
    attributes = didww.send("POST", "/orders", 201, {"items": items})["data"]["attributes"]
    assert (attributes["status"], attributes["description"]) == ("completed", "Capacity")
    assert attributes["items"][0]["attributes"]["prorated_mrc"] is True
    after = didww.get(f"/capacity_pools/{pool['id']}")["data"]["attributes"]
    assert after["total_channels_count"] == pool["attributes"]["total_channels_count"] + 2
