"""Countries of identities and addresses: real ones, that the provider takes, by every way in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.regulatory.conftest import ADDRESS, COMPANY

pytestmark = pytest.mark.django_db


def test_every_country_has_a_code_a_name_and_a_zone() -> None:
    from voipbox.core import countries
    from voipbox.orders import text_rules

    names = countries.names()
    assert names["ZA"] == "South Africa" and names["DE"] == "Germany" and names["GB"] == "United Kingdom"
    assert list(names.values()) == sorted(names.values()) and len(names) > 240
    without = [code for code in names if not countries.zone(code) or text_rules.time_zone(countries.zone(code))]
    assert without in ([], ["BV", "HM"])  # two islands where nobody lives
    assert countries.zone("CA") == "America/Toronto" and countries.zone("CA", "America/Vancouver") == "America/Vancouver"
    assert countries.zone("ZA", "America/Toronto") == "Africa/Johannesburg"


@pytest.mark.parametrize("code", ["xx", "XX", "SQ", "ZZ", "South Africa"])
def test_what_is_no_country_is_refused_wherever_it_stands(code: str) -> None:
    from voipbox.core.errors import Refused
    from voipbox.orders.intake import parse
    from voipbox.regulatory.client_data import ClientData

    for given in (
        {"address": {**ADDRESS, "country": code}},
        {"identity": {**COMPANY, "country": code}},
        {"identity": {**COMPANY, "birth_country": code}},
    ):
        with pytest.raises(Refused) as caught:
            parse(ClientData, given)
        assert caught.value.faults[0].field.endswith("country")


def test_a_country_that_the_provider_does_not_take_is_refused_by_name(order: Any, give: Any) -> None:
    from voipbox.core.errors import Refused

    one = order()
    with pytest.raises(Refused) as caught:
        give(one, identity={**COMPANY, "country": "SO"}, address={**ADDRESS, "country": "GE"})
    told = {fault.field: fault.cause for fault in caught.value.faults}
    assert "Somalia" in told["identity.country"] and "Georgia" in told["address.country"]
    one.refresh_from_db()
    assert not one.registration.who and not one.registration.where


def test_a_provider_that_is_out_of_reach_hinders_nobody(order: Any, give: Any, world: Any) -> None:
    from voipbox.numbers.models import PlaceList
    from voipbox.providers.errors import NothingSent

    one = order()
    PlaceList.objects.all().delete()
    world.script("locations", NothingSent("no answer"))
    give(one)
    one.refresh_from_db()
    assert one.registration.where["country"] == "ZA"


def test_the_zone_of_an_order_follows_the_country_of_its_number(regulated: Any, place: Any) -> None:
    assert regulated("alice").time_zone == "Africa/Johannesburg"
    assert place("alice").time_zone == "America/Toronto"
    assert place("alice", admin={"time_zone": "America/Vancouver"}).time_zone == "America/Vancouver"
