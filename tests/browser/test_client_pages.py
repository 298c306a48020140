"""A client's own pages: they follow by themselves, fit a phone, and come in the dark too."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, serious, shot
from tests.regulatory import files


def test_an_open_page_follows_without_being_loaded_anew(open_page: Any, people: Any, place: Any) -> None:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions

    order = place("alice")
    page, listed = open_page(people["alice"]), open_page(people["alice"])
    page.goto(f"/my/orders/{order.pk}/")
    listed.goto("/my/")
    expect(page.get_by_text("We have your order and look at it.")).to_be_visible()
    page.evaluate("window.stays = true")
    for action in ("approve", "start", "complete"):
        actions.perform(order.pk, action, SYSTEM)
    expect(page.get_by_text("Your system is ready.")).to_be_visible()
    expect(page.get_by_role("button", name="Make a one-time link and open it")).to_be_visible()
    assert page.evaluate("window.stays") is True
    expect(listed.get_by_text("Ready", exact=True)).to_be_visible()
    with page.expect_response(lambda answer: answer.status == 204):
        pass
    listed.locator("tbody tr").click(position={"x": 300, "y": 10})
    listed.wait_for_url(f"**/my/orders/{order.pk}/")


def test_the_theme_follows_the_system_and_the_switch(open_page: Any, people: Any, place: Any) -> None:
    page = open_page(people["alice"])
    page.emulate_media(color_scheme="dark")
    page.goto("/my/")
    theme = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(theme) == "dark"
    switch = page.get_by_role("button", name="Theme")
    switch.click()
    expect(switch).to_have_text("Theme: light")
    assert page.evaluate(theme) == "light"
    page.reload()
    assert page.evaluate(theme) == "light"
    switch.click()
    expect(switch).to_have_text("Theme: dark")
    assert serious(page) == []


def test_papers_and_credentials_fit_a_phone_in_light_and_dark(
    open_page: Any, people: Any, order: Any, give: Any, bring: Any, place: Any
) -> None:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions, credentials

    one, done = order("alice"), place("alice")
    give(one)
    bring(one)
    bring(one, "address", "Utility Bill", files.pdf())
    for action in ("approve", "start", "complete"):
        actions.perform(done.pk, action, SYSTEM)
    done.refresh_from_db()
    found = []
    for scheme in ("light", "dark"):
        page = open_page(people["alice"], PHONE)
        page.emulate_media(color_scheme=scheme)
        for path in ("/my/", f"/my/orders/{one.pk}/", f"/my/orders/{done.pk}/", "/my/account/", "/order/"):
            page.goto(path)
            shot(page, f"client-{scheme}{path.replace('/', '-')}")
            found += [f"{scheme} {path}: {line}" for line in serious(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{scheme} {path}: {wide} px wide"] if wide > PHONE["width"] else []
        page.goto(credentials.create(done).split("//", 1)[1].partition("/")[2].join(["/", ""]))
        page.get_by_role("button", name="Show the passwords now").click()
        expect(page.get_by_role("button", name="Print this page")).to_be_visible()
        shot(page, f"credentials-{scheme}")
        found += [f"{scheme} credentials: {line}" for line in serious(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{scheme} credentials: {wide} px wide"] if wide > PHONE["width"] else []
    assert found == []


def test_the_review_shows_values_beside_papers(open_page: Any, people: Any, order: Any, give: Any, bring: Any) -> None:
    one = order("alice")
    give(one)
    bring(one)
    bring(one, "address", "Utility Bill", files.pdf())
    page = open_page(people["bob"])
    page.goto(f"/staff/orders/{one.pk}/registration/review/")
    expect(page.get_by_role("img", name="Proof of identity: Passport")).to_be_visible()
    assert page.evaluate("document.querySelector('img.paper').naturalWidth") > 0
    shot(page, "review")
    assert serious(page) == []
    page.get_by_role("button", name="Reviewed and complete").click()
    expect(page.get_by_text("The review is noted.")).to_be_visible()
