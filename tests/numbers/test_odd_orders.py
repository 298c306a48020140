"""Orders in odd situations: callbacks before their time, products that are bought elsewhere today, settings that do not fit."""

from __future__ import annotations

import contextlib
import datetime
from decimal import Decimal

import pytest
import yaml
from django.test import Client
from voipbox.api import accounts as api_accounts
from voipbox.catalog import exchange
from voipbox.catalog.mapping import map_product
from voipbox.catalog.models import PbxServer, Product
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, Refused
from voipbox.core.people import operator_of_this_machine
from voipbox.numbers import accounts, advance, balances, ledger, ordering, search, tasks, trunks
from voipbox.numbers.models import Balance, Choice, Hold, Purchase
from voipbox.orders.intake import Amendment
from voipbox.orders.models import Order
from voipbox.pages.client.checkout.tenant import preview
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Bought, PurchaseState
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.controller.fixtures import order_data
from tests.numbers.sequences import start
from tests.numbers.test_advance import buying_fails, fresh

pytestmark = pytest.mark.django_db


def test_callbacks_do_not_use_up_the_looks_of_a_purchase_in_doubt(market, buy, actors):
    _, order, purchase = buying_fails(market, buy, actors, "drop", SECOND)
    assert purchase.state == "unknown"
    Purchase.objects.update(number="")
    for _ in range(5):
        advance.callback(order.pk)
        advance.advance(order.pk)
    purchase = Purchase.objects.get()
    assert (purchase.state, purchase.looks) == ("unknown", 0)
    assert purchase.next_look_at == purchase.sent_at + datetime.timedelta(seconds=ledger.LOOKS[0])


class Listed:
    """A provider that completed the purchase and lists its number a moment later."""

    numbers: tuple[str, ...] = ()

    def find_purchase(self, reference, number, order):
        return [Bought(PurchaseState.COMPLETED, reference, self.numbers, {"order": "7"}, Decimal(1), Decimal(2), "USD")]


def test_completed_without_a_number_is_not_bought_yet(market, buy, actors, monkeypatch):
    _, order, _ = buying_fails(market, buy, actors, "drop", SECOND)
    an_hour_ago = clock.now() - datetime.timedelta(hours=1)
    Purchase.objects.update(number="", sent_at=an_hour_ago, next_look_at=an_hour_ago)
    provider = Listed()
    monkeypatch.setattr(ledger, "open_driver", lambda account: contextlib.nullcontext(provider))
    advance.advance(order.pk)
    purchase = Purchase.objects.get()
    assert (purchase.state, purchase.ids["order"]) == ("sent", "7")
    assert fresh(order).step == "purchase"
    provider.numbers = ("+27115550777",)
    Purchase.objects.update(next_look_at="2020-01-01T00:00:30Z")
    advance.advance(order.pk)
    assert (Purchase.objects.get().state, fresh(order).number) == ("confirmed", "+27115550777")


