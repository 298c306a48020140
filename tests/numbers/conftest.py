"""Numbers and purchases against the providers' sandboxes, which run as processes of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from voipbox_lab.provider_lab import FIRST, SECOND, ProviderLab
from voipbox_lab.providers.control import SandboxControl

import tests.controller.conftest  # noqa: F401 - Django on a database of its own

pytest_plugins = ["tests.controller.fixtures"]

PRODUCTS = {FIRST: "canada-number", SECOND: "south-africa-number"}
_STARTS = {FIRST: "+1416555{:04d}", SECOND: "+2711555{:04d}"}


@pytest.fixture(scope="session")
def provider_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderLab]:
    """Both sandboxes."""
    lab = ProviderLab(tmp_path_factory.mktemp("providers"))
    lab.up()
    try:
        yield lab
    finally:
        lab.down()


class Market:
    """One provider's side of a test. Attributes: name; control, of the sandbox; account; product, that is mapped to it."""

    def __init__(self, name: str, control: SandboxControl, account: Any) -> None:
        self.name, self.control, self.account = name, control, account
        self.product = PRODUCTS[name]
        self._serial = itertools.count(100)

    def number(self) -> str:
        """A number that is on offer and that no other order of the test has."""
        return _STARTS[self.name].format(next(self._serial))

    @property
    def buying(self) -> str:
        """The name of the call that buys."""
        return "orderDID" if self.name == FIRST else "POST /orders"


@pytest.fixture
def market(provider_lab: ProviderLab, catalog: None):
    """market(FIRST): the sandbox as on its first day, and the shop's product mapped to an account there."""
    from voipbox.catalog import exchange
    from voipbox.catalog.mapping import map_product
    from voipbox.catalog.models import PbxServer, Product
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import accounts

    exchange.load(exchange.parse(yaml.safe_dump(provider_lab.catalog())))
    PbxServer.objects.update(host_variables={"voipbox_sip_addresses": ["203.0.113.10/32"]})

    def market(name: str, **options: str) -> Market:
        control = SandboxControl(provider_lab.url(name))
        control.reset()
        account = accounts.find(name)
        account.options = {**account.options, **options}
        accounts.save(account, operator_of_this_machine(), credentials=provider_lab.credentials(name))
        map_product(Product.objects.get(slug=PRODUCTS[name]), account)
        return Market(name, control, account)

    return market


@pytest.fixture
def buy(actors: dict[str, Any]):
    """Place an order whose number is bought: buy(market, number=...)."""
    from voipbox.numbers import ordering
    from voipbox.orders import intake

    from tests.controller.fixtures import order_data

    def buy(market: Market, actor: str = "bob", **changes: Any) -> Any:
        items = [{"product": market.product}, {"product": "office-5"}]
        given = {"items": items, "trunk": None, "number": changes.pop("number", None) or market.number(), **changes}
        return ordering.place(intake.parse(intake.OrderInput, order_data(**given)), actors[actor], "api")

    return buy
