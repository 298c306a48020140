"""Orders ask the collection's register of dialled numbers, and numbers are read with the order's country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voipbox.catalog.models import PbxServer
from voipbox.core import collection
from voipbox.core.errors import Refused
from voipbox.orders import intake, text_rules
from voipbox.orders.models import Order
from voipbox.providers.models import ProviderAccount
from voipbox.provisioning import tenant_file

from tests.controller.fixtures import order_data


def refused(call, **changes):
    with pytest.raises(Refused) as refusal:
        call(**changes)
    assert not Order.objects.exists()
    return {fault.field: fault.cause for fault in refusal.value.faults}


@pytest.mark.parametrize(
    ("changes", "field", "cause"),
    [
        ({"first_extension": 911, "seats": 1}, "first_extension", "911 is an emergency number"),
        ({"first_extension": 905, "seats": 10}, "first_extension", "the range 905 to 914 holds 911"),
        ({"first_extension": 112, "seats": 1}, "first_extension", "112 is an emergency number"),
        ({"first_extension": 4165550120, "seats": 1}, "first_extension", "less than or equal"),
    ],
)
def test_extensions_that_are_dialled_for_something_else_are_refused_before_anything_is_bought(place, changes, field, cause):
    assert cause in refused(place, **changes)[field]


def test_a_named_extension_is_refused_at_its_own_place(place):
    found = refused(place, first_extension=910, seats=5, extensions=[{"number": "911", "name": "Desk"}])
    assert "911 is an emergency number" in found["extensions[0].number"]


def test_an_outbound_expression_of_the_account_takes_its_numbers(place):
    ProviderAccount.objects.filter(slug="maple").update(
        outbound=[{"template": "nanp_local", "area_code": "416"}, {"template": "emergency"}]
    )
    assert "taken by the outbound route nanp_local" in refused(place, first_extension=5550100, seats=5)["first_extension"]
    assert place(first_extension=2000, seats=5)


@pytest.mark.parametrize(
    ("number", "outbound", "lack"),
    [
        ("+31201234567", [{"template": "nanp"}, {"template": "emergency_nanp"}], "112 (NL)"),
        ("+442079460001", [{"template": "emergency_eu"}], "999 (GB)"),
        ("+61262345678", [{"template": "nanp"}], "000 and 112 (AU)"),
        ("+14165550198", [{"template": "nanp"}], "911 (CA)"),
    ],
)
def test_a_tenant_that_could_call_out_and_not_for_help_is_refused(place, number, outbound, lack):
    ProviderAccount.objects.filter(slug="maple").update(outbound=outbound)
    cause = refused(place, number=number)["number"]
    assert "could call out but not for help" in cause and lack in cause


@pytest.mark.parametrize(
    ("number", "outbound"),
    [
        ("+31201234567", [{"template": "emergency"}]),
        ("+31201234568", [{"template": "emergency_eu"}, {"template": "nanp"}]),
        ("+442079460001", [{"template": "emergency_uk"}]),
        ("+61262345678", [{"template": "emergency_au"}]),
        ("+31201234569", []),
    ],
)
def test_a_tenant_with_a_fitting_emergency_route_or_none_at_all_is_taken(place, number, outbound):
    ProviderAccount.objects.filter(slug="maple").update(outbound=outbound)
    order = place(number=number)
    assert tenant_file.build(order).trunk.outbound == outbound


def test_a_template_of_the_site_is_judged_by_the_run(place, tmp_path):
    ProviderAccount.objects.filter(slug="maple").update(outbound=[{"template": "site_only"}])
    assert place()


def test_the_site_s_own_templates_are_read_where_the_server_names_them(place, tmp_path):
    (tmp_path / "four.xml.j2").write_text(
        "{% from \"outbound/_route.xml.j2\" import route with context %}{% set expressions = ['^(1\\\\d{3})$'] %}{{ route() }}"
    )
    ProviderAccount.objects.filter(slug="maple").update(outbound=[{"template": "four"}, {"template": "emergency"}])
    PbxServer.objects.update(host_variables={"fusionpbx_template_path": str(tmp_path)})
    assert "taken by the outbound route four" in refused(place)["first_extension"]


def test_the_provider_s_countries_reach_the_tenant_file(place):
    assert tenant_file.build(place()).trunk.national_codes is None
    ProviderAccount.objects.filter(slug="maple").update(national_codes=[])
    assert tenant_file.build(place()).trunk.national_codes == []


def test_the_collection_is_asked_and_has_no_copy():
    register = collection.load("module_utils.dialled_numbers")
    assert register.__name__.startswith("ansible_collections.voipbox.fusionpbx.")


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("0612345678", "NL", "+31612345678"),
        ("06 1234 5678", "NL", "+31612345678"),
        ("+44 (0)20 7946 0001", "", "+442079460001"),
        ("020 7946 0001", "GB", "+442079460001"),
        ("+39 06 1234 5678", "", "+390612345678"),
        ("(416) 555-0123", "", "+14165550123"),
        ("0612345678", "", None),
        ("+1 0612345678", "", None),
        ("+31 12", "NL", None),
        ("416-555-0123 x12", "", None),
    ],
)
def test_telephone_numbers_are_read_with_their_country_and_only_valid_ones_pass(typed, country, number):
    found, cause = text_rules.phone(typed, country)
    assert (found, cause) == (number, None) if number else cause


def test_the_phone_of_an_order_is_of_the_country_of_its_number():
    given = intake.parse(intake.OrderInput, order_data(number="+31 20 123 4567", phone="0612345678"))
    assert (given.number, given.phone) == ("+31201234567", "+31612345678")
    with pytest.raises(Refused):
        intake.parse(intake.OrderInput, order_data(phone="0612345678"))
    change = intake.parse(intake.Amendment, {"phone": "0612345678"}, "NL")
    assert change.phone == "+31612345678"


def test_a_number_with_a_trunk_zero_is_the_same_number(place):
    place(number="+44 20 7946 0001")
    with pytest.raises(Refused) as refusal:
        place(number="+44 (0)20 7946 0001")
    assert "+442079460001 is in another order" in str(refusal.value)


@given(st.sampled_from(["NL", "GB", "DE", "FR", "AU", "ZA", "IT", "CA"]), st.text("0123456789 ()+-*", max_size=18))
def test_whatever_is_typed_becomes_a_valid_number_or_is_refused(country, typed):
    number, cause = text_rules.phone(typed, country)
    if cause is None:
        assert text_rules.did(number) == (number, None)
        assert text_rules.phone(number) == (number, None)
        assert collection.load("module_utils.rules").did(number) is None


@pytest.mark.parametrize(
    ("pattern", "country", "digits"),
    [("020*", "GB", "20*"), ("*020*", "GB", "*020*"), ("06*", "IT", "06*"), ("416*", "CA", "416*"), ("0*", "NL", "0*")],
)
def test_a_search_may_begin_with_the_trunk_zero(pattern, country, digits):
    assert text_rules.national_digits(pattern, country) == digits
