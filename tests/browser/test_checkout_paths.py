"""The checkout in a browser: each way through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, serious, shot
from tests.pages.checkout import PASSWORD

pytestmark = pytest.mark.usefixtures("catalog")
Open = Callable[..., Page]


def choose(page: Page, *labels: str) -> None:
    """Tick cards of the storefront by their names."""
    for label in labels:
        page.locator("label.ware", has=page.get_by_text(label, exact=True)).locator("input").check()
    page.get_by_role("button", name="Continue").click()


def company(page: Page, name: str = "Acme Corp") -> None:
    """The step about the company."""
    expect(page.get_by_role("heading", name="Company")).to_be_visible()
    page.get_by_label("Company").fill(name)
    expect(page.locator("#domain-check")).to_contain_text("is free")
    page.get_by_label("Contact").fill("Ada Admin")
    page.get_by_label("E-mail", exact=True).fill("ada@acme.example")
    page.get_by_label("Telephone").fill("+1 416 555 0123")
    page.get_by_role("button", name="Continue").click()


def own_number(page: Page, number: str = "+14165550100", trunk: bool = True) -> None:
    """The step about a number that is there already."""
    page.get_by_label("Number").fill(number)
    if trunk:
        page.get_by_label("User name of the trunk").fill("acme-trunk")
        page.get_by_label("Password of the trunk").fill("Example-Trunk-1")
    page.get_by_role("button", name="Continue").click()


def system(page: Page) -> None:
    """The step about the tenant, as it is proposed."""
    expect(page.get_by_label("Address of your system")).to_have_value("acme-corp.pbx.example.com")
    page.get_by_role("button", name="Continue").click()


def admin(page: Page) -> None:
    """The step about the admin user."""
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    expect(page.locator('[data-rule="same"]')).to_have_attribute("data-met", "yes")
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_a_plain_order(open_page: Open, people: dict[str, Any], size: dict[str, int] | None) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"], size=size)
    name = "phone" if size else "desk"
    page.goto("/my/")
    page.get_by_role("link", name="Order a phone system").first.click()
    look(page, f"{name}-1-start")
    choose(page, "Ten extensions", "Canadian number", "Call recording")
    look(page, f"{name}-2-company")
    company(page)
    look(page, f"{name}-3-number")
    own_number(page)
    look(page, f"{name}-4-system")
    page.get_by_label("Extensions", exact=True).fill("8")
    expect(page.locator("#extensions")).to_contain_text("1001\N{EN DASH}1008")
    page.get_by_label("Extensions", exact=True).fill("10")
    system(page)
    look(page, f"{name}-5-admin")
    admin(page)
    look(page, f"{name}-6-review")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    look(page, f"{name}-7-done")
    page.get_by_role("link", name="Follow the order").click()
    look(page, f"{name}-8-order")
    page.get_by_role("link", name="My orders").first.click()
    look(page, f"{name}-9-orders")
    order = Order.objects.get()
    assert (order.company, order.seats, order.record) == ("Acme Corp", 10, "all")


def look(page: Page, name: str) -> None:
    """A picture, nothing that axe minds, nothing that sticks out sideways."""
    page.wait_for_load_state("networkidle")
    shot(page, name)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
