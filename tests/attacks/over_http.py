"""Attacks on a real installation, from outside: a web process over HTTP, its own database, people with passwords and tokens."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.controller.installation import Installation

PASSWORD = "Example-Passw0rd"
SERVERS = {
    "servers": [
        {
            "slug": "pbx-one", "name": "PBX one", "base_domain": "pbx.example.com", "default": True,
            "host_variables": {"fusionpbx_allow_superadmin": True},
        },
        {"slug": "pbx-two", "name": "PBX two", "base_domain": "two.example.com"},
    ]
}  # fmt: skip


@dataclasses.dataclass
class Target:
    """An installation under attack. base: where its pages are."""

    home: Installation
    base: str

    def person(self, name: str, role: str = "client") -> str:
        """A person with PASSWORD; returns the address."""
        email = f"{name}@people.example"
        self.home.voipbox("user", "add", email, "--role", role, "--password-stdin", text=f"{PASSWORD}\n")
        return email

    def program(self, email: str, *scopes: str) -> httpx.Client:
        """Somebody's token at the API."""
        words = [word for scope in scopes for word in ("--scope", scope)]
        token = self.home.voipbox("token", "add", "attack", "--user", email, *words).stdout.strip()
        return httpx.Client(base_url=f"{self.base}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def browser(self, email: str) -> Browser:
        """Somebody who signed in."""
        browser = Browser(self.base)
        browser.send("/sign-in/", {"email": email, "password": PASSWORD})
        assert browser.client.cookies.get("sessionid") or len(browser.client.cookies) > 1
        return browser

    def orders(self) -> int:
        """How many orders there are."""
        return int(self.home.sql("SELECT count(*) FROM orders_order")[0][0])


class Browser:
    """A session without a browser's own politeness: it sends whatever it is told, with the page's own token and version."""

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=base, headers={"Referer": f"{base}/"}, timeout=60)

    def page(self, path: str) -> str:
        """A page's text."""
        return self.client.get(path, follow_redirects=True).text

    def send(self, path: str, data: dict[str, Any]) -> httpx.Response:
        """A form, with the hidden fields that its page holds."""
        text = self.page(path)
        hidden = dict(re.findall(r'<input type="hidden" name="([\w.]+)" value="([^"]*)"', text))
        return self.client.post(path, data={**hidden, **data})


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One installation for a file of attacks; no PBX server is there, for nothing may come that far."""
    home = Installation(tmp_path_factory.mktemp("attacked"), labs=0).start()
    home.voipbox("catalog", "import", "-", text=yaml.safe_dump(SERVERS))
    try:
        yield Target(home, home.web())
    finally:
        home.stop()
