"""Finding numbers at the first provider."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from voipbox.providers import errors
from voipbox.providers.records import CapacityKind, LocationKind, Search

from tests.providers.voipms_fixtures import TORONTO, VoipMsLab

NEW_YORK = "+12125550142"
SHAPES: list[dict[str, Any]] = [
    {"rows": rows, "one_as_object": bare, "scalars": scalars, "flags": flags, "empty": empty}
    for rows, bare in (("list", False), ("list", True), ("index_map", False), ("index_map", True))
    for scalars, flags, empty in (("strings", "words", "code"), ("numbers", "letters", "absent"), ("mixed", "digits", "absent"))
]


def test_places(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        countries = driver.locations(LocationKind.COUNTRY)
        assert [(place.id, place.code, place.name) for place in countries] == [
            ("CA", "CA", "Canada"), ("US", "US", "United States"),
        ]  # fmt: skip
        provinces = {place.id: place for place in driver.locations(LocationKind.REGION, "CA")}
        assert (provinces["CA-ON"].name, provinces["CA-ON"].code) == ("Ontario", "ON")
        assert provinces["CA-BC"].name == "British Columbia"
        assert {place.id for place in driver.locations(LocationKind.REGION, "US")} >= {"US-NY", "US-CA"}
        ontario = {place.id: place for place in driver.locations(LocationKind.CITY, "CA-ON")}
        assert ontario["Toronto"].has_numbers and not ontario["Stoney Point"].has_numbers
        new_york = {place.id: place.name for place in driver.locations(LocationKind.CITY, "US-NY")}
        assert new_york["NEW YORK"] == "New York", "the id is the provider's own spelling"
        assert driver.locations(LocationKind.AREA, "CA-ON") == []


@pytest.mark.parametrize(
    ("kind", "parent"), [("region", "ZA"), ("region", ""), ("city", "CA"), ("city", "Toronto"), ("city", "")]
)
def test_a_place_that_is_none_is_refused(voipms: VoipMsLab, kind: str, parent: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest):
        driver.locations(LocationKind(kind), parent)
    assert voipms.names() == []


def test_an_offer_says_all(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        (offer,) = driver.search(Search("CA", number=TORONTO))
        (american,) = driver.search(Search("US", number=NEW_YORK))
    assert (offer.number, offer.country, offer.region, offer.city) == (TORONTO, "CA", "Ontario", "Toronto")
    assert not offer.regulated
    assert offer.token["place"] == {"country": "CA", "region": "CA-ON", "city": "Toronto"}, "as a search takes them"
    per_minute, flat = offer.capacities
    assert (per_minute.id, per_minute.kind) == ("1", CapacityKind.PER_MINUTE)
    assert (per_minute.setup, per_minute.monthly, per_minute.per_minute) == (Decimal("0.40"), Decimal("0.85"), Decimal("0.0090"))
    assert (flat.id, flat.kind, flat.setup, flat.monthly) == ("2", CapacityKind.UNLIMITED, Decimal("0.40"), Decimal("4.25"))
    assert flat.currency == "USD" and flat.channels is None
    assert (american.region, american.city, american.token["place"]["city"]) == ("New York", "New York", "NEW YORK")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape.values())))
def test_every_shape_means_the_same(voipms: VoipMsLab, shape: dict[str, Any]) -> None:
    with voipms.driver() as driver:
        first = driver.search(Search("CA", "CA-ON", "Toronto", limit=1000))
        one = driver.search(Search("CA", number=TORONTO))
        voipms.settings(**shape)
        assert driver.search(Search("CA", "CA-ON", "Toronto", limit=1000)) == first
        assert driver.search(Search("CA", number=TORONTO)) == one and len(one) == 1
        assert driver.search(Search("CA", number="+14165559999")) == []
        assert driver.numbers() == []
        assert {place.id for place in driver.locations(LocationKind.CITY, "CA-ON") if place.has_numbers} == {
            "Toronto", "Ottawa-Hull", "Hamilton",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "sent", "fits"),
    [
        ("*0155*", ("contains", "0155"), lambda digits: "0155" in digits),
        ("416*", ("starts", "416"), lambda digits: digits.startswith("416")),
        ("+1416*", ("starts", "416"), lambda digits: digits.startswith("416")),
        ("1416*", ("starts", "416"), lambda digits: digits.startswith("416")),
        ("*0155", ("ends", "0155"), lambda digits: digits.endswith("0155")),
        ("0155", ("contains", "0155"), lambda digits: "0155" in digits),
        ("4165550155", ("starts", "4165550155"), lambda digits: digits == "4165550155"),
        ("+14165550155", ("starts", "4165550155"), lambda digits: digits == "4165550155"),
    ],
)
def test_a_pattern(voipms: VoipMsLab, pattern: str, sent: tuple[str, str], fits: Any) -> None:
    with voipms.driver() as driver:
        offers = driver.search(Search("CA", "CA-ON", pattern=pattern, limit=1000))
    assert offers and all(fits(offer.number.removeprefix("+1")) for offer in offers)
    (call,) = voipms.called("searchDIDsCAN")
    assert (call["details"]["type"], call["details"]["query"], call["details"]["province"]) == (*sent, "ON")


@pytest.mark.parametrize("pattern", ["4*5", "**", "*", "*5x5*", "*'; drop*", "41655501001*", "*-*", " "])
def test_a_pattern_that_is_none_is_refused_by_name(voipms: VoipMsLab, pattern: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest) as raised:
        driver.search(Search("CA", "CA-ON", pattern=pattern))
    assert [fault.field for fault in raised.value.faults] == ["pattern"]
    assert voipms.names() == []


@pytest.mark.parametrize(
    ("search", "field"),
    [
        (Search("ZA"), "country"), (Search("CA"), "region"), (Search("CA", "US-NY"), "region"), (Search("CA", "ON"), "region"),
        (Search("CA", number="+27115550100"), "number"),
    ],
)  # fmt: skip
def test_a_search_that_makes_no_sense_is_refused_by_name(voipms: VoipMsLab, search: Search, field: str) -> None:
    with voipms.driver() as driver, pytest.raises(errors.BadRequest) as raised:
        driver.search(search)
    assert [fault.field for fault in raised.value.faults] == [field]
    assert voipms.names() == []


def test_a_city_narrows_a_pattern(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        offers = driver.search(Search("CA", "CA-ON", "Hamilton", pattern="*0155*"))
    assert {offer.city for offer in offers} == {"Hamilton"} and len(offers) == 2


def test_data_for_a_page_of_five_hundred_numbers_take_one_call(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        offers = driver.search(Search("CA", "CA-ON", limit=500))
    assert len(offers) == 500 and len({offer.number for offer in offers}) == 500
    assert len(voipms.names()) < 3
    assert all(len(offer.capacities) == 2 for offer in offers)


def test_nothing_found_is_no_error(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        assert driver.search(Search("CA", "CA-ON", "Stoney Point")) == []
        assert driver.search(Search("CA", "CA-ON", pattern="*999*")) == []


def test_a_number_without_prices_is_not_offered(voipms: VoipMsLab) -> None:
    """Prices were seen blank."""
    row = {"did": "4165550101", "ratecenter": "Toronto", "province": "ON", "province_description": "ONTARIO"}
    blank = {f"{plan}_{part}": "" for plan in ("perminute", "flat") for part in ("monthly", "minute", "setup")}
    half = {**row, **blank, "did": "4165550102", "flat_monthly": "4.25", "flat_setup": "0.40"}
    voipms.control.fault("answer", "getDIDsCAN", body={"status": "success", "dids": [{**row, **blank}, half]})
    with voipms.driver() as driver:
        (offer,) = driver.search(Search("CA", "CA-ON"))
    assert offer.number == "+14165550102" and [plan.id for plan in offer.capacities] == ["2"]


def test_a_quote_is_what_it_costs_now(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        (offer,) = driver.search(Search("CA", number=TORONTO))
        per_minute, flat = offer.capacities
        quote = driver.quote(offer, per_minute)
        assert (quote.available, quote.setup, quote.monthly, quote.total) == (True, *map(Decimal, ("0.40", "0.85", "1.25")))
        assert quote.vat_rate is None and quote.per_minute == Decimal("0.0090")
        assert driver.quote(offer, flat).monthly == Decimal("4.25")
        voipms.control.fault("price", "searchDIDsCAN", factor="3")
        assert driver.quote(offer, per_minute).monthly == Decimal("2.55")
        voipms.control.fault("vanish", "searchDIDsCAN", number=TORONTO)
        assert not driver.quote(offer, per_minute).available


def test_the_provider_keeps_no_number_for_anybody(voipms: VoipMsLab) -> None:
    with voipms.driver() as driver:
        (offer,) = driver.search(Search("CA", number=TORONTO))
        calls = len(voipms.names())
        assert driver.reserve(offer, "vb-1") is None and driver.extend("x", offer, "vb-1") is None
        driver.unreserve("x")
        assert not driver.is_regulated(TORONTO)
    assert len(voipms.names()) == calls
