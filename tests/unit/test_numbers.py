"""Number patterns: every form of a number is matched by its own expression and by no other number's."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import dialled_numbers, emergency_numbers, numbers, rules
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import shortnumberinfo

NANP = st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)
E164 = st.one_of(NANP, st.from_regex(r"\+(44|49|7|353|61)[1-9][0-9]{8}", fullmatch=True))


@pytest.mark.parametrize(
    ("number", "code", "national"),
    [
        ("+14165550100", "1", "4165550100"),
        ("+442079460000", "44", "2079460000"),
        ("+74951234567", "7", "4951234567"),
        ("+35315550100", "353", "15550100"),
        ("+85291234567", "852", "91234567"),
    ],
)
def test_country_code_is_split_off(number, code, national):
    assert numbers.split(number) == (code, national)


@pytest.mark.parametrize("number", ["14165550100", "+0123456789", "+1416555010", "+141655501000", "+1 4165550100", "+", ""])
def test_what_is_not_e164_is_told(number):
    assert not numbers.is_e164(number)


@pytest.mark.parametrize(
    ("number", "match", "columns"),
    [
        ("+14165550101", "any", ("1", "4165550101", r"^\+?1?(4165550101)$")),
        ("+14165550100", "plus", (None, "+14165550100", r"^\+(14165550100)$")),
        ("+14165550102", "digits", (None, "14165550102", r"^(14165550102)$")),
        ("+442079460000", "national", ("44", "2079460000", r"^\+?(?:44)?(2079460000)$")),
        ("+442079460000", "any", ("+", "442079460000", r"^\+?(?:)?(442079460000)$")),
        ("+14165550101", "e164", ("+", "14165550101", r"^\+?(?:)?(14165550101)$")),
    ],
)
def test_columns_are_those_of_the_destination_page(number, match, columns):
    assert numbers.destination_columns(number, match) == columns


@given(E164)
def test_every_form_matches_its_expression(number):
    for match in numbers.MATCHES:
        regex = numbers.destination_columns(number, match)[2]
        assert all(re.match(regex, form) for form in numbers.forms(number, match))


@given(E164)
def test_the_national_number_is_taken_for_the_countries_of_the_provider_alone(number):
    national = numbers.split(number)[1]
    assert (national in numbers.forms(number, "any")) == number.startswith("+1")
    assert numbers.resolved(number, "any", [numbers.country_code(number)]) == "national"
    assert numbers.resolved(number, None, []) == "e164"
    assert not re.match(numbers.destination_columns(number, "e164")[2], national)


@given(E164)
def test_narrow_forms_match_only_themselves(number):
    plus, digits, national = numbers.forms(number)
    assert [bool(re.match(numbers.destination_columns(number, "plus")[2], f)) for f in (plus, digits, national)] == [
        True, False, False,
    ]  # fmt: skip
    assert [bool(re.match(numbers.destination_columns(number, "digits")[2], f)) for f in (plus, digits, national)] == [
        False, True, False,
    ]  # fmt: skip


@given(E164, E164)
def test_another_number_is_never_matched(one, other):
    if one != other and numbers.split(one)[1] != numbers.split(other)[1]:
        regex = numbers.destination_columns(one, "national")[2]
        assert not any(re.match(regex, form) for form in numbers.forms(other))


@pytest.mark.parametrize(("prefix", "number"), [("1", "4165550100"), ("+1", "4165550100"), ("+", "1 (416) 555-0100")])
def test_identity_is_digits_only_however_prefix_and_number_were_typed(prefix, number):
    assert numbers.canonical(prefix, number) == "14165550100"
    assert not [key for key in numbers.dialled_keys("+1", "4165550100") if key.startswith("++")]


@given(E164, st.sampled_from(numbers.MATCHES))
def test_identity_and_cache_keys_follow_the_stored_columns(number, match):
    prefix, stored, _ = numbers.destination_columns(number, match)
    assert numbers.canonical(prefix, stored) == number.lstrip("+")
    keys = numbers.dialled_keys(prefix, stored)
    assert set(numbers.forms(number, match)) <= set(keys)


@pytest.mark.parametrize(
    ("number", "refused"),
    [
        ("+4402079460001", True),
        ("+310612345678", True),
        ("+390612345678", False),
        ("+2250102030405", False),
        ("+442079460001", False),
    ],
)
def test_a_trunk_zero_is_no_part_of_a_number(number, refused):
    assert numbers.is_e164(number) != refused
    assert ("leave out the 0" in (rules.did(number) or "")) == refused


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@given(st.sampled_from(REGIONS), st.sampled_from([0, 1]))
def test_no_number_that_is_given_out_has_a_trunk_zero(region, kind):
    example = phonenumbers.example_number_for_type(region, kind)
    if example:
        assert not numbers.has_trunk_zero(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))


@pytest.mark.parametrize("code", emergency_numbers.country_codes())
def test_the_emergency_numbers_of_a_country_are_those_that_libphonenumber_knows(code):
    country = emergency_numbers.of_country(code)
    assert [one for one in country.needed if not shortnumberinfo.is_emergency_number(one, code)] == []
    example = phonenumbers.example_number(code)
    if example:
        found = emergency_numbers.of_number(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
        assert found.needed == country.needed


@given(st.sampled_from(emergency_numbers.country_codes()), st.from_regex(r"[0-9*+]{1,12}", fullmatch=True))
def test_an_emergency_expression_takes_its_numbers_and_nothing_else(code, other):
    country = emergency_numbers.of_country(code)
    expression = emergency_numbers.expression_of(country)
    mine = country.needed + country.further
    assert all(dialled_numbers.takes(expression, number) for number in mine)
    assert dialled_numbers.takes(expression, other) == (other in mine)
