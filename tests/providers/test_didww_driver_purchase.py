# SPDX-License-Identifier: GPL-3.0-or-later
"""The second driver's purchases: what is sent, what is certain, what is not, and what is read back."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from voipbox.providers import errors
from voipbox.providers.didww import pacing
from voipbox.providers.records import Bought, Capacity, CapacityKind, Offer, PurchaseState, Wanted

from .didww_driver_wire import Wire, answer, fresh_budget, html, refusal, row  # noqa: F401 - a fixture for every test

NAMES = st.sampled_from(
    [
        "data",
        "id",
        "type",
        "attributes",
        "relationships",
        "included",
        "meta",
        "links",
        "items",
        "status",
        "qty",
        "mrc",
        "reference",
    ]
)
CAPACITY = Capacity("sku-1", CapacityKind.PER_MINUTE, "Pay per minute", Decimal("0"), Decimal("0.3"))
OFFER = Offer("+442079460101", "GB", "", "London", (CAPACITY,), token={"group": "g", "available_did": "av-1", "nanpa_prefix": ""})
WANTED = Wanted("vb-1-abc", OFFER, CAPACITY)
REFERENCE = WANTED.reference
FUNDS = {
    "title": "Insufficient balance",
    "detail": "Insufficient balance",
    "code": "400",
    "status": "400",
    "meta": {"available_balance": "1.9", "total_cost": "2.0"},
}
GONE = {
    "title": "is invalid",
    "detail": "available_did - is invalid",
    "code": "100",
    "source": {"pointer": "/data/attributes/items"},
}


def _order(status: str = "pending", identity: str = "o-1", reference: str = REFERENCE, **more: Any) -> dict[str, Any]:
    item = {"qty": 1, "nrc": "0.0", "mrc": "0.363", "setup_price": "0.0", "monthly_price": "0.363", "did_group_id": "g"}
    return row(
        "orders",
        identity,
        {
            "amount": "0.36",
            "status": status,
            "reference": "KRV-684222",
            "external_reference_id": reference,
            "items": [{"type": "did_order_items", "attributes": item}],
            **more,
        },
    )


def _did(identity: str = "d-1", number: str = "442079460101", order: str | None = None) -> dict[str, Any]:
    flags = {"number": number, "terminated": False, "blocked": False, "awaiting_registration": False}
    return row("dids", identity, flags, **({"order": ("orders", order)} if order else {}))


@pytest.mark.parametrize(
    ("wanted", "item"),
    [
        (WANTED, {"sku_id": "sku-1", "available_did_id": "av-1"}),
        (replace(WANTED, reservation="r-1"), {"sku_id": "sku-1", "did_reservation_id": "r-1"}),
        (replace(WANTED, offer=replace(OFFER, number="", token={"group": "g"})), {"sku_id": "sku-1", "qty": 1}),
        (
            replace(WANTED, offer=replace(OFFER, number="", token={"group": "g", "nanpa_prefix": "n-1"})),
            {"sku_id": "sku-1", "qty": 1, "nanpa_prefix_id": "n-1"},
        ),
    ],
)
def test_an_order_names_its_number_in_exactly_one_way_and_never_waits_unless_asked(wanted: Wanted, item: dict[str, Any]) -> None:
    wire = Wire().on("POST", "orders", answer(_order(), 201))
    bought = wire.driver().purchase(wanted)
    sent = wire.body()["data"]["attributes"]
    assert sent == {
        "allow_back_ordering": False,
        "external_reference_id": REFERENCE,
        "items": [{"type": "did_order_items", "attributes": item}],
    }
    assert bought == Bought(
        PurchaseState.PENDING, REFERENCE, (), {"order": "o-1", "order_reference": "KRV-684222"}, Decimal("0.0"), Decimal("0.363")
    )
    assert wire.requests[0].headers["connection"] == "close"


def test_waiting_and_the_callback_are_sent_when_asked_for() -> None:
    wire = Wire().on("POST", "orders", answer(_order(), 201))
    wire.driver().purchase(replace(WANTED, back_order=True, callback_url="https://pbx.reseller.example/hooks/orders"))
    sent = wire.body()["data"]["attributes"]
    assert sent["allow_back_ordering"] is True
    assert (sent["callback_url"], sent["callback_method"]) == ("https://pbx.reseller.example/hooks/orders", "post")


def test_an_order_that_cannot_be_sent_is_refused_before_it_is() -> None:
    wire = Wire()
    for wanted, field in (
        (replace(WANTED, reference=""), "reference"),
        (replace(WANTED, reference="x" * 101), "reference"),
        (replace(WANTED, offer=replace(OFFER, token={"group": "g"})), "offer"),
    ):
        with pytest.raises(errors.BadRequest) as caught:
            wire.driver().purchase(wanted)
        assert [fault.field for fault in caught.value.faults] == [field]
    assert not wire.requests


CERTAIN: list[Any] = [
    (httpx.ConnectError("no"), errors.NothingSent),
    (httpx.ConnectTimeout("no"), errors.NothingSent),
    (httpx.PoolTimeout("no"), errors.NothingSent),
    (refusal(400, FUNDS), errors.InsufficientFunds),
    (refusal(422, GONE), errors.NumberUnavailable),
    (refusal(400, {"detail": "did_reservation - is invalid", "code": "100"}), errors.NumberUnavailable),
    (refusal(404, {"detail": "available_did could not be found", "code": "404"}), errors.NumberUnavailable),
    (refusal(400, {"detail": "qty is not allowed.", "code": "105"}), errors.BadRequest),
    (refusal(401, {"detail": "Authorization failed", "code": "401"}), errors.AuthFailed),
    (refusal(403, {"detail": "Customer is in read-only mode", "code": "403"}), errors.AccessDenied),
    (refusal(429, {"detail": "Too Many Requests", "status": "429"}), errors.RateLimited),
]


@pytest.mark.parametrize(("what", "kind"), CERTAIN)
def test_what_is_certain(what: Any, kind: type[errors.ProviderError]) -> None:
    wire = Wire().on("POST", "orders", what)
    with pytest.raises(kind) as caught:
        wire.driver().purchase(WANTED)
    assert type(caught.value) is kind or kind is errors.BadRequest
    assert REFERENCE in str(caught.value)
    assert len(wire.requests) == 1


def test_a_lack_of_money_says_how_much() -> None:
    with pytest.raises(errors.InsufficientFunds, match=r"has 1.9 USD .* costs 2.0 USD"):
        Wire().on("POST", "orders", refusal(400, FUNDS)).driver().purchase(WANTED)


DOUBT: list[Any] = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("gone"),
    httpx.WriteError("gone"),
    httpx.RemoteProtocolError("gone"),
    html(200),
    html(201),
    html(400),
    html(403),
    html(429),
    html(502),
    html(522),
    httpx.Response(301, headers={"Location": "https://elsewhere.example/"}),
    httpx.Response(201, content=b""),
    httpx.Response(201, content=b'{"data": {"id": "o-1", "typ'),
    httpx.Response(201, json={"data": None}),
    httpx.Response(201, json={"data": []}),
    httpx.Response(201, json=["o-1"]),
    httpx.Response(204),
    httpx.Response(422, json={"errors": []}),
    refusal(500, {"detail": "Internal error", "code": "500"}),
]


@pytest.mark.parametrize("what", DOUBT)
def test_what_is_in_doubt_is_said_and_never_sent_again(what: Any) -> None:
    wire = Wire().on("POST", "orders", what)
    with pytest.raises(errors.OutcomeUnknown) as caught:
        wire.driver().purchase(WANTED)
    assert "read back" in caught.value.sentence and REFERENCE in str(caught.value)
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {"status": "pending", "items": None, "amount": None},
        {"status": "something new", "items": [{"type": "x"}, 7, None], "reference": None},
        {"status": None, "items": "what?", "amount": {}},
        {"items": [{"attributes": {"did_group_id": "g", "mrc": "a lot", "qty": "NaN"}}]},
    ],
)
def test_a_success_that_is_odd_is_a_success(attributes: dict[str, Any]) -> None:
    wire = Wire().on("POST", "orders", answer(row("orders", "o-1", attributes), 201, version="2031-01-01"))
    bought = wire.driver().purchase(WANTED)
    assert (bought.state, bought.reference, bought.ids["order"]) == (PurchaseState.PENDING, REFERENCE, "o-1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=st.sampled_from([200, 201, 202]), body=JSON, ours=st.booleans())
def test_whatever_a_success_holds_it_is_an_order_or_a_doubt(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, ours: bool
) -> None:
    monkeypatch.setattr(pacing, "_PACES", {})
    whole = {"data": {"type": "orders", "id": "o-1", "attributes": body}} if ours else body
    wire = Wire().on("POST", "orders", httpx.Response(status, content=json.dumps(whole)))
    try:
        bought = wire.driver().purchase(WANTED)
    except errors.OutcomeUnknown:
        assert not ours
    else:
        assert bought.ids["order"] and bought.reference
    assert len(wire.requests) == 1


def test_read_back_finds_every_order_of_the_reference_with_its_numbers() -> None:
    wire = Wire().on(
        "GET", "orders", answer([_order("completed"), _order("canceled", "o-2"), _order("completed", "o-9", "another")])
    )
    wire.on("GET", "dids", answer([_did()]))
    found = wire.driver().find_purchase(REFERENCE, "+442079460101")
    assert [(each.state, each.ids["order"], each.numbers) for each in found] == [
        (PurchaseState.COMPLETED, "o-1", ("+442079460101",)),
        (PurchaseState.CANCELED, "o-2", ()),
    ]
    assert found[0].ids["did"] == "d-1" and found[0].monthly == Decimal("0.363")
    assert wire.calls() == [("GET", "orders"), ("GET", "dids")]
    assert wire.query(1)["filter[order.id]"] == "o-1"


def test_read_back_takes_a_known_order_by_its_id() -> None:
    wire = Wire().on("GET", "orders", answer([])).on("GET", "orders/o-1", answer(_order("completed")))
    wire.on("GET", "dids", answer([_did()]))
    assert [each.ids["order"] for each in wire.driver().find_purchase(REFERENCE, "", "o-1")] == ["o-1"]
    wire.on("GET", "orders/o-1", refusal(404, {"detail": "Record not found", "code": "404"}))
    assert wire.driver().find_purchase(REFERENCE, "", "o-1") == []


def _no_order(did: Any, orders: Any = None) -> Wire:
    return Wire().on("GET", "orders", answer([])).on("GET", "dids", answer([did] if did else [], included=orders))


def test_the_number_is_a_second_way_to_the_order_and_proves_nothing_without_our_reference() -> None:
    found = _no_order(_did(order="o-1"), [_order("completed")]).driver().find_purchase(REFERENCE, "+442079460101")
    assert [each.numbers for each in found] == [("+442079460101",)]
    for wire in (
        _no_order(None),
        _no_order(_did()),
        _no_order(_did(order="o-1"), [_order("completed", reference="")]),
        _no_order(_did(order="o-1"), [_order("completed", reference="an-earlier-attempt")]),
        _no_order(_did(number="4420794601011", order="o-1"), [_order("completed")]),
    ):
        assert wire.driver().find_purchase(REFERENCE, "+442079460101") == []


def test_a_hold_whose_answer_was_lost_is_found_by_its_description() -> None:
    held = row("did_reservations", "r-1", {"description": REFERENCE, "expires_at": "2026-11-23T10:10:00.417Z"})
    for lost in (httpx.ReadTimeout("slow"), html(502), answer(None, 201)):
        wire = Wire().on("POST", "did_reservations", lost).on("GET", "did_reservations", answer([held]))
        reservation = wire.driver().reserve(OFFER, REFERENCE)
        assert reservation is not None and reservation.id == "r-1"
        assert reservation.expires_at.isoformat() == "2026-11-23T10:10:00.417000+00:00"
        assert wire.query()["filter[description]"] == REFERENCE
    wire = Wire().on("POST", "did_reservations", httpx.ReadTimeout("slow")).on("GET", "did_reservations", answer([]))
    with pytest.raises(errors.OutcomeUnknown):
        wire.driver().reserve(OFFER, REFERENCE)


def test_a_number_that_somebody_holds_is_unavailable() -> None:
    taken = {"detail": "available_did - is invalid", "code": "100", "source": {"pointer": "/data/relationships/available_did"}}
    wire = Wire().on("POST", "did_reservations", refusal(422, taken)).on("GET", "did_reservations", answer([]))
    with pytest.raises(errors.NumberUnavailable, match="available_did - is invalid"):
        wire.driver().reserve(OFFER, REFERENCE)
    assert wire.driver().reserve(replace(OFFER, number="", token={"group": "g"}), REFERENCE) is None
