# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver against the second provider's sandbox: search: places, patterns, prices, holds."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal

import pytest
from voipbox.core.errors import Fault
from voipbox.providers import errors
from voipbox.providers.didww.driver import Didww
from voipbox.providers.records import CapacityKind, LocationKind, Search
from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import buy, control, driver, no_budget, offers, open_driver, place, url, wanted  # noqa: F401 - fixtures too


def test_places_from_country_to_city_and_regulatory_area(driver: Didww) -> None:
    canada = place(driver, LocationKind.COUNTRY, "CA")
    assert (canada.name, canada.kind) == ("Canada", LocationKind.COUNTRY)
    ontario = place(driver, LocationKind.REGION, "ON", canada.id)
    assert [city.name for city in driver.locations(LocationKind.CITY, ontario.id)] == ["Toronto"]
    assert {city.name for city in driver.locations(LocationKind.CITY, canada.id)} == {"Toronto", "Vancouver", "Montreal"}
    africa = place(driver, LocationKind.COUNTRY, "ZA")
    assert "Johannesburg" in {area.name for area in driver.locations(LocationKind.AREA, africa.id)}
    stock = {city.name: city.has_numbers for city in driver.locations(LocationKind.CITY, africa.id)}
    assert stock["Johannesburg"] and not stock["Gqeberha"]  # an address may lie there all the same
    assert driver.locations(LocationKind.CITY, "nowhere") == []
    with pytest.raises(errors.BadRequest) as caught:
        driver.locations(LocationKind.CITY)
    assert caught.value.faults == [Fault("parent", "is missing")]


def test_five_hundred_numbers_are_three_calls(driver: Didww, control: SandboxControl) -> None:
    land = place(driver, LocationKind.COUNTRY, "GB").id
    control.clear_journal()
    found = driver.search(Search(land, limit=500))
    assert len(found) == 500
    assert len({offer.number for offer in found}) == 500
    assert len(control.calls()) <= 3


def test_an_offer_says_what_a_number_costs_and_needs(driver: Didww) -> None:
    found = offers(driver, "GB", "London", "*0101")
    assert [offer.number for offer in found] == ["+442079460101"]
    offer = found[0]
    assert (offer.country, offer.region, offer.city, offer.regulated) == ("GB", "England", "London", False)
    assert "voice_in" in offer.features
    per_minute, unlimited = offer.capacities
    assert (per_minute.kind, per_minute.monthly, per_minute.per_minute) == (
        CapacityKind.PER_MINUTE,
        Decimal("0.3"),
        Decimal("0.01"),
    )
    assert (unlimited.kind, unlimited.monthly, unlimited.channels) == (CapacityKind.UNLIMITED, Decimal("0.8"), 2)
    assert unlimited.per_minute is None
    regulated = offers(driver, "ZA", "Johannesburg")
    assert regulated and all(each.regulated for each in regulated)
    assert any("answer" in each.restrictions for each in offers(driver, "ZA", limit=1000))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*555011*", lambda digits: "555011" in digits),
        ("1416*", lambda digits: digits.startswith("1416")),
        ("416*", lambda digits: digits.startswith("1416")),
        ("*0117", lambda digits: digits.endswith("0117")),
        ("555013", lambda digits: "555013" in digits),
        ("*", lambda digits: True),
    ],
)
def test_patterns(driver: Didww, pattern: str, fits: object) -> None:
    found = offers(driver, "CA", pattern=pattern, limit=500)
    assert found
    assert all(fits(offer.number.removeprefix("+")) for offer in found)


def test_one_number_exactly_or_none(driver: Didww) -> None:
    assert [offer.number for offer in offers(driver, "CA", number="+14165550117")] == ["+14165550117"]
    assert offers(driver, "CA", number="+14165559999") == []
    assert offers(driver, "ZA", "Pretoria", number="+27125550100") == []  # sold by the group: which one comes is not ours to say
    for pattern in ("*5x5*", "5*5", "٣"):
        with pytest.raises(errors.BadRequest) as caught:
            offers(driver, "CA", pattern=pattern)
        assert caught.value.faults[0].field == "pattern"


