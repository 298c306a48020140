# SPDX-License-Identifier: GPL-3.0-or-later
"""A running sandbox of the second provider, and clients of it: plain HTTP, its switchboard, and the provider's own package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from didww.client import DidwwClient
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.didww.sandbox import Didww
from voipbox_lab.providers.http_server import running

JSONAPI = "application/vnd.api+json"
API_KEY = "example-api-key"
CALLBACK_SECRET = "test-callback-secret"


@dataclass
class DidwwSandbox:
    """Parameters: url, scheme, host and port; sandbox, the application; control, its switchboard; http, a client with the
    key; official, the provider's own package."""

    url: str
    sandbox: Didww
    control: SandboxControl
    http: httpx.Client
    official: DidwwClient

    def get(self, path: str, status: int = 200, **query: str) -> dict[str, Any]:
        """GET a path below /v3, with query keys such as filter__country.id for filter[country.id]."""
        answer = self.http.get(path, params=_bracketed(query))
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def send(
        self,
        method: str,
        path: str,
        status: int,
        attributes: dict[str, Any] | None = None,
        links: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send a resource to a path. links: relationship to (type, id), a list of them, or None."""
        data: dict[str, Any] = {"type": path.strip("/").split("/")[0]}
        if method != "POST":
            data["id"] = path.rsplit("/", 1)[-1]
        if attributes is not None:
            data["attributes"] = attributes
        if links is not None:
            data["relationships"] = {name: {"data": _linkage(link)} for name, link in links.items()}
        answer = self.http.request(method, path, json={"data": data}, headers={"Content-Type": JSONAPI})
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def id_of(self, path: str, **query: str) -> str:
        """The id of the first that a list has."""
        return str(self.get(path, **query)["data"][0]["id"])

    def group(self, area: str) -> dict[str, Any]:
        """The group of an area: id, skus (by channels), meta."""
        body = self.get("/did_groups", include="stock_keeping_units", **{"filter__area_name": area})
        skus = {each["attributes"]["channels_included_count"]: each["id"] for each in body["included"]}
        return {"id": body["data"][0]["id"], "skus": skus, "meta": body["data"][0]["meta"]}

    def offered(self, area: str) -> list[dict[str, Any]]:
        """Single numbers of an area."""
        return list(self.get("/available_dids", **{"filter__did_group.id": self.group(area)["id"]})["data"])

    def order(self, area: str, status: int = 201, channels: int = 0, **attributes: Any) -> dict[str, Any]:
        """Order one number of an area; attributes of the order, and item with further attributes of its item."""
        item = {"sku_id": self.group(area)["skus"][channels], **attributes.pop("item", {"qty": 1})}
        items = [{"type": "did_order_items", "attributes": item}]
        given = {"allow_back_ordering": False, "items": items, **attributes}
        return self.send("POST", "/orders", status, given)

    def buy(self, area: str, **given: Any) -> dict[str, Any]:
        """Order one and read the number."""
        order = self.order(area, **given)["data"]
        return dict(self.get("/dids", **{"filter__order.id": order["id"]})["data"][0])

    def ring(self, number: str) -> dict[str, Any]:
        """What a call to a number does."""
        return dict(self.control.call("GET", "/ring", number=number))

    def settings(self, **settings: Any) -> None:
        """Change settings."""
        self.control.call("POST", "/settings", **settings)


def _bracketed(query: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, value in query.items():
        group, found_name, inner = name.partition("__")
        found[f"{group}[{inner}]" if found_name else name] = value
    return found


def _linkage(link: Any) -> Any:
    if link is None:
        return None
    if isinstance(link, list):
        return [_linkage(each) for each in link]
    kind, identifier = link
    return {"type": kind, "id": identifier}


@pytest.fixture(scope="session")
def didww_keys(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder of the key pairs: making them takes seconds, so all tests share them."""
    return tmp_path_factory.mktemp("didww-keys")


@pytest.fixture(scope="module")
def didww_running(didww_keys: Any) -> Iterator[DidwwSandbox]:
    """One sandbox for the tests of a module."""
    sandbox = Didww(didww_keys, API_KEY, CALLBACK_SECRET)
    headers = {"Api-Key": API_KEY, "Accept": JSONAPI}
    with running(sandbox) as url, httpx.Client(base_url=f"{url}/v3", headers=headers, trust_env=False, verify=False) as http:
        official = DidwwClient(API_KEY, base_url=f"{url}/v3")
        official._session.trust_env = False
        yield DidwwSandbox(url, sandbox, SandboxControl(url), http, official)


@pytest.fixture
def didww(didww_running: DidwwSandbox) -> DidwwSandbox:
    """The sandbox in its first state."""
    didww_running.control.reset()
    return didww_running
