"""Fixtures of the controller's tests.

alice and charlie are clients, bob is an operator, dora an administrator, eve an auditor.
"""

from __future__ import annotations

import copy
import datetime
import itertools
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVERS = """
servers:
  - {slug: pbx-one, name: PBX one, base_domain: pbx.example.com, default: true}
  - {slug: pbx-two, name: PBX two, base_domain: two.example.com}
"""
_numbers = itertools.count(1000)
_shop: dict[Any, list[Any]] = {}


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch):
    """Move the clock on: pass_time(minutes=5)."""
    from voipbox.core import clock

    passed, real = [], clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + sum(passed, datetime.timedelta()))
    return lambda **time: passed.append(datetime.timedelta(**time))


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the key file for a test that changes it: all workers share the other one."""
    from voipbox.core.config import config
    from voipbox.core.keys import write_private

    path = tmp_path / "own_keys"
    write_private(path, config().keys.read_text())
    monkeypatch.setattr(config(), "key_file", path)
    return path


@pytest.fixture
def catalog(db: None) -> None:
    """The example shop on two servers: imported once, then its rows are put back, for most tests start from them."""
    from voipbox.catalog import exchange

    models = _catalog_models()
    empty = not any(model.objects.exists() for model in models)
    if _shop and empty:
        for model in models:
            model.objects.bulk_create([copy.copy(row) for row in _shop[model]])
        return
    exchange.load(exchange.parse((ROOT / "examples" / "catalog" / "shop.yml").read_text()))
    exchange.load(exchange.parse(SERVERS))
    if empty:
        _shop.update({model: list(model.objects.all()) for model in models})


def _catalog_models() -> list[Any]:
    """What an import writes, each model behind those that it refers to."""
    from voipbox.catalog import models as catalog
    from voipbox.providers.models import ProviderAccount

    return [
        ProviderAccount, catalog.PbxServer, catalog.ServerDomain, catalog.ProductGroup, catalog.Product, catalog.Bundle,
        catalog.BundleItem, catalog.BillingTerm, catalog.Price, catalog.Mapping,
    ]  # fmt: skip


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    """Users by name."""
    from voipbox.core.models import User

    roles = {"alice": "client", "bob": "operator", "charlie": "client", "dora": "administrator", "eve": "auditor"}
    return {name: User.objects.create(username=name, email=f"{name}@people.example", role=role) for name, role in roles.items()}


@pytest.fixture
def actors(people: dict[str, Any]) -> dict[str, Any]:
    """The same people as actors, and the program itself as system."""
    from voipbox.core.people import SYSTEM

    return {**{name: user.actor() for name, user in people.items()}, "system": SYSTEM}


def order_data(**changes: Any) -> dict[str, Any]:
    """A good order with a number of its own, as a file would hold it; None takes a key away."""
    data: dict[str, Any] = {
        "company": f"Acme {next(_numbers)}",
        "contact": "Ada Admin",
        "email": "ada@acme.example",
        "phone": "+14165550123",
        "items": [{"product": "canada-number"}, {"product": "office-10"}],
        "term": "monthly",
        "number": f"+1416555{next(_numbers)}",
        "trunk": {"username": "acme-trunk", "password": "Example-Trunk-1"},
    }
    data.update(changes)
    return {name: value for name, value in data.items() if value is not None}


@pytest.fixture
def place(catalog: None, actors: dict[str, Any]):
    """Place an order: place(actor="alice", company=...)."""
    from voipbox.orders import actions, intake

    def place(actor: str = "bob", **changes: Any) -> Any:
        return actions.place(intake.parse(intake.OrderInput, order_data(**changes)), actors[actor], "api")

    return place


@pytest.fixture
def regulated(place: Any):
    """Place a regulated order (a South African number)."""

    def place_regulated(actor: str = "bob", **changes: Any) -> Any:
        number = f"+2711555{next(_numbers)}"
        items = [{"product": "south-africa-number"}, {"product": "office-10"}]
        return place(actor, **{"number": number, "items": items, "trunk": None, **changes})

    return place_regulated
