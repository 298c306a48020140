"""The checkout in a browser: each way through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.browser import checkout
from tests.browser.checkout import look
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.usefixtures("catalog")
Open = Callable[..., Page]


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_a_plain_order(open_page: Open, people: dict[str, Any], size: dict[str, int] | None) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"], size=size)
    name = "phone" if size else "desk"
    page.goto("/my/")
    look(page, f"{name}-0-empty")
    page.get_by_role("link", name="Order a phone system").first.click()
    look(page, f"{name}-1-start")
    checkout.choose(page, "Ten extensions", "Canadian number", "Call recording")
    look(page, f"{name}-2-company")
    checkout.company(page)
    look(page, f"{name}-3-number")
    checkout.own_number(page)
    look(page, f"{name}-4-system")
    page.get_by_label("Extensions", exact=True).fill("8")
    expect(page.locator("#extensions")).to_contain_text("1001\N{EN DASH}1008")
    page.get_by_label("Extensions", exact=True).fill("10")
    checkout.system(page)
    look(page, f"{name}-5-admin")
    checkout.admin(page)
    look(page, f"{name}-6-review")
    checkout.place(page)
    look(page, f"{name}-7-done")
    page.get_by_role("link", name="Follow the order").click()
    look(page, f"{name}-8-order")
    page.get_by_role("link", name="My orders").last.click()
    look(page, f"{name}-9-orders")
    order = Order.objects.get()
    assert (order.company, order.seats, order.record) == ("Acme Corp", 10, "all")


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_an_order_whose_number_is_bought(
    open_page: Open,
    people: dict[str, Any],
    market: Any,
    size: dict[str, int] | None,
) -> None:
    from voipbox.orders.models import Order

    market(FIRST)
    name = "phone" if size else "desk"
    page = open_page(people["alice"], size=size)
    page.goto("/order/")
    checkout.choose(page, "Ten extensions", "Canadian number")
    checkout.company(page)
    checkout.at(page, "Number")
    page.get_by_label("Country").select_option(label="Canada")
    expect(page.get_by_text("Choose a province or state")).to_be_visible()
    page.get_by_label("Province, state or region").select_option(label="Ontario")
    expect(page.locator("label.offer").first).to_be_visible()
    look(page, f"{name}-number-found")
    row = page.locator("label.offer").first
    number = row.locator(".offer-number").inner_text()
    row.locator("input").check()
    page.get_by_role("button", name="Hold this number").click()
    expect(page.locator(".held-number")).to_have_text(number)
    expect(page.locator(".held .countdown time")).to_contain_text("min")
    look(page, f"{name}-number-held")
    checkout.go_on(page)
    checkout.system(page)
    checkout.admin(page)
    look(page, f"{name}-number-review")
    checkout.place(page)
    assert Order.objects.get().number == number


def test_a_bundle_runs_when_it_arrives(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"])
    page.goto("/order/")
    card = page.locator("label.ware", has=page.get_by_text("Small office", exact=True))
    expect(card).to_contain_text("Five extensions")
    expect(card).to_contain_text("Number that is set up at once")
    checkout.choose(page, "Small office")
    checkout.company(page)
    checkout.own_number(page)
    checkout.system(page)
    checkout.admin(page)
    expect(page.locator("main")).to_contain_text("Small office")
    look(page, "bundle-review")
    checkout.place(page)
    page.get_by_role("link", name="Follow the order").click()
    look(page, "bundle-order")
    order = Order.objects.get()
    assert (order.status, order.seats, order.record) == ("approved", 5, "")
    assert [item.bundle.slug for item in order.items.all()] == ["small-office"]


@pytest.mark.parametrize("kind", ["A person", "A business"])
def test_a_regulated_order(open_page: Open, people: dict[str, Any], market: Any, kind: str) -> None:
    from voipbox.orders.models import Order
    from voipbox.regulatory.models import Registration

    market(SECOND)
    page = open_page(people["alice"])
    page.goto("/order/")
    checkout.choose(page, "Ten extensions", "South African number")
    checkout.company(page)
    checkout.at(page, "Number")
    page.get_by_label("Country").select_option(label="South Africa")
    row = page.locator("label.offer", has_text="Needs registration").first
    row.locator("input").check()
    page.get_by_role("button", name="Hold this number").click()
    checkout.go_on(page)
    checkout.at(page, "Registration")
    page.get_by_role("link", name=kind).click()
    look(page, f"registration-{kind[2:]}")
    checkout.registration(page)
    checkout.system(page)
    checkout.admin(page)
    checkout.place(page)
    page.get_by_role("link", name="Follow the order").click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    look(page, f"registration-order-{kind[2:]}")
    order = Order.objects.get()
    assert (
        order.regulated and Registration.objects.get(order=order).kind == {"A person": "personal", "A business": "business"}[kind]
    )


def test_staff_orders_for_a_client_and_provisions_at_once(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["bob"])
    page.goto("/order/")
    checkout.choose(page, "Ten extensions", "Canadian number")
    page.get_by_label("Client's account").fill("alice@people.example")
    look(page, "staff-company")
    checkout.company(page)
    checkout.own_number(page)
    checkout.system(page)
    checkout.admin(page)
    checkout.place(page)
    look(page, "staff-done")
    page.get_by_role("button", name="Approve and provision now").click()
    page.wait_for_url("**/staff/orders/*/")
    order = Order.objects.get()
    assert order.status == "approved" and order.client == people["alice"]


def test_staff_acts_as_a_client(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import AuditEvent

    page = open_page(people["bob"])
    page.goto("/clients/")
    look(page, "clients")
    page.get_by_role("button", name="Act as alice@people.example").click()
    expect(page.get_by_text("You are acting as")).to_be_visible()
    page.get_by_role("link", name="Order a phone system").first.click()
    look(page, "acting-start")
    checkout.choose(page, "Ten extensions", "Canadian number")
    checkout.company(page)
    checkout.own_number(page)
    checkout.system(page)
    checkout.admin(page)
    checkout.place(page)
    page.get_by_role("button", name="Stop acting as this client").click()
    expect(page.get_by_text("You are acting as")).to_have_count(0)
    event = AuditEvent.objects.get(action="submit")
    assert (event.actor, event.acting_for) == ("bob@people.example", "alice@people.example")
