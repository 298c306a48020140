"""Take the pictures of docs/images from the running program: `make up` first, then screenshots.py.

It orders a phone system as the client would, lets the operator approve it, and waits until it is completed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
HOME = ROOT / ".lab" / "up"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
DESK = {"width": 1360, "height": 860}
PATIENCE = 300_000  # ms for what the daemon does
OTHERS = ("bistro", "canal", "veld")


def people() -> dict[str, tuple[str, str]]:
    """E-mail and password by role, as make up made them."""
    rows = [line.split() for line in (HOME / "sign-in").read_text(encoding="utf-8").splitlines()]
    return {role: (email, password) for email, role, password in rows}


def signed_in(browser: Browser, role: str) -> Page:
    """A window of somebody."""
    bind = os.environ.get("VOIPBOX_BIND", "127.0.0.1:8080")
    context = browser.new_context(base_url=f"http://{bind}", viewport=DESK, locale="en-US", timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(60_000)
    email, password = people()[role]
    page.goto("/sign-in/")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.locator("input[type=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
    return page


def shot(page: Page, name: str, whole: bool = False) -> None:
    """One picture."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(IMAGES / f"{name}.png"), full_page=whole)
    print(f"docs/images/{name}.png")


def go_on(page: Page) -> None:
    """Press the button of a step."""
    page.get_by_role("button", name="Continue").click()


def order(page: Page) -> None:
    """The checkout, with the picture of its number step."""
    page.goto("/order/")
    for label in ("Ten extensions", "Canadian or American number"):
        page.locator("label.ware", has=page.get_by_text(label, exact=True)).locator("input").check()
    go_on(page)
    page.get_by_label("Company").fill("Acme Corp")
    page.get_by_label("Contact").fill("Ada Admin")
    page.get_by_label("E-mail", exact=True).fill("ada@acme.example")
    page.get_by_label("Telephone").fill("+1 416 555 0123")
    go_on(page)
    page.get_by_label("Country").select_option(label="Canada")
    page.get_by_label("Province, state or region").select_option(label="Ontario")
    page.locator("label.offer").first.locator("input").check()
    page.get_by_role("button", name="Hold this number").click()
    expect(page.locator(".held-number")).to_be_visible()
    shot(page, "checkout")
    go_on(page)
    go_on(page)
    page.get_by_label("Choose a password").fill("Wander-Lamp-42-Blue")
    page.get_by_label("The same once more").fill("Wander-Lamp-42-Blue")
    go_on(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("h1")).to_have_text("Thank you")


def work(page: Page) -> None:
    """The queue, the order, and the dashboard."""
    page.goto("/staff/orders/?q=Acme")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#live .state-green").first).to_have_text("Completed", timeout=PATIENCE)
    page.reload()
    shot(page, "order", whole=True)
    page.goto("/staff/orders/")
    shot(page, "queue")
    page.goto("/staff/")
    shot(page, "dashboard")


def main() -> int:
    """Take all pictures; exit code 1 when the program does not run."""
    if not (HOME / "env").exists():
        print("The program does not run. Start it with: make up", file=sys.stderr)
        return 1
    for name in OTHERS:
        command = f'. "{HOME}/env"; voipbox order place examples/orders/{name}.yml'
        subprocess.run(["bash", "-c", command], cwd=ROOT, check=False)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        order(signed_in(browser, "client"))
        work(signed_in(browser, "administrator"))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
