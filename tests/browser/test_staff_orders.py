"""The queue and the order page in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, serious, shot

HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture
def run_of(place: Any):
    """A run of one order: run_of(order), with say(text) and end()."""
    from voipbox.core import clock
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions
    from voipbox.provisioning.models import Run, RunEvent, RunOrder

    class Live:
        def __init__(self, order: Any) -> None:
            self.order = order
            actions.perform(order.pk, "approve", SYSTEM)
            actions.perform(order.pk, "start", SYSTEM)
            self.run = Run.objects.create(server=order.server, started_at=clock.now())
            RunOrder.objects.create(run=self.run, order=order)
            self.counter = 0

        def say(self, text: str) -> None:
            self.counter += 1
            RunEvent.objects.create(run=self.run, counter=self.counter, at=clock.now(), kind="verbose", stdout=text)

        def end(self) -> None:
            Run.objects.filter(pk=self.run.pk).update(state="succeeded", finished_at=clock.now(), summary="1 completed")
            RunOrder.objects.filter(run=self.run).update(result="completed")
            actions.perform(self.order.pk, "complete", SYSTEM, run=self.run.pk)

    return Live


def test_moves_from_the_queue_keep_the_place(open_page: Any, people: Any, place: Any) -> None:
    first, second = place(), place()
    page = open_page(people["bob"])
    page.goto("/staff/orders/?status=pending")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tr", has_text=first.company).get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Order {first.pk} is now Approved.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("/staff/orders/?status=pending")
    page.locator("tr", has_text=second.company).get_by_role("link", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    shot(page, "queue-dialog")
    assert serious(page) == []
    dialog.get_by_role("link", name="Leave it as it is").click()
    expect(dialog).to_be_hidden()
    page.locator("tr", has_text=second.company).get_by_role("link", name="Cancel").click()
    dialog.get_by_label("Why").fill("ordered twice")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"Order {second.pk} is now Cancelled.")).to_be_visible()
    assert page.url.endswith("/staff/orders/?status=pending")


def test_the_queue_works_without_scripts(open_page: Any, people: Any, place: Any) -> None:
    first, second = place(), place()
    page = open_page(people["bob"], script=False)
    page.goto("/staff/orders/?status=pending")
    page.locator("tr", has_text=first.company).get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Order {first.pk} is now Approved.")).to_be_visible()
    page.locator("tr", has_text=second.company).get_by_role("link", name="Cancel").click()
    page.get_by_label("Why").fill("ordered twice")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"Order {second.pk} is now Cancelled.")).to_be_visible()


def test_many_orders_are_approved_after_a_look(open_page: Any, people: Any, place: Any) -> None:
    for _ in range(3):
        place()
    page = open_page(people["bob"])
    page.goto("/staff/orders/")
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Do this with the chosen ones").click()
    expect(page.get_by_role("heading", name="Approve 3 orders?")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Approve 3 orders").click()
    expect(page.get_by_role("heading", name="Approve: 3 of 3 done")).to_be_visible()
    expect(page.locator("tbody .state-green")).to_have_count(3)
    assert serious(page) == []
    page.get_by_role("link", name="Back to the orders").click()
    expect(page.locator("tbody .state-azure")).to_have_count(3)


def test_the_keyboard_alone(open_page: Any, people: Any, place: Any) -> None:
    order = place()
    place(company="Another")
    page = open_page(people["bob"])
    page.goto("/staff/orders/")
    page.keyboard.press("/")
    page.keyboard.type(order.company)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/orders/{order.pk}/")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Order {order.pk} is now Approved.")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Search orders")).to_be_visible()


def test_a_run_is_followed_live_also_after_an_outage(open_page: Any, people: Any, place: Any, run_of: Any) -> None:
    live = run_of(place())
    live.say("TASK [Converge domains]")
    page = open_page(people["bob"])
    page.goto(f"/staff/orders/{live.order.pk}/")
    console = page.get_by_role("log")
    expect(console).to_contain_text("TASK [Converge domains]")
    live.say(f"changed: [pbx-one] {HOSTILE}")
    expect(console).to_contain_text(HOSTILE)
    shot(page, "order-run")
    page.context.set_offline(True)
    expect(page.get_by_text("The connection is gone; trying again.")).to_be_visible()
    live.say("said while nobody could hear")
    page.context.set_offline(False)
    expect(console).to_contain_text("said while nobody could hear")
    expect(page.get_by_text("The connection is gone; trying again.")).to_be_hidden()
    assert console.inner_text().count("TASK [Converge domains]") == 1
    assert serious(page) == []
    live.say("PLAY RECAP")
    live.end()
    expect(page.locator("#live .state-green").first).to_contain_text("Completed")
    expect(page.get_by_role("log")).to_contain_text("PLAY RECAP")
    page.watch.faults[:] = [one for one in page.watch.faults if "ERR_INTERNET_DISCONNECTED" not in one and "htmx:" not in one]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(lambda answer: answer.request.headers.get("x-beat") and answer.status == 204):
        pass  # the page goes on asking whether anything happened; of the ended run it asks nothing
    assert not [url for url in asked if "/output/" in url]


def test_the_run_page(open_page: Any, people: Any, place: Any, run_of: Any) -> None:
    live = run_of(place())
    live.say("first line")
    page = open_page(people["bob"])
    page.goto("/staff/runs/")
    assert serious(page) == []
    page.get_by_role("link", name=str(live.run.pk), exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("first line")
    live.say("second line")
    expect(page.get_by_role("log")).to_contain_text("second line")
    assert serious(page) == []
    page.get_by_role("button", name="Stop the run").click()
    expect(page.get_by_text("is asked to stop")).to_be_visible()
    live.end()
    expect(page.get_by_text("The run ended.")).to_be_visible()


def test_a_phone_shows_queue_and_order(open_page: Any, people: Any, place: Any, regulated: Any) -> None:
    order = place(company="Harbour Bakery and Sons International Ltd")
    regulated()
    page = open_page(people["bob"], PHONE)
    for path, name in (
        ("/staff/orders/", "phone-queue"),
        (f"/staff/orders/{order.pk}/", "phone-order"),
        ("/staff/", "phone-start"),
    ):
        page.goto(path)
        shot(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert serious(page) == []
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Orders").click()
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()


def test_hostile_text_shows_as_text(open_page: Any, people: Any, place: Any) -> None:
    from voipbox.orders import actions

    order = place(company=HOSTILE[:100])
    actions.add_note(order, HOSTILE, people["bob"].actor())
    actions.perform(order.pk, "cancel", people["bob"].actor(), HOSTILE)
    page = open_page(people["bob"])
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    for path in ("/staff/orders/", f"/staff/orders/{order.pk}/", f"/staff/mails/{order.mails.first().pk}/", "/staff/"):
        page.goto(path)
        assert "49" not in page.locator("main").inner_text().replace(str(order.pk), "") or "{{ 7*7 }}" in page.content()
    page.goto(f"/staff/orders/{order.pk}/")
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    shot(page, "order-hostile")
    assert alerts == []


def test_order_page_by_sight(open_page: Any, people: Any, place: Any, regulated: Any) -> None:
    order, other = place(), regulated()
    page = open_page(people["bob"])
    page.goto("/staff/orders/")
    shot(page, "queue")
    assert serious(page) == []
    for one, name in ((order, "order"), (other, "order-regulated")):
        page.goto(f"/staff/orders/{one.pk}/")
        shot(page, name)
        assert serious(page) == []
    page.goto(f"/staff/orders/{order.pk}/amend/")
    shot(page, "amend")
    assert serious(page) == []
    page.goto(f"/staff/mails/{order.mails.first().pk}/")
    expect(page.frame_locator("iframe").get_by_text(order.number).first).to_be_visible()
    shot(page, "mail")
