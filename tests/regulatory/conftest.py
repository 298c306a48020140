"""Regulated orders at a provider that behaves like the real one, in memory; people and catalog as in the controller's tests."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import tests.controller.conftest  # noqa: F401 - Django on a database of its own
from tests.regulatory import files
from tests.regulatory.fake_provider import FakeRegulated, World

pytest_plugins = ["tests.controller.fixtures"]

PERSON = {
    "kind": "personal", "first_name": "Thandi", "last_name": "Nkosi", "phone": "+27115550123", "country": "ZA",
    "birth_date": "1980-02-03",
}  # fmt: skip
COMPANY = {
    "kind": "business", "first_name": "Thandi", "last_name": "Nkosi", "phone": "+27115550123", "country": "ZA",
    "company": "Nkosi Trading", "company_reg_number": "2020/555501/07", "vat_id": "4550100001",
}  # fmt: skip
ADDRESS = {"country": "ZA", "city": "Johannesburg", "postal_code": "2001", "street": "1 Example Street"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, catalog: None) -> World:
    """The provider's side; the catalog's account of the second provider leads there."""
    from voipbox.providers import drivers
    from voipbox.providers.models import ProviderAccount

    fresh = World()
    monkeypatch.setitem(drivers.DRIVERS, "fake", FakeRegulated)
    monkeypatch.setattr(FakeRegulated, "world", fresh, raising=False)
    ProviderAccount.objects.filter(slug="baobab").update(driver="fake")
    return fresh


@pytest.fixture
def bought(order: Any, walk: Any) -> Any:
    """An order whose number was just bought."""
    one = order()
    walk(one, "bought")
    return one


@pytest.fixture
def order(world: World, actors: dict[str, Any]):
    """Place an order for a number that the provider offers: order("alice")."""
    from voipbox.numbers import ordering
    from voipbox.orders import intake

    from tests.controller.fixtures import order_data

    numbers = itertools.count()

    def order(actor: str = "bob", **changes: Any) -> Any:
        data = {
            "number": world.offered[next(numbers)], "trunk": None,
            "items": [{"product": "south-africa-number"}, {"product": "office-10"}], **changes,
        }  # fmt: skip
        return ordering.place(intake.parse(intake.OrderInput, order_data(**data)), actors[actor], "api")

    return order


@pytest.fixture
def give(actors: dict[str, Any]):
    """Store data: give(order, identity={...}, address={...})."""
    from voipbox.orders.intake import parse
    from voipbox.regulatory import client_data, registrations

    def give(order: Any, actor: str = "bob", **parts: Any) -> Any:
        parts = parts or {"identity": PERSON, "address": ADDRESS}
        return registrations.store(order.pk, parse(client_data.ClientData, parts), actors[actor])

    return give


@pytest.fixture
def bring(actors: dict[str, Any]):
    """Bring a document: bring(order, "identity", "Passport")."""
    from voipbox.core import clock
    from voipbox.regulatory import documents

    def bring(order: Any, entity: str = "identity", proof: str = "Passport", content: bytes = b"", actor: str = "bob") -> Any:
        issued = clock.now().date() if "Bill" in proof else None
        return documents.add(order.pk, entity, proof, "scan.png", content or files.png(), actors[actor], issued)

    return bring


def looked_and_reviewed(order_id: int, actor: Any) -> Any:
    """Look at everything that a review is about, then note the review."""
    from voipbox.regulatory import documents, overview, registrations

    registrations.show_data(order_id, actor)
    for one in overview.of(order_id, actor).documents:
        documents.shown(one.pk, actor)
    return registrations.review(order_id, actor)


class Walk:
    """Takes an order through the phases up to a named one."""

    PHASES = ("given", "identity", "documents", "placed", "bought", "awaiting")

    def __init__(self, give: Any, bring: Any, actor: Any) -> None:
        self.give, self.bring, self.actor = give, bring, actor

    def __call__(self, order: Any, until: str) -> Any:
        from voipbox.numbers import advance
        from voipbox.regulatory import handing_in, ordering, sending, verification

        steps = {
            "given": lambda: self.give(order),
            "identity": lambda: (looked_and_reviewed(order.pk, self.actor), handing_in.submit_identity(order.pk, self.actor)),
            "documents": lambda: (
                self.bring(order, "identity", "Passport"),
                self.bring(order, "address", "Utility Bill", files.pdf()),
                sending.send_documents(order.pk, self.actor),
            ),
            "placed": lambda: ordering.place(order.pk, self.actor),
            "bought": lambda: advance.advance(order.pk),
            "awaiting": lambda: verification.register(order.pk),
        }
        for phase in self.PHASES[: self.PHASES.index(until) + 1]:
            steps[phase]()
        return fresh(order)


@pytest.fixture
def walk(give: Any, bring: Any, actors: dict[str, Any]) -> Walk:
    """walk(order, "awaiting") does everything up to and with the verification."""
    return Walk(give, bring, actors["bob"])


def fresh(order: Any) -> Any:
    """The order as it stands in the database."""
    from voipbox.orders.models import Order

    return Order.objects.select_related("registration").get(pk=order.pk)


def state(order: Any) -> tuple[str, str]:
    """The order's status, and the state of its registration."""
    one = fresh(order)
    return one.status, one.registration.state


def deferred(name: str = "voipbox.register") -> list[int]:
    """The orders that jobs of this name wait for."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    return list(ProcrastinateJob.objects.filter(task_name=name, status="todo").values_list("args__order_id", flat=True))
