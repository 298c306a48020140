"""A regulated order from its review to the completed tenant, with the mouse alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, serious, shot
from tests.regulatory import files
from tests.regulatory.conftest import fresh


def bring_document(page: Any, about: str, kind: str, content: bytes, day: str = "") -> None:
    """Add a document on the order page."""
    page.get_by_text("Add a document").click()
    page.get_by_label("About").select_option(about)
    page.get_by_label("Kind of proof").select_option(kind)
    page.get_by_label("File (PDF, PNG or JPEG)").set_input_files(
        {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": content}
    )
    if day:
        page.get_by_label("Date on a bill").fill(day)
    page.get_by_role("button", name="Keep the document").click()
    expect(page.get_by_text("The document is kept, encrypted.")).to_be_visible()


def test_from_review_to_completed(open_page: Any, people: Any, order: Any, give: Any, world: Any) -> None:
    from voipbox.core import clock
    from voipbox.core.people import SYSTEM
    from voipbox.numbers import advance
    from voipbox.orders import actions
    from voipbox.regulatory import verification

    one = order("alice")
    give(one)
    page = open_page(people["bob"])
    page.goto("/staff/orders/")
    page.locator("tr.regulated").get_by_role("link", name="Confirm identity and address").click()
    page.wait_for_url(f"**/staff/orders/{one.pk}/#regulatory")
    shot(page, "regulatory-1-review")
    page.get_by_role("link", name="Review what was given").click()
    expect(page.get_by_text("South Africa (ZA)").first).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Reviewed and complete").click()
    page.locator("#regulatory").get_by_role("button", name="Confirm identity and address").click()
    expect(page.locator("#live .state-green").first).to_have_text("Identity Confirmed")
    bring_document(page, "identity", "pt-passport", files.pdf(b"passport"))
    bring_document(page, "address", "pt-bill", files.pdf(b"bill"), clock.now().date().isoformat())
    shot(page, "regulatory-2-documents")
    assert serious(page) == []
    page.get_by_role("button", name="Send the documents").click()
    expect(page.locator("#live .state-purple").first).to_have_text("Docs Uploaded")
    page.locator("#regulatory").get_by_role("link", name="Order the number").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"{one.number} is available.")).to_be_visible()
    dialog.get_by_role("combobox", name="Capacity").select_option("sku-2")
    dialog.get_by_role("button", name="Pay it this way").click()
    expect(dialog.get_by_text("10.35 USD")).to_be_visible()
    shot(page, "regulatory-3-dialog")
    assert serious(page) == []
    dialog.get_by_role("button", name="Order the number").click()
    expect(page.get_by_text("the number is being ordered")).to_be_visible()
    advance.advance(one.pk)
    verification.register(one.pk)
    expect(page.locator("#live .state-orange").first).to_have_text("Awaiting Provider")
    world.approve()
    page.goto(f"/staff/orders/{one.pk}/")
    page.get_by_role("button", name="Look now").click()
    expect(page.locator("#live .state-green").first).to_have_text("Active")
    advance.advance(one.pk)
    actions.perform(one.pk, "start", SYSTEM)
    actions.perform(one.pk, "complete", SYSTEM)
    expect(page.locator("#live .state-green").first).to_have_text("Completed")
    shot(page, "regulatory-4-completed")
    page.reload()
    assert serious(page) == []


def test_a_number_that_is_gone(open_page: Any, people: Any, order: Any, walk: Any, world: Any) -> None:
    one = walk(order(), "documents")
    world.offered.remove(one.number)
    page = open_page(people["bob"])
    page.goto("/staff/orders/")
    page.locator("tr.regulated").get_by_role("link", name="Place order").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("is no longer available.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Order the number")).to_have_count(0)
    shot(page, "dialog-gone")
    assert serious(page) == []
    dialog.get_by_role("button", name="Take this one").click()
    expect(dialog.get_by_text("is available.")).to_be_visible()
    dialog.get_by_role("link", name="Do not order now").click()
    expect(dialog).to_be_hidden()
    assert fresh(one).status == "documents_uploaded" and fresh(one).number in world.offered


def test_the_dialog_is_a_page_without_scripts_and_fits_a_phone(open_page: Any, people: Any, order: Any, walk: Any) -> None:
    one = walk(order(), "documents")
    page = open_page(people["bob"], PHONE, script=False)
    page.goto("/staff/orders/")
    page.locator("tr.regulated").get_by_role("link", name="Place order").click()
    expect(page.get_by_role("heading", name="Order the number", exact=True)).to_be_visible()
    shot(page, "dialog-phone")
    page.get_by_role("button", name="Order the number").click()
    expect(page.get_by_text("the number is being ordered")).to_be_visible()
    assert fresh(one).status == "order_placed"
