# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox over HTTP, a driver of an account there, and short ways to search and buy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from voipbox.providers.didww import client, pacing
from voipbox.providers.didww.driver import Didww
from voipbox.providers.records import CapacityKind, Location, LocationKind, Offer, Search, TrunkWanted, Wanted
from voipbox_lab.providers import http_server
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.didww.sandbox import Didww as Sandbox

from .didww_driver_wire import KEY, SECRET, account

TRUNK = TrunkWanted(
    name="t0007",
    label="Example Ltd",
    pbx_host="pbx.reseller.example",
    pbx_addresses=("203.0.113.10", "198.51.100.0/28"),
    spend_limit=Decimal("50.00"),
)


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox for this session; its keys take a while to make."""
    folder: Path = tmp_path_factory.getbasetemp() / "didww-keys"  # shared by all modules
    with http_server.running(Sandbox(folder, KEY, SECRET)) as found:
        yield found


@pytest.fixture
def control(url: str) -> SandboxControl:
    """The sandbox in its first state."""
    found = SandboxControl(url)
    found.reset()
    return found


@pytest.fixture(autouse=True)
def no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget of calls a second has tests of its own."""
    monkeypatch.setattr(client, "pace_of", lambda account: pacing.Pace(10_000))


@pytest.fixture
def driver(url: str, control: SandboxControl) -> Iterator[Didww]:
    """A driver of an account there."""
    with open_driver(url) as found:
        yield found


def open_driver(url: str, **options: str) -> Didww:
    """A driver with other settings."""
    return Didww(account(f"{url}/v3", sandbox=True, **options))


def place(driver: Didww, kind: LocationKind, name: str, parent: str = "") -> Location:
    """A place by code or name."""
    return next(found for found in driver.locations(kind, parent) if name in (found.code, found.name))


def offers(
    driver: Didww, country: str = "CA", city: str = "", pattern: str = "", number: str = "", limit: int = 50
) -> list[Offer]:
    """A search by names."""
    land = place(driver, LocationKind.COUNTRY, country).id
    town = place(driver, LocationKind.CITY, city, land).id if city else ""
    return driver.search(Search(land, city=town, pattern=pattern, number=number, limit=limit))


def wanted(offer: Offer, reference: str = "vb-1-a", kind: CapacityKind = CapacityKind.PER_MINUTE, **more: str) -> Wanted:
    """A purchase of an offer."""
    return Wanted(reference, offer, next(each for each in offer.capacities if each.kind is kind), **more)


def buy(driver: Didww, offer: Offer, reference: str = "vb-1-a", kind: CapacityKind = CapacityKind.PER_MINUTE) -> str:
    """Buy and read back; the number."""
    driver.purchase(wanted(offer, reference, kind))
    return driver.find_purchase(reference, offer.number)[0].numbers[0]
