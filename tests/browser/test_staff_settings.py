"""Dashboard and settings in a browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, serious, shot

PAGES = (
    "", "orders/", "findings/", "numbers/", "mails/", "audit/", "runs/",
    "settings/", "settings/accounts/", "settings/accounts/maple/", "settings/accounts/new/?driver=didww",
    "settings/servers/", "settings/servers/pbx-one/", "settings/catalog/", "settings/catalog/product/canada-number/",
    "settings/mappings/", "settings/people/", "settings/tokens/", "settings/webhooks/", "settings/mail-templates/",
    "settings/keys/", "settings/doctor/",
)  # fmt: skip


def filled(place: Any, regulated: Any) -> None:
    """Orders in several states, runs and a balance, so that every part of the pages has something to show."""
    import datetime
    from decimal import Decimal

    from voipbox.core import clock
    from voipbox.numbers.models import Balance
    from voipbox.orders.models import Order
    from voipbox.provisioning.models import Run

    first, second, third = place(), regulated(), place()
    Order.objects.filter(pk=first.pk).update(status="failed", reason="The PBX server cannot be reached: no route to host.")
    Order.objects.filter(pk=second.pk).update(status="blocked")
    for days in range(12):
        for number in range(days % 4 + 1):
            state = "failed" if (days + number) % 5 == 0 else "succeeded"
            Run.objects.create(server=third.server, state=state, started_at=clock.now() - datetime.timedelta(days=days))
    Balance.objects.create(account=third.provider, amount=Decimal("18.4"), at=clock.now(), low=True)


def test_every_page_is_accessible_and_fits(open_page: Any, people: Any, place: Any, regulated: Any) -> None:
    filled(place, regulated)
    found = []
    from voipbox.orders.models import Order

    pages = [*PAGES, f"orders/{Order.objects.order_by('pk')[0].pk}/", f"clients/{people['alice'].pk}/"]
    for size, kind in ((None, "desk"), (PHONE, "phone"), (None, "dark")):
        page = open_page(people["dora"], size)
        page.emulate_media(color_scheme="dark" if kind == "dark" else "light")
        for path in pages:
            page.goto(f"/staff/{path}")
            shot(page, f"{kind}-{path.replace('/', '-').replace('?', '-') or 'dashboard'}")
            found += [f"{kind} {path}: {line}" for line in serious(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{kind} {path}: {wide} px wide"] if wide > page.viewport_size["width"] else []
    assert found == []


def test_an_account_is_set_up(open_page: Any, people: Any, catalog: Any) -> None:
    page = open_page(people["dora"])
    page.goto("/staff/settings/accounts/")
    page.get_by_label("Provider", exact=True).select_option("own")
    page.get_by_role("button", name="New account").click()
    page.get_by_label("Short name").fill("cedar")
    page.get_by_label("Name", exact=True).fill("Cedar Numbers")
    page.get_by_label("SIP proxy").fill("not a host!")
    page.watch.allow.add(422)
    page.get_by_role("button", name="Store").click()
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    page.get_by_label("SIP proxy").fill("sip.cedar.example")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_text("Cedar Numbers is stored.")).to_be_visible()
    page.get_by_role("link", name="Change Cedar Numbers").click()
    expect(page.get_by_label("SIP proxy")).to_have_value("sip.cedar.example")


def test_a_product_is_mapped_and_explained(open_page: Any, people: Any, catalog: Any) -> None:
    page = open_page(people["dora"])
    page.goto("/staff/settings/mappings/")
    page.get_by_label("Product", exact=True).select_option("instant-number")
    page.get_by_label("Account").nth(1).select_option("maple")
    page.get_by_role("button", name="Map the product").click()
    expect(page.get_by_text("The product Number that is set up at once is mapped to Maple Numbers.")).to_be_visible()
    page.get_by_label("State").select_option("Default")
    page.wait_for_url("**state=Default**")
    expect(page.locator("table[data-rows] tbody")).not_to_contain_text("instant-number")
    page.locator("details summary").first.click()
    expect(page.locator("details[open] li").first).to_be_visible()


def test_a_role_change_ends_the_session_in_the_browser(open_page: Any, people: Any) -> None:
    bob, dora = open_page(people["bob"]), open_page(people["dora"])
    bob.goto("/staff/")
    dora.goto("/staff/settings/people/")
    dora.get_by_label("Role of bob@people.example").select_option("auditor")
    dora.get_by_role("button", name="Set the role of bob@people.example").click()
    dora.get_by_role("button", name="Make this person").click()
    expect(dora.get_by_text("sessions that were open have ended")).to_be_visible()
    bob.goto("/staff/orders/")
    assert "/sign-in/" in bob.url


def test_a_token_is_shown_once(open_page: Any, people: Any) -> None:
    page = open_page(people["dora"])
    page.goto("/staff/settings/tokens/")
    page.get_by_label("Name of the program").fill("billing")
    page.get_by_label("orders:read").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#new-token")).to_contain_text("vb_")
    page.reload()
    expect(page.locator("#new-token")).to_have_count(0)
