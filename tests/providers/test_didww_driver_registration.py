# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: F811 - fixtures are imported and then named as parameters
"""The second driver against the second provider's sandbox: what a regulated number needs, from requirement to approval."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from voipbox.core.errors import Fault
from voipbox.providers import errors
from voipbox.providers.didww.driver import Didww
from voipbox.providers.papers import Address, Identity, Requirements
from voipbox.providers.records import LocationKind, NumberState
from voipbox_lab.providers.control import SandboxControl

from .didww_driver_lab import buy, control, driver, no_budget, offers, place, url  # noqa: F401 - fixtures too

PERSON = Identity(
    reference="vb-1-ident-1",
    kind="personal",
    first_name="Pat",
    last_name="Doe",
    phone="+27 11 555 0155",
    country="ZA",
    fields={"birth_date": "1980-02-03", "id_number": "8002035555080", "vat_id": ""},
)
COMPANY = Identity(
    reference="vb-1-ident-2",
    kind="business",
    first_name="Pat",
    last_name="Doe",
    phone="+27115550155",
    country="ZA",
    company="Example (Pty) Ltd",
    fields={"company_reg_number": "2020/000000/07", "vat_id": "4000000000"},
)
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def home(driver: Didww, identity_id: str, area: str = "Johannesburg") -> Address:
    """An address in a regulatory area."""
    country = place(driver, LocationKind.COUNTRY, "ZA").id
    return Address(
        reference="vb-1-addr-1",
        identity_id=identity_id,
        country="ZA",
        city="Johannesburg",
        postal_code="2001",
        street="1 Example Street",
        area=place(driver, LocationKind.AREA, area, country).id if area else "",
    )


def need_of(driver: Didww, city: str = "Johannesburg") -> Requirements:
    """What a number of a city needs."""
    found = driver.requirements(offers(driver, "ZA", city)[0])
    assert found is not None
    return found


def proof(driver: Didww, needs: Requirements, entity: str, owner: str) -> str:
    """Upload a document and attach it as the first proof that is taken."""
    wanted = next(each for each in needs.personal.proof_types if each.entity == entity)
    return driver.ensure_proof(entity, owner, wanted.id, [driver.upload(PDF, wanted.name)])


def whole(driver: Didww) -> tuple[str, str, Requirements]:
    """Identity, address and documents that are all there."""
    needs = need_of(driver)
    identity = driver.ensure_identity(PERSON)
    address = driver.ensure_address(home(driver, identity))
    proof(driver, needs, "identity", identity)
    proof(driver, needs, "address", address)
    return identity, address, needs


def test_requirements_in_our_words(driver: Didww, control: SandboxControl) -> None:
    needs = need_of(driver)
    assert needs.identity_type == "any" and not needs.service_description
    assert needs.restriction == "An address in the area of the number is needed."
    assert needs.personal.area.level == "area" and needs.business.area.level == "area"
    assert needs.personal.fields == ("birth_date", "id_number")
    assert needs.business.fields == ("country", "company_reg_number", "vat_id")
    assert (needs.personal.identity_proofs, needs.personal.address_proofs) == (1, 1)
    assert {(each.name, each.entity) for each in needs.personal.proof_types} == {
        ("Passport", "identity"),
        ("National ID", "identity"),
        ("Utility Bill", "address"),
        ("Bank Statement", "address"),
    }
    assert needs.personal.template is None and needs.business.template is not None
    assert needs.business.template[1] == "South Africa End User Form"
    national = next(each for each in offers(driver, "ZA", limit=1000) if each.city == "National")
    other = driver.requirements(national)
    assert other is not None and other.service_description
    assert other.personal.onetime == "South Africa Letter of Intended Use"
    assert other.personal.area.level == "country"
    assert driver.requirements(offers(driver, "CA")[0]) is None
    with pytest.raises(errors.NotFound):
        driver.requirements(dataclasses.replace(national, token={}))


def test_identity_and_address_are_made_once_and_corrected(driver: Didww, control: SandboxControl) -> None:
    identity = driver.ensure_identity(PERSON)
    address = driver.ensure_address(home(driver, identity))
    control.clear_journal()
    assert driver.ensure_identity(PERSON) == identity
    assert driver.ensure_address(home(driver, identity)) == address
    assert not [call for call in control.calls() if not call["name"].startswith("GET")]
    assert driver.ensure_identity(dataclasses.replace(PERSON, last_name="Roe")) == identity
    assert driver.ensure_address(dataclasses.replace(home(driver, identity, "Durban"), street="2 Example Street")) == address
    assert len([call for call in control.calls() if call["name"].startswith("PATCH")]) == 2
    with pytest.raises(errors.Conflict, match="can never be changed"):
        driver.ensure_identity(dataclasses.replace(PERSON, kind="business"))
    other = driver.ensure_identity(COMPANY)
    with pytest.raises(errors.Conflict, match="another identity"):
        driver.ensure_address(home(driver, other))


def test_wrong_data_is_named_by_field(driver: Didww, control: SandboxControl) -> None:
    cases: list[tuple[Identity, str]] = [
        (dataclasses.replace(PERSON, country="XX"), "country"),
        (dataclasses.replace(PERSON, phone=""), "phone"),
        (dataclasses.replace(PERSON, fields={"birth_date": "yesterday"}), "birth_date"),
        (dataclasses.replace(PERSON, fields={"shoe_size": "44"}), "shoe_size"),
        (dataclasses.replace(COMPANY, company=""), "company"),
        (dataclasses.replace(PERSON, reference=""), "reference"),
    ]
    for wrong, field in cases:
        with pytest.raises(errors.BadRequest) as caught:
            driver.ensure_identity(wrong)
        assert field in [fault.field for fault in caught.value.faults], field
    identity = driver.ensure_identity(PERSON)
    with pytest.raises(errors.BadRequest) as caught:
        driver.ensure_address(dataclasses.replace(home(driver, identity), street="", city=""))
    assert {fault.field for fault in caught.value.faults} == {"street", "city"}


@pytest.mark.parametrize("match", ["POST /identities", "POST /addresses", "POST /proofs"])
def test_what_was_made_without_an_answer_is_found_again(driver: Didww, control: SandboxControl, match: str) -> None:
    passport, files = need_of(driver).personal.proof_types[0], [driver.upload(PDF, "passport")]

    def hand_in() -> str:
        identity = driver.ensure_identity(PERSON)
        driver.ensure_address(home(driver, identity))
        return driver.ensure_proof("identity", identity, passport.id, files)

    control.fault("commit_then_drop", match)
    with pytest.raises(errors.Unconfirmed) as caught:
        hand_in()
    assert "finds what is there" in caught.value.sentence
    assert hand_in() == hand_in()
    assert len([call for call in control.calls() if call["name"] == match]) == 1


def test_documents_arrive_whole_and_readable_for_the_provider_alone(driver: Didww, control: SandboxControl) -> None:
    identity, _address, needs = whole(driver)
    scan = b"%PDF-1.7\n" + bytes(range(256)) * 2000 + b"\n%%EOF\n"
    passport = needs.personal.proof_types[0]
    kept = driver.ensure_proof("identity", identity, passport.id, [driver.upload(scan, "passport")])
    held = control.call("GET", f"/documents/{kept}")
    assert [each["sha256"] for each in held] == [hashlib.sha256(scan).hexdigest()]
    control.call("POST", "/keys/rotate")
    assert driver.upload(PDF, "after the keys changed")
    with pytest.raises(errors.BadRequest):
        driver.ensure_proof("person", identity, passport.id, ["x"])
    with pytest.raises(errors.BadRequest):
        driver.ensure_proof("identity", identity, passport.id, [])
    with pytest.raises(errors.BadRequest):
        driver.ensure_proof("identity", identity, "no-such-type", [driver.upload(PDF, "x")])


def test_the_dry_run_says_what_is_missing_in_the_providers_sentences(driver: Didww, control: SandboxControl) -> None:
    needs = need_of(driver)
    identity = driver.ensure_identity(dataclasses.replace(PERSON, fields={}))
    address = driver.ensure_address(home(driver, identity, ""))
    said = driver.validate(needs.id, identity, address)
    assert "Identity Birth Date is required" in said and "Identity ID Number is required" in said
    assert any(each.startswith("1 Identity Proof(s) (") and each.endswith("required") for each in said)
    assert any("Address Proof" in each for each in said)
    identity, address, needs = whole(driver)
    assert driver.validate(needs.id, identity, address) == ()
    control.fault("html", "POST /address_requirement_validations", status=502)
    with pytest.raises(errors.Unconfirmed):
        driver.validate(needs.id, identity, address)


def test_a_registration_from_handing_in_to_approval(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "ZA", "Johannesburg")[0])
    _identity, address, _needs = whole(driver)
    handed = driver.submit_registration("vb-1-reg-1", number, address, callback_url="https://pbx.reseller.example/hooks/v")
    assert (handed.state, handed.reference, handed.faults) == ("pending", "vb-1-reg-1", ())
    assert driver.submit_registration("vb-1-reg-1", number, address) == handed  # it stands; there is no second one
    assert driver.find_registration("vb-1-reg-1") == driver.registration(handed.id) == handed
    assert driver.find_registration("vb-never") is None
    control.call("POST", f"/verifications/{handed.id}/reject", reasons=["The address is wrong", "No stamp"], comment="Look again")
    rejected = driver.registration(handed.id)
    assert (rejected.state, rejected.faults) == ("rejected", ("The address is wrong", "No stamp", "Look again"))
    again = driver.submit_registration("vb-1-reg-1", number, address)
    assert again.id != handed.id and driver.find_registration("vb-1-reg-1") == again
    control.call("POST", "/settings", activation_delay=60)
    control.call("POST", f"/verifications/{again.id}/approve")
    assert driver.registration(again.id).state == "approved"
    found = driver.number(number)
    assert found is not None and found.state is NumberState.AWAITING_REGISTRATION  # approved does not mean that it works
    control.advance(61)
    found = driver.number(number)
    assert found is not None and found.state is NumberState.ACTIVE
    with pytest.raises(errors.NotFound):
        driver.registration("no-such-registration")


def test_a_registration_that_is_not_whole_or_too_much_is_refused_with_sentences(driver: Didww, control: SandboxControl) -> None:
    number = buy(driver, offers(driver, "ZA", "Johannesburg")[0])
    identity = driver.ensure_identity(dataclasses.replace(PERSON, fields={}))
    address = driver.ensure_address(home(driver, identity))
    with pytest.raises(errors.BadRequest) as caught:
        driver.submit_registration("vb-1-reg-1", number, address)
    assert Fault("registration", "Identity Birth Date is required") in caught.value.faults
    _identity, address, _needs = whole(driver)
    with pytest.raises(errors.BadRequest) as caught:
        driver.submit_registration("vb-1-reg-1", number, address, [driver.upload(PDF, "letter")], "call centre")
    assert {fault.cause for fault in caught.value.faults} == {
        "one-time document is not needed",
        "service description is not needed",
    }
    with pytest.raises(errors.NotFound):
        driver.submit_registration("vb-1-reg-1", "+27115559999", address)


def test_a_registration_with_a_letter_and_a_description(driver: Didww, control: SandboxControl) -> None:
    offer = next(each for each in offers(driver, "ZA", limit=1000) if each.city == "National")
    number = buy(driver, offer)
    _identity, address, _needs = whole(driver)
    letter = driver.upload(PDF, "letter")
    handed = driver.submit_registration("vb-1-reg-1", number, address, [letter], "People answer the calls")
    assert handed.state == "pending"


def test_a_company_brings_a_permanent_document(driver: Didww, control: SandboxControl) -> None:
    number, needs = buy(driver, offers(driver, "ZA", "Johannesburg")[0]), need_of(driver)
    identity = driver.ensure_identity(COMPANY)
    address = driver.ensure_address(home(driver, identity))
    for entity, owner in (("identity", identity), ("address", address)):
        wanted = next(each for each in needs.business.proof_types if each.entity == entity)
        driver.ensure_proof(entity, owner, wanted.id, [driver.upload(PDF, wanted.name)])
    assert driver.validate(needs.id, identity, address) == (
        "Following Supporting Document(s) required (South Africa End User Form)",
    )
    assert needs.business.template is not None
    files = [driver.upload(PDF, "form")]
    kept = driver.ensure_permanent_document(identity, needs.business.template[0], files)
    assert driver.ensure_permanent_document(identity, needs.business.template[0], files) == kept
    assert driver.validate(needs.id, identity, address) == ()
    assert driver.submit_registration("vb-1-reg-1", number, address).state == "pending"


@pytest.mark.parametrize(("kind", "made"), [("commit_then_drop", True), ("commit_then_garble", True), ("drop", False)])
def test_a_registration_in_doubt_is_told_apart_by_reading_back(
    driver: Didww, control: SandboxControl, kind: str, made: bool
) -> None:
    number = buy(driver, offers(driver, "ZA", "Johannesburg")[0])
    _identity, address, _needs = whole(driver)
    control.fault(kind, "POST /address_verifications")
    with pytest.raises(errors.OutcomeUnknown):
        driver.submit_registration("vb-1-reg-1", number, address)
    found = driver.find_registration("vb-1-reg-1")
    assert (found is not None) is made
    assert len([call for call in control.calls() if call["name"] == "POST /address_verifications"]) == 1