def test_a_correction_keeps_the_account_where_the_number_was_agreed_on(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    other = ProviderAccount.objects.create(slug="other", name="Other", driver=place.account.driver, gateway_proxy="other.example")
    map_product(Product.objects.get(slug=place.product), other)
    ordering.amend(order.pk, Amendment(email="other@acme.example"), actors["bob"], "a typing error")
    assert fresh(order).provider == place.account == Choice.objects.get(order=order).account
    number = place.number()
    ordering.amend(order.pk, Amendment(number=number), actors["bob"], "another number")
    assert (fresh(order).provider, Choice.objects.get(order=order).number) == (place.account, number)


def test_an_order_whose_number_the_provider_picks_can_be_corrected(market, buy, actors):
    order = buy(market(FIRST))
    Order.objects.update(number="")
    Choice.objects.update(number="")
    ordering.amend(order.pk, Amendment(email="other@acme.example"), actors["bob"], "a typing error")
    assert (fresh(order).number, fresh(order).email) == ("", "other@acme.example")


@pytest.mark.parametrize("how", ["none", "elsewhere"])
def test_an_order_without_a_choice_at_its_account_fails_with_what_to_do(market, buy, actors, how):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    if how == "none":
        Choice.objects.all().delete()
    else:
        Choice.objects.update(account=accounts.find(SECOND))
    advance.advance(order.pk)
    order = fresh(order)
    assert order.status == "failed"
    assert "choose its number again" in order.reason
    assert place.control.purchases() == []


def test_a_fault_of_the_program_is_told_and_given_up(market, buy, actors, monkeypatch):
    order = buy(market(FIRST))
    start(order, actors)
    advance.advance(order.pk)

    def broken(order):
        raise RuntimeError("CANARY")

    monkeypatch.setattr(trunks, "ensure", broken)
    advance.advance(order.pk)
    waiting = fresh(order)
    assert (waiting.status, waiting.step) == ("approved", "trunk")
    assert waiting.next_try_at is not None and "A fault of this program" in waiting.reason
    for _ in range(4):
        advance.advance(order.pk)
    failed = fresh(order)
    assert failed.status == "failed"
    assert "CANARY" not in failed.reason


def test_a_port_that_is_no_number_buys_nothing(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    PbxServer.objects.update(host_variables={"voipbox_sip_port": "5080/udp"})
    start(order, actors)
    advance.advance(order.pk)
    assert fresh(order).status == "failed"
    assert "voipbox_sip_port" in fresh(order).reason
    assert place.control.purchases() == []


def test_one_address_need_not_be_a_list(catalog):
    server = PbxServer(base_domain="pbx.example.com", host_variables={"voipbox_sip_addresses": "203.0.113.10/32"})
    assert trunks.pbx_address(server)[2] == ("203.0.113.10/32",)


@pytest.mark.parametrize(
    "variables", [{"voipbox_sip_port": "5080/udp"}, {"voipbox_sip_port": 70000}, {"voipbox_sip_addresses": ["pbx.example.com"]}]
)
def test_a_server_that_no_trunk_could_be_made_with_is_refused(catalog, variables):
    server = {"slug": "odd", "name": "Odd", "base_domain": "odd.example.com", "host_variables": variables}
    with pytest.raises(Refused, match=next(iter(variables))):
        exchange.parse(yaml.safe_dump({"servers": [server]}))


def test_a_date_that_none_is_is_no_fault_of_the_program(catalog):
    with pytest.raises(Refused, match="is not valid YAML"):
        exchange.parse("groups: [2024-13-45]")


def test_an_unfinished_account_does_not_keep_others_from_being_looked_at(market):
    place = market(FIRST)
    ProviderAccount.objects.create(slug="bare", name="Bare", driver=place.account.driver, gateway_proxy="bare.example")
    ProviderAccount.objects.filter(slug="bare").update(id=0)  # so that it comes first
    balances.read_all()
    assert "cannot be used" in Balance.objects.get(account__slug="bare").error
    assert Balance.objects.get(account=place.account).amount is not None
    tasks.reconcile_all.func.__wrapped__(0)  # without the closing of connections that a job begins with


def test_a_number_of_no_country_is_not_on_offer(market):
    place = market(FIRST)
    assert search.exactly(place.account, "+9991234567") is None


def test_a_refused_correction_leaves_the_number_that_is_held(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    held = Hold.objects.get()
    taken = buy(place, domain="taken.pbx.example.com")
    with pytest.raises(Refused):
        ordering.amend(order.pk, Amendment(number=place.number(), domain=taken.domain), actors["bob"], "both")
    assert set(Hold.objects.values_list("owner", "number")) == {(held.owner, held.number), (f"order:{taken.pk}", taken.number)}
    start(order, actors)
    with pytest.raises(MoveRefused):
        ordering.amend(order.pk, Amendment(number=place.number()), actors["bob"], "too late")
    assert Hold.objects.count() == 2


@pytest.fixture
def robot(people):
    """A program that may place and correct orders: robot(method, path, body, key) returns status and body."""
    token = api_accounts.add_token("robot", ["orders:place", "orders:act"], None, None, operator_of_this_machine())[1]
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    def robot(method, path, body, key=""):
        answer = getattr(client, method)(
            f"/api/v1{path}", body, content_type="application/json", headers={"Idempotency-Key": key} if key else {}
        )
        return answer.status_code, answer.json()

    return robot


@pytest.mark.parametrize("key", ["", "key"])
def test_a_refused_order_of_a_program_lets_go_of_its_number(market, buy, robot, key):
    place = market(FIRST)
    taken = buy(place)
    body = order_data(
        items=[{"product": place.product}, {"product": "office-5"}], trunk=None, number=place.number(), domain=taken.domain
    )
    status, answer = robot("post", "/orders", body, key)
    assert (status, answer["faults"][0]["field"]) == (422, "domain")
    assert Hold.objects.count() == 1
    status, answer = robot("post", "/orders", {**body, "domain": "free.pbx.example.com"}, key and "another")
    assert status == 201, answer


def test_a_repeated_request_gets_its_answer_though_its_number_is_taken_by_itself(market, robot, monkeypatch):
    place = market(FIRST)
    body = order_data(items=[{"product": place.product}, {"product": "office-5"}], trunk=None, number=place.number())
    prepare = ordering.prepare
    inner = []

    def overtaken(given, owner, hold=None):
        monkeypatch.setattr(ordering, "prepare", prepare)
        inner.append(robot("post", "/orders", body, "key"))
        return prepare(given, owner, hold)

    monkeypatch.setattr(ordering, "prepare", overtaken)
    outer = robot("post", "/orders", body, "key")
    assert outer == inner[0]
    assert outer[0] == 201
    assert Order.objects.count() == 1


def test_what_cannot_be_stored_is_a_refusal(market, buy, robot):
    order = buy(market(FIRST))
    assert robot("post", f"/orders/{order.pk}/actions/cancel", {"reason": "a\u0000b"})[0] == 422
    assert robot("post", f"/orders/{order.pk}/notes", {"text": "a\u0000b"})[0] == 422
    assert robot("patch", f"/orders/{order.pk}", {"reason": "a\u0000b", "changes": {"company": "Changed"}})[0] == 422


def test_an_account_without_credentials_is_no_fault_of_the_program(market, robot):
    place = market(SECOND)
    ProviderAccount.objects.filter(pk=place.account.pk).update(credentials={})
    body = order_data(items=[{"product": place.product}, {"product": "office-5"}], trunk=None, number=place.number())
    for path in ("/orders", "/orders/check"):
        assert robot("post", path, body)[0] == 422


@pytest.mark.parametrize(
    ("seats", "first"), [("0000199999999", "1"), ("9" * 5000, "1"), ("1001", "1"), ("2", "9" * 9), ("²", "1")]
)
def test_a_preview_of_what_is_no_range_is_none(seats, first):
    assert preview(None, seats, first) is None
