"""Walking through the checkout with Django's client."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

PLAN = {"plan": "product:office-10", "quantity": "1", "number": "product:canada-number", "features": [], "term": "monthly"}
COMPANY = {"company": "Acme Corp", "contact": "Ada Admin", "email": "ada@acme.example", "phone": "+1 416 555 0123"}
NUMBER = {"number": "+1 416 555 0100", "username": "acme-trunk", "password": "Example-Trunk-1"}
PASSWORD = "Example-Passw0rd"
ADMIN = {
    "username": "admin", "method": "password", "password": PASSWORD, "again": PASSWORD, "email": "ada@acme.example",
    "time_zone": "America/Toronto", "language": "en-us", "group": "admin",
}  # fmt: skip
SYSTEM = {"server": "pbx-one", "domain": "acme-corp.pbx.example.com", "seats": "10", "first_extension": "1001"}
REGISTRATION = {
    "kind": "personal", "first_name": "Ada", "last_name": "Admin", "phone": "+27 11 555 0123", "street": "Main Road 1",
    "postal_code": "2000", "city": "Johannesburg", "address_country": "ZA",
}  # fmt: skip


class Walk:
    """One draft in somebody's browser."""

    def __init__(self, browser: Client, plan: dict[str, Any] | None = None, query: str = "") -> None:
        self.browser = browser
        answer = browser.post(f"/order/{query}", {**PLAN, **(plan or {})})
        assert answer.status_code == 302, answer.content.decode()
        self.at = answer["Location"]
        self.token = self.at.split("/")[2]

    def get(self, step: str) -> Any:
        """A step's page."""
        return self.browser.get(f"/order/{self.token}/{step}/")

    def send(self, step: str, data: dict[str, Any], version: str | None = None) -> Any:
        """Send a step's form with the version that its page shows."""
        if version is None:
            found = re.search(r'name="version" value="(\d+)"', self.get(step).content.decode())
            version = found[1] if found else ""
        answer = self.browser.post(f"/order/{self.token}/{step}/", {**data, "version": version})
        if answer.status_code == 302:
            self.at = answer["Location"]
        return answer

    def fill(self, *without: str, **changes: dict[str, Any]) -> Walk:
        """All steps before the review of an order that brings its number."""
        steps = {"company": COMPANY, "your-number": NUMBER, "system": SYSTEM, "admin": ADMIN}
        for step, data in steps.items():
            if step not in without:
                answer = self.send(step, {**data, **changes.get(step.replace("-", "_"), {})})
                assert answer.status_code == 302, (step, problems(answer))
        return self

    def price(self) -> str:
        """The mark of the price that the last step shows."""
        shown = re.search(r'name="price" value="(\w+)"', self.get("review").content.decode())
        return shown[1] if shown else ""

    def place(self) -> Any:
        """Press the button of the last step, with the price that its page shows."""
        return self.send("review", {"price": self.price()})


def problems(answer: Any) -> str:
    """What a page complains about."""
    return " | ".join(
        re.sub(r"<[^>]+>", "", found)
        for found in re.findall(r"(?s)(?:invalid-feedback|alert-)[^>]*>(.*?)</div>", answer.content.decode())
    )
