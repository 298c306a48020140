"""What people do to a checkout: keyboards, the back button, two windows, double clicks, no script, strange text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checkout
from tests.browser.checkout import look
from tests.browser.conftest import PHONE
from tests.pages.checkout import PASSWORD

pytestmark = pytest.mark.usefixtures("catalog")
Open = Callable[..., Page]
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">{{ 7*7 }}'\"& \N{SNOWMAN}"


def begin(page: Page) -> None:
    """A draft that has its products and its company."""
    page.goto("/order/")
    checkout.choose(page, "Ten extensions", "Canadian number")
    checkout.company(page)


def to_review(page: Page) -> None:
    """Everything but the last button."""
    begin(page)
    checkout.own_number(page)
    checkout.system(page)
    checkout.admin(page)
    checkout.at(page, "Review")


def test_the_back_button_shows_what_was_typed_and_does_no_harm(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"])
    to_review(page)
    for heading in ("Admin user", "System", "Number", "Company"):
        page.go_back()
        checkout.at(page, heading)
    expect(page.get_by_label("Contact")).to_have_value("Ada Admin")
    page.get_by_label("Contact").fill("Other Contact")
    checkout.go_on(page)
    page.goto(re.sub(r"[^/]+/$", "review/", page.url))
    checkout.place(page)
    page.go_back()
    checkout.at(page, "Thank you")
    page.go_forward()
    assert Order.objects.get().contact == "Other Contact"


def test_two_windows_end_in_one_order(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    first = open_page(people["alice"])
    to_review(first)
    second = first.context.new_page()
    second.goto(first.url)
    checkout.place(second)
    first.get_by_role("button", name="Place order").click()
    checkout.at(first, "Thank you")
    assert first.url == second.url
    assert Order.objects.count() == 1


def test_a_window_that_is_behind_says_so(open_page: Open, people: dict[str, Any]) -> None:
    first = open_page(people["alice"])
    first.watch.allow.add(409)
    begin(first)
    first.goto(re.sub(r"[^/]+/$", "company/", first.url))
    second = first.context.new_page()
    second.goto(first.url)
    second.get_by_label("Contact").fill("Second Window")
    checkout.go_on(second)
    checkout.at(second, "Number")
    first.get_by_label("Contact").fill("First Window")
    checkout.go_on(first)
    expect(first.get_by_text("changed in another window")).to_be_visible()
    expect(first.get_by_label("Contact")).to_have_value("First Window")
    checkout.go_on(first)
    checkout.at(first, "Number")


def test_a_double_click_orders_once(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Mail, Order

    page = open_page(people["alice"])
    to_review(page)
    page.get_by_role("button", name="Place order").dblclick()
    checkout.at(page, "Thank you")
    assert Order.objects.count() == 1 and Mail.objects.filter(kind="confirmation").count() == 1


def test_everything_works_without_script(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"], script=False)
    page.goto("/order/")
    page.get_by_role("link", name="Annually").click()
    checkout.choose(page, "Ten extensions", "Canadian number")
    checkout.company(page, script=False)
    checkout.own_number(page)
    checkout.system(page)
    checkout.admin(page, script=False)
    checkout.place(page)
    order = Order.objects.get()
    assert order.term is not None and order.term.slug == "annually"


def reach(page: Page, name: str) -> None:
    """Go on with the tabulator until something with this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return ((l ? l.textContent : '') + ' ' + e.textContent + ' ' + (e.getAttribute('aria-label') || '')).trim(); }"
        )
        if name in found:
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def test_the_keyboard_is_enough(open_page: Open, people: dict[str, Any]) -> None:
    from voipbox.orders.models import Order

    page = open_page(people["alice"])
    page.goto("/order/")
    reach(page, "Small office")
    for _ in range(3):
        if page.evaluate("document.activeElement.value") == "product:office-10" and page.evaluate(
            "document.activeElement.checked"
        ):
            break
        page.keyboard.press("ArrowDown")
    reach(page, "Continue")
    page.keyboard.press("Enter")
    checkout.at(page, "Company")
    for label, text in (("Company", "Acme Corp"), ("Contact", "Ada Admin"), ("E-mail", ""), ("Telephone", "+1 416 555 0123")):
        reach(page, label)
        if text:
            page.keyboard.type(text)
    page.keyboard.press("Enter")
    checkout.at(page, "System")
    reach(page, "Extensions")
    page.keyboard.press("Enter")
    checkout.at(page, "Admin user")
    reach(page, "Choose a password")
    page.keyboard.type(PASSWORD)
    reach(page, "The same once more")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    checkout.at(page, "Review")
    reach(page, "Place order")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    checkout.at(page, "Thank you")
    assert Order.objects.get().seats == 10