def test_where_numbers_cannot_be_chosen_the_group_is_offered(url: str, driver: Didww, control: SandboxControl) -> None:
    pretoria = offers(driver, "ZA", "Pretoria")
    assert [(offer.number, offer.city) for offer in pretoria] == [("", "Pretoria")]
    control.call("POST", "/settings", available_dids=False)
    for found in (offers(driver, "CA", "Toronto"), offers(open_driver(url, choose_numbers="no"), "CA", "Toronto")):
        assert [(offer.number, offer.city, len(offer.capacities)) for offer in found] == [("", "Toronto", 2)]
    assert offers(driver, "CA", "Toronto", pattern="*777*") == []  # nobody can promise that
    land = place(driver, LocationKind.COUNTRY, "CA").id
    control.clear_journal()
    prefixed = driver.search(Search(land, pattern="416555*"))
    assert [(offer.number, offer.city) for offer in prefixed] == [("", "Toronto 416-555")]
    assert len(control.calls()) <= 3
    assert buy(driver, prefixed[0]).startswith("+1416555")


def test_a_quote_is_the_price_and_availability_of_now(url: str, driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "GB", "London")[0]
    per_minute = offer.capacities[0]
    quote = driver.quote(offer, per_minute)
    assert (quote.available, quote.monthly, quote.per_minute, quote.vat_rate) == (True, Decimal("0.3"), Decimal("0.01"), None)
    taxed = open_driver(url, vat_percent="20").quote(offer, per_minute)
    assert (taxed.vat_rate, taxed.total) == (Decimal("0.2"), Decimal("0.36"))
    control.call("POST", f"/groups/{offer.token['group']}/prices", factor="3")
    assert driver.quote(offer, per_minute).monthly == Decimal("0.9")
    control.call("POST", f"/numbers/{offer.number.removeprefix('+')}/vanish")
    assert not driver.quote(offer, per_minute).available
    assert not driver.quote(offer, dataclasses.replace(per_minute, id="no-such-unit")).available


def test_a_number_is_held_longer_and_let_go(url: str, driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    held = driver.reserve(offer, "vb-hold-1")
    assert held is not None
    assert datetime.timedelta(minutes=9) < held.expires_at - control.now() <= datetime.timedelta(minutes=10)
    assert driver.quote(offer, offer.capacities[0]).available  # for us
    with pytest.raises(errors.NumberUnavailable):
        driver.reserve(offer, "vb-hold-of-somebody-else")
    again = driver.reserve(offer, "vb-hold-1")
    assert again is not None and again.id == held.id
    control.advance(300)
    longer = driver.extend(held.id, offer, "vb-hold-1")
    assert longer is not None and longer.expires_at > held.expires_at
    driver.unreserve(longer.id)
    driver.unreserve(longer.id)
    assert driver.reserve(offer, "vb-hold-of-somebody-else") is not None


def test_a_hold_that_lapsed_may_be_lost(driver: Didww, control: SandboxControl) -> None:
    offer = offers(driver, "CA", "Toronto")[0]
    held = driver.reserve(offer, "vb-hold-1")
    assert held is not None
    control.advance(601)
    driver.unreserve(held.id)
    control.call("POST", f"/numbers/{offer.number.removeprefix('+')}/vanish")
    with pytest.raises(errors.NumberUnavailable):
        driver.extend(held.id, offer, "vb-hold-1")
    with pytest.raises(errors.NumberUnavailable):
        driver.purchase(wanted(offer, reservation=held.id))


def test_holds_are_limited(driver: Didww, control: SandboxControl) -> None:
    control.call("POST", "/settings", reservation_limit=1)
    first, second = offers(driver, "CA", "Toronto", limit=2)
    assert driver.reserve(first, "vb-hold-1") is not None
    assert driver.reserve(second, "vb-hold-2") is None  # our own claim has to do
    control.fault("refuse", "POST /did_reservations", says="read only")
    assert driver.reserve(second, "vb-hold-3") is None
