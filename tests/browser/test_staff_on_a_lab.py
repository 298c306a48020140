"""An operator at a whole installation: web process, daemon, a lab's PBX server; every step with mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, Watch, shot
from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(50)

PATIENCE = 120_000  # ms for what the daemon does


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path).start()
    yield installation
    installation.stop()


def test_plan_approve_follow_and_hand_over(chrome: Browser, installation: Installation) -> None:
    installation.voipbox(
        "user", "add", "bob@people.example", "--role", "operator", "--password-stdin", text="Wander-Lamp-42-Blue\n"
    )
    installation.daemon()
    base = installation.web()
    installation.place(order_data(company="Harbour Bakery"))
    context = chrome.new_context(base_url=base, viewport=DESK, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    watch = Watch(page, base)
    page.goto("/staff/orders/")
    page.get_by_role("textbox", name="E-mail").fill("bob@people.example")
    page.locator("input[type=password]").fill("Wander-Lamp-42-Blue")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/staff/orders/")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="What would change?").click()
    expect(page.get_by_text("Would be created")).to_be_visible(timeout=PATIENCE)
    shot(page, "lab-plan")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("log")).to_contain_text("TASK", timeout=PATIENCE)
    expect(page.locator("#live .state-green").first).to_have_text("Completed", timeout=PATIENCE)
    expect(page.get_by_text("checks passed on the switch")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("PLAY RECAP")
    shot(page, "lab-completed")
    expect(page.locator("#events")).to_contain_text("complete")
    page.get_by_role("button", name="Make a fresh link").click()
    address = page.locator("#new-link").inner_text()
    page.goto(address.replace("http://127.0.0.1:8080", base))
    page.get_by_role("button", name="Show the passwords now").click()
    expect(page.get_by_text("Harbour").or_(page.get_by_text("harbour-bakery")).first).to_be_visible()
    context.close()
    assert watch.faults == []