def test_strange_text_shows_as_text(open_page: Open, people: dict[str, Any]) -> None:
    page = open_page(people["alice"])
    page.watch.allow.add(422)
    page.goto("/order/")
    checkout.choose(page, "Ten extensions", "Canadian number")
    page.get_by_label("Company").fill(HOSTILE[:100])
    page.get_by_label("Contact").fill("<b>Ada</b> '\" {{ 7*7 }}")
    page.get_by_label("E-mail", exact=True).fill("<x>@acme.example")
    page.get_by_label("Telephone").fill("<i>1</i>")
    checkout.go_on(page)
    expect(page.get_by_text("Please look at")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value(HOSTILE[:100])
    page.get_by_label("E-mail", exact=True).fill("ada@acme.example")
    page.get_by_label("Telephone").fill("+1 416 555 0123")
    checkout.go_on(page)
    for label in ("Number", "User name of the trunk", "Password of the trunk"):
        page.get_by_label(label).fill(HOSTILE[:40])
    checkout.go_on(page)
    expect(page.get_by_text("Please look at")).to_be_visible()
    checkout.own_number(page)
    page.get_by_label("Address of your system").fill("<b>x</b>")
    expect(page.locator("#domain-check")).to_contain_text("no domain name")
    checkout.go_on(page)
    expect(page.get_by_text("Please look at")).to_be_visible()
    page.get_by_label("Address of your system").fill("acme-corp.pbx.example.com")
    checkout.go_on(page)
    page.get_by_label("User name").fill(HOSTILE[:40])
    checkout.go_on(page)
    expect(page.get_by_text("Please look at")).to_be_visible()
    page.get_by_label("User name").fill("admin")
    checkout.admin(page)
    expect(page.get_by_text(HOSTILE[:60]).first).to_be_visible()
    checkout.place(page)
    page.get_by_role("link", name="Follow the order").click()
    expect(page.get_by_text("<b>Ada</b>").or_(page.get_by_text(HOSTILE[:60])).first).to_be_visible()
    page.get_by_role("link", name="My orders").last.click()
    assert "taken" not in page.title()
    assert page.locator("img, b").count() == 0


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_sign_up_sign_in_and_account_pages(
    open_page: Open, people: dict[str, Any], size: dict[str, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from voipbox.core.config import config

    monkeypatch.setattr(config(), "sign_up", "shown")
    name = "phone" if size else "desk"
    page = open_page(size=size)
    page.watch.allow.add(422)
    page.goto("/order/")
    look(page, f"{name}-open-start")
    checkout.choose(page, "Ten extensions")
    checkout.at(page, "Sign in")
    look(page, f"{name}-sign-in")
    page.get_by_role("link", name="Sign up").click()
    look(page, f"{name}-sign-up")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Please look at")).to_be_visible()
    look(page, f"{name}-sign-up-wrong")
    page.get_by_label("Your name").fill("New Client")
    page.get_by_label("E-mail").fill("new@acme.example")
    page.get_by_role("button", name="Sign up").click()
    look(page, f"{name}-mail-sent")
    link = page.get_by_role("link", name="Choose a password").get_attribute("href")
    assert link
    page.goto(re.sub(r"^https?://[^/]+", "", link))
    look(page, f"{name}-set-password")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    checkout.at(page, "Order a phone system")
    assert page.locator('input[value="product:office-10"]').is_checked()
    page.goto("/my/account/")
    look(page, f"{name}-account")
    page.locator("#id_factor_present").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    look(page, f"{name}-second-factor")
    page.goto("/account/forgotten/")
    look(page, f"{name}-forgotten")


def test_credentials_are_shown_once_in_a_browser(open_page: Open, people: dict[str, Any], place: Any) -> None:
    from voipbox.orders.models import Order

    order = place("alice")
    Order.objects.filter(pk=order.pk).update(status="completed")
    page = open_page(people["alice"])
    page.watch.allow.add(404)
    page.goto(f"/my/orders/{order.pk}/")
    look(page, "ready")
    page.get_by_role("button", name="Make a one-time link").click()
    page.get_by_role("button", name="Show the passwords now").click()
    expect(page.get_by_text(order.secrets["admin_password"])).to_be_visible()
    look(page, "credentials")
    page.reload()
    expect(page.get_by_text("This link does not work").first).to_be_visible()
