"""A client orders a South African number in the browser; an operator takes it to the completed tenant with the mouse alone.

Web process, daemon, a lab's PBX server and the second provider's sandbox run as they would at a site; the sandbox's
reviewer approves after some seconds and tells so by a signed callback.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect
from voipbox_lab.provider_lab import SECOND, ProviderLab
from voipbox_lab.providers.control import SandboxControl

from tests.browser import checkout
from tests.browser.conftest import DESK, Watch, shot
from tests.browser.test_staff_regulatory import bring_document
from tests.controller.installation import Installation
from tests.regulatory import files

pytestmark = pytest.mark.long(96)

PATIENCE = 120_000  # ms for what the daemon does
PASSWORDS = {"alice": "Wander-Lamp-41-Blue", "bob": "Wander-Lamp-42-Blue"}


@pytest.fixture
def providers(tmp_path: Path) -> Iterator[ProviderLab]:
    """The sandboxes."""
    lab = ProviderLab(tmp_path / "sandboxes")
    lab.up()
    yield lab
    lab.down()


@pytest.fixture
def installation(tmp_path: Path, providers: ProviderLab) -> Iterator[Installation]:
    """Everything, with the shop's South African number bought at the sandbox."""
    installation = Installation(tmp_path / "home")
    installation.start()
    installation.voipbox("catalog", "import", "-", text=yaml.safe_dump(providers.catalog()))
    credentials = yaml.safe_dump(providers.credentials(SECOND))
    installation.voipbox("account", "credentials", SECOND, "-", text=credentials)
    mapping = {"mappings": {"products": {"south-africa-number": SECOND}}}
    installation.voipbox("catalog", "import", "-", text=yaml.safe_dump(mapping))
    for name, role in (("alice", "client"), ("bob", "operator")):
        words = ("user", "add", f"{name}@people.example", "--role", role, "--password-stdin")
        installation.voipbox(*words, text=f"{PASSWORDS[name]}\n")
    yield installation
    installation.stop()


def window(chrome: Browser, base: str, name: str) -> tuple[Page, Watch]:
    """A window of somebody who signed in."""
    context = chrome.new_context(base_url=base, viewport=DESK, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    watch = Watch(page, base)
    page.goto("/sign-in/")
    page.get_by_role("textbox", name="E-mail").fill(f"{name}@people.example")
    page.locator("input[type=password]").fill(PASSWORDS[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
    return page, watch


def order(page: Page) -> None:
    """The checkout of a person."""
    page.goto("/order/")
    checkout.choose(page, "Five extensions", "South African number")
    checkout.company(page)
    checkout.at(page, "Number")
    page.get_by_label("Country").select_option(label="South Africa")
    page.locator("label.offer", has_text="Johannesburg").first.locator("input").check()
    page.get_by_role("button", name="Hold this number").click()
    checkout.go_on(page)
    checkout.at(page, "Registration")
    page.get_by_role("link", name="A person").click()
    checkout.registration(page)
    checkout.at(page, "System")
    checkout.go_on(page)
    checkout.admin(page)
    checkout.place(page)


def test_from_the_order_to_the_completed_tenant(chrome: Browser, installation: Installation, providers: ProviderLab) -> None:
    base = installation.web()
    installation.daemon()
    client, watch = window(chrome, base, "alice")
    order(client)
    page, other = window(chrome, base, "bob")
    page.goto("/staff/orders/")
    page.locator("tr.regulated").get_by_role("link", name="Confirm identity and address").click()
    page.get_by_role("link", name="Review what was given").click()
    expect(page.get_by_text("South Africa (ZA)").first).to_be_visible()
    page.get_by_role("button", name="Reviewed and complete").click()
    page.locator("#regulatory").get_by_role("button", name="Confirm identity and address").click()
    expect(page.locator("#live .state-green").first).to_have_text("Identity Confirmed")
    bring_document(page, "identity", value_of(page, "Passport"), files.pdf(b"passport"))
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    bring_document(page, "address", value_of(page, "Utility Bill"), files.pdf(b"bill"), today)
    page.get_by_role("button", name="Send the documents").click()
    expect(page.locator("#live .state-purple").first).to_have_text("Docs Uploaded")
    page.locator("#regulatory").get_by_role("link", name="Order the number").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("is available.")).to_be_visible()
    dialog.get_by_role("button", name="Order the number").click()
    expect(page.locator("#live .state-green").first).to_have_text("Completed", timeout=PATIENCE)
    shot(page, "lab-regulated-completed")
    sent = SandboxControl(providers.url(SECOND))
    assert len(sent.purchases()) == 1
    assert {"delivered"} <= {one["state"] for one in sent.call("GET", "/callbacks")}
    assert installation.statuses() == {"completed": 1}
    assert (watch.faults, other.faults) == ([], [])


def value_of(page: Page, kind: str) -> str:
    """The value of a kind of proof in the form, by what people read."""
    page.get_by_text("Add a document").click()
    value = page.get_by_label("Kind of proof").locator("option", has_text=kind).first.get_attribute("value")
    page.get_by_text("Add a document").click()
    assert value
    return value
