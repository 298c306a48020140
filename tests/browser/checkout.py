"""Filling in the checkout in a browser, step by step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import serious, shot
from tests.pages.checkout import PASSWORD


def choose(page: Page, *labels: str) -> None:
    """Tick cards of the storefront by their names."""
    for label in labels:
        page.locator("label.ware", has=page.get_by_text(label, exact=True)).locator("input").check()
    go_on(page)


def company(page: Page, name: str = "Acme Corp", script: bool = True) -> None:
    """The step about the company."""
    at(page, "Company")
    page.get_by_label("Company").fill(name)
    if script:
        expect(page.locator("#domain-check")).to_contain_text("is free")
    page.get_by_label("Contact").fill("Ada Admin")
    page.get_by_label("E-mail", exact=True).fill("ada@acme.example")
    page.get_by_label("Telephone").fill("+1 416 555 0123")
    go_on(page)


def own_number(page: Page, number: str = "+14165550100", trunk: bool = True) -> None:
    """The step about a number that is there already."""
    at(page, "Number")
    page.get_by_label("Number").fill(number)
    if trunk:
        page.get_by_label("User name of the trunk").fill("acme-trunk")
        page.get_by_label("Password of the trunk").fill("Example-Trunk-1")
    go_on(page)


def registration(page: Page) -> None:
    """The step about who uses the number; fields of a business where they are there."""
    at(page, "Registration")
    fields = {
        "First name": "Ada", "Last name": "Admin", "Telephone": "+27 11 555 0123", "Street and number": "Main Road 1",
        "Postal code": "2000", "City": "Johannesburg", "Date of birth": "1980-02-03",
        "Number of passport or identity card": "8002035009087", "Personal tax number": "1234567890",
        "Company": "Acme Corp", "Company registration number": "2020/123456/07", "VAT number": "4123456789",
        "What the number is used for": "An office",
    }  # fmt: skip
    for label, value in fields.items():
        field = page.get_by_label(label, exact=True)
        if field.count():
            field.fill(value)
    for label in ("Country of the address", "Country of birth", "Country"):
        field = page.get_by_label(label, exact=True)
        if field.count():
            field.select_option(label="South Africa")
    go_on(page)


def system(page: Page) -> None:
    """The step about the tenant, as it is proposed."""
    at(page, "System")
    expect(page.get_by_label("Address of your system")).to_have_value("acme-corp.pbx.example.com")
    go_on(page)


def admin(page: Page, script: bool = True) -> None:
    """The step about the admin user."""
    at(page, "Admin user")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    if script:
        expect(page.locator('[data-rule="same"]')).to_have_attribute("data-met", "yes")
    go_on(page)


def place(page: Page) -> None:
    """The last step."""
    at(page, "Review")
    page.get_by_role("button", name="Place order").click()
    at(page, "Thank you")


def at(page: Page, heading: str) -> None:
    """Wait for a page."""
    expect(page.locator("h1")).to_have_text(heading)


def go_on(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Continue").click()


def look(page: Page, name: str) -> None:
    """A picture, nothing that axe minds, nothing that sticks out sideways."""
    page.wait_for_load_state("networkidle")
    shot(page, name)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
