# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: identities, documents, encrypted files, and the reviewer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from didww.encrypt import Encrypt
from voipbox_lab.providers.didww.keys import Keys

from tests.providers.didww_fixtures import DidwwSandbox

PDF = b"%PDF-1.7\nexample"
PNG = b"\x89PNG\r\n\x1a\nexample"
JPG = b"\xff\xd8\xff\xe0example"


def _keys(didww: DidwwSandbox) -> list[str]:
    return [key["attributes"]["key"] for key in didww.get("/public_keys")["data"]]


def _post(didww: DidwwSandbox, container: bytes | None, fingerprint: str | None, **more: str) -> Any:
    data = {f"encrypted_files[{name}]": value for name, value in more.items()}
    if fingerprint is not None:
        data["encrypted_files[encryption_fingerprint]"] = fingerprint
    files = None if container is None else {"encrypted_files[file]": ("file.enc", container, "application/octet-stream")}
    if files is None:
        return didww.http.post("/encrypted_files", data=data)
    return didww.http.post("/encrypted_files", data=data, files=files)


def _upload(didww: DidwwSandbox, content: bytes = PDF) -> str:
    keys = _keys(didww)
    answer = _post(didww, Encrypt.encrypt_with_keys(content, keys), Encrypt.calculate_fingerprint(keys), description="passport")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


@pytest.mark.parametrize(("content", "kind"), [(PDF, "pdf"), (PNG, "png"), (JPG, "jpg")])
def test_files_are_decrypted_and_looked_at(didww: DidwwSandbox, content: bytes, kind: str) -> None:
    identifier = _upload(didww, content)
    seen = didww.control.call("GET", f"/files/{identifier}")
    assert (seen["type"], seen["size"]) == (kind, len(content))
    attributes = didww.get(f"/encrypted_files/{identifier}")["data"]["attributes"]
    assert set(attributes) == {"description", "expires_at"}


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"container": None}, "file - can't be blank"),
        ({"fingerprint": None}, "encryption_fingerprint - can't be blank"),
        ({"fingerprint": ":::".join(["0" * 40] * 2)}, "outdated fingerprint"),
        ({"content": b"GIF89a"}, "file - has an unsupported format"),
        ({"content": b""}, "file - has an unsupported format"),
        ({"container": os.urandom(2048)}, "file - is invalid"),
        ({"container": b""}, "file - is invalid"),
    ],
)
def test_uploads_are_checked(didww: DidwwSandbox, change: dict[str, Any], detail: str) -> None:
    keys = _keys(didww)
    container = change.get("container", Encrypt.encrypt_with_keys(change.get("content", PDF), keys))
    answer = _post(didww, container, change.get("fingerprint", Encrypt.calculate_fingerprint(keys)))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == detail
    assert didww.get("/encrypted_files")["data"] == []


def test_keys_have_their_order(didww: DidwwSandbox) -> None:
    keys = _keys(didww)
    swapped = Encrypt.encrypt_with_keys(PDF, keys[::-1])
    answer = _post(didww, swapped, Encrypt.calculate_fingerprint(keys))
    assert answer.json()["errors"][0]["detail"] == "file - is invalid"


def test_both_keys_have_to_open_the_same(didww: DidwwSandbox) -> None:
    keys = _keys(didww)
    first, second = Encrypt.encrypt_with_keys(PDF, keys), Encrypt.encrypt_with_keys(PDF, keys)
    answer = _post(didww, first[:512] + second[512:1024] + first[1024:], Encrypt.calculate_fingerprint(keys))
    assert answer.json()["errors"][0]["detail"] == "file - is invalid"


def test_the_old_form_and_other_parts_are_refused(didww: DidwwSandbox) -> None:
    answer = _post(didww, PDF, "x", **{"items][][description": "passport"})
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (400, "invalid params")


def test_too_large_a_file(didww: DidwwSandbox) -> None:
    answer = _post(didww, bytes(20 * 1024 * 1024 + 1), Encrypt.calculate_fingerprint(_keys(didww)))
    assert answer.json()["errors"][0]["detail"] == "file - is too large (maximum is 20 MB)"


def test_files_are_gone_after_a_day(didww: DidwwSandbox) -> None:
    identifier = _upload(didww)
    didww.control.advance(24 * 3600 - 60)
    assert didww.get(f"/encrypted_files/{identifier}")["data"]["id"] == identifier
    didww.control.advance(120)
    assert didww.get(f"/encrypted_files/{identifier}", 404)["errors"]


class Client:
    """A client who registers. Parameters: didww; business, whether it is a company."""

    def __init__(self, didww: DidwwSandbox, business: bool = False, iso: str = "ZA", area: str = "Johannesburg") -> None:
        self.didww = didww
        self.country = didww.id_of("/countries", filter__iso=iso)
        attributes = {"identity_type": "personal", "first_name": "Pat", "last_name": "Doe", "phone_number": "27115550155"}
        attributes.update(birth_date="1980-02-03", id_number="8002030000000")
        if business:
            attributes.update(identity_type="business", company_name="Example Ltd", company_reg_number="1", vat_id="2")
        self.kind = attributes["identity_type"]
        country = ("countries", self.country)
        self.identity = didww.send("POST", "/identities", 201, attributes, {"country": country})["data"]["id"]
        links = {"identity": ("identities", self.identity), "country": country}
        links["area"] = ("areas", didww.id_of("/areas", filter__name=area))
        where = {"city_name": area, "postal_code": "2000", "address": "1 Example Street", "external_reference_id": "a-1"}
        self.address = didww.send("POST", "/addresses", 201, where, links)["data"]["id"]

    def prove(self, *names: str) -> None:
        """Attach documents of these types."""
        for name in names:
            kinds = self.didww.get("/proof_types")["data"]
            kind = next(kind for kind in kinds if kind["attributes"]["name"] == name)
            on_address = kind["attributes"]["entity_type"].lower() == "address"
            entity = ("addresses", self.address) if on_address else ("identities", self.identity)
            links = {
                "files": [("encrypted_files", _upload(self.didww))],
                "proof_type": ("proof_types", kind["id"]),
                "entity": entity,
            }
            self.didww.send("POST", "/proofs", 201, {}, links)

    def document(self, name: str, status: int = 201) -> dict[str, Any]:
        """Attach a permanent document."""
        template = self.didww.id_of("/supporting_document_templates", filter__name=name)
        links = {"files": [("encrypted_files", _upload(self.didww))], "template": ("supporting_document_templates", template)}
        links["identity"] = ("identities", self.identity)
        return self.didww.send("POST", "/permanent_supporting_documents", status, {}, links)

    def validate(self, status: int, kind: str = "Local") -> list[str]:
        """The dry run; its sentences."""
        query = {
            "filter__country.id": self.country,
            "filter__did_group_type.id": self.didww.id_of("/did_group_types", filter__name=kind),
        }
        links = {
            "address_requirement": ("address_requirements", self.didww.id_of("/address_requirements", **query)),
            "identity": ("identities", self.identity),
            "address": ("addresses", self.address),
        }
        body = self.didww.send("POST", "/address_requirement_validations", status, None, links)
        return [error["detail"] for error in body.get("errors", [])]

    def hand_in(self, did: dict[str, Any], status: int = 201, links: dict[str, Any] | None = None, **attributes: Any) -> Any:
        """Hand in a registration; its sentences, or the verification."""
        all_links = {"dids": [("dids", did["id"])], "address": ("addresses", self.address), **(links or {})}
        body = self.didww.send("POST", "/address_verifications", status, attributes, all_links)
        return [error["detail"] for error in body["errors"]] if "errors" in body else body["data"]


def _did(didww: DidwwSandbox, did: dict[str, Any]) -> dict[str, Any]:
    return dict(didww.get(f"/dids/{did['id']}")["data"]["attributes"])


def test_the_dry_run_names_every_fault_and_keeps_nothing(didww: DidwwSandbox) -> None:
    person = Client(didww)
    assert person.validate(422) == [
        "1 Identity Proof(s) (Passport, National ID) required",
        "1 Address Proof(s) (Utility Bill, Bank Statement) required",
    ]
    didww.send("PATCH", f"/identities/{person.identity}", 200, {"birth_date": None, "id_number": ""})
    assert person.validate(422)[:2] == ["Identity Birth Date is required", "Identity ID Number is required"]
    assert didww.get("/address_verifications")["data"] == []


def test_a_company_needs_its_form(didww: DidwwSandbox) -> None:
    company = Client(didww, business=True)
    company.prove("Business Registration Certificate", "Utility Bill")
    assert company.validate(422) == ["Following Supporting Document(s) required (South Africa End User Form)"]
    assert company.document("South Africa Letter of Intended Use", 422)["errors"][0]["detail"] == "template - is invalid"
    company.document("South Africa End User Form")
    assert company.validate(201) == []
    didww.send(
        "PATCH",
        f"/identities/{company.identity}",
        200,
        None,
        {"country": ("countries", didww.id_of("/countries", filter__iso="DE"))},
    )
    assert company.validate(422) == ["Identity Country must be South Africa"]


def test_proofs_belong_to_what_their_type_is_for(didww: DidwwSandbox) -> None:
    person = Client(didww)
    kinds = {kind["attributes"]["name"]: kind["id"] for kind in didww.get("/proof_types")["data"]}
    for name, entity in (
        ("Utility Bill", ("identities", person.identity)),
        ("Business Registration Certificate", ("identities", person.identity)),
    ):
        links = {"files": [("encrypted_files", _upload(didww))], "proof_type": ("proof_types", kinds[name]), "entity": entity}
        assert didww.send("POST", "/proofs", 422, {}, links)["errors"][0]["detail"] == "proof_type - is invalid"
    body = didww.send("POST", "/proofs", 422, {"external_reference_id": "x" * 101}, {})
    assert len(body["errors"]) == 4


def test_the_address_has_to_be_where_the_number_is(didww: DidwwSandbox) -> None:
    did, elsewhere = didww.buy("Johannesburg"), Client(didww, area="Durban")
    elsewhere.prove("Passport", "Utility Bill")
    assert elsewhere.validate(201) == [], "without a number any area of the country is good"
    assert elsewhere.hand_in(did, 422) == ["Address Area must be Johannesburg"]
    abroad = {
        "country": ("countries", didww.id_of("/countries", filter__iso="DE")),
        "area": ("areas", didww.id_of("/areas", filter__name="Berlin")),
    }
    didww.send("PATCH", f"/addresses/{elsewhere.address}", 200, None, abroad)
    assert elsewhere.hand_in(did, 422) == ["Address Country must be South Africa"]


def test_an_area_of_another_country_is_invalid(didww: DidwwSandbox) -> None:
    person = Client(didww)
    links = {"area": ("areas", didww.id_of("/areas", filter__name="Berlin"))}
    assert didww.send("PATCH", f"/addresses/{person.address}", 422, None, links)["errors"][0]["detail"] == "area - is invalid"


def test_approval_lets_the_number_work(didww: DidwwSandbox) -> None:
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    made = person.hand_in(did, external_reference_id="fpx-v1")
    assert made["attributes"]["status"] == "pending" and made["attributes"]["reject_reasons"] == []
    assert didww.id_of("/address_verifications", filter__external_reference_id="fpx-v1") == made["id"]
    assert _did(didww, did)["awaiting_registration"] is True
    didww.control.call("POST", f"/verifications/{made['id']}/approve")
    attributes = _did(didww, did)
    assert (attributes["awaiting_registration"], attributes["blocked"]) == (False, False)
    assert didww.get(f"/identities/{person.identity}")["data"]["attributes"]["verified"] is True
    with pytest.raises(ValueError, match="approved already"):
        didww.control.call("POST", f"/verifications/{made['id']}/reject")


def test_a_verified_address_can_be_used_for_the_next_number(didww: DidwwSandbox) -> None:
    first, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    made = person.hand_in(first)
    second, elsewhere = didww.buy("Johannesburg"), didww.buy("Berlin")
    links = {"address_verification": ("address_verifications", made["id"])}
    didww.send("PATCH", f"/dids/{second['id']}", 422, None, links)
    didww.control.call("POST", f"/verifications/{made['id']}/approve")
    didww.send("PATCH", f"/dids/{second['id']}", 200, None, links)
    assert _did(didww, second)["awaiting_registration"] is False
    didww.send("PATCH", f"/dids/{elsewhere['id']}", 422, None, links)


def test_numbers_may_start_working_later_than_the_approval(didww: DidwwSandbox) -> None:
    didww.settings(activation_delay=300)
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("National ID", "Bank Statement")
    made = person.hand_in(did)
    didww.control.call("POST", f"/verifications/{made['id']}/approve")
    assert didww.get(f"/address_verifications/{made['id']}")["data"]["attributes"]["status"] == "approved"
    assert _did(didww, did)["awaiting_registration"] is True
    didww.control.advance(301)
    assert _did(didww, did)["awaiting_registration"] is False


def test_a_rejection_has_reasons_and_a_new_one_can_be_handed_in(didww: DidwwSandbox) -> None:
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    made = person.hand_in(did)
    reasons = ["The proof of personal address is required", "The DID cannot be used for the indicated service"]
    didww.control.call("POST", f"/verifications/{made['id']}/reject", reasons=reasons, comment="Additional info from operator")
    attributes = didww.get(f"/address_verifications/{made['id']}")["data"]["attributes"]
    assert (attributes["status"], attributes["reject_reasons"]) == ("rejected", reasons)
    assert attributes["reject_comment"] == "Additional info from operator"
    assert _did(didww, did)["awaiting_registration"] is True
    again = person.hand_in(did)
    didww.control.call("POST", f"/verifications/{again['id']}/approve")
    assert _did(didww, did)["awaiting_registration"] is False


def test_the_reviewer_may_work_by_himself(didww: DidwwSandbox) -> None:
    didww.settings(approve_after=60)
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    made = person.hand_in(did)
    didww.control.advance(59)
    assert didww.get(f"/address_verifications/{made['id']}")["data"]["attributes"]["status"] == "pending"
    didww.control.advance(2)
    assert _did(didww, did)["awaiting_registration"] is False


def test_too_much_is_as_wrong_as_too_little(didww: DidwwSandbox) -> None:
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    files = {"onetime_files": [("encrypted_files", _upload(didww))]}
    assert person.hand_in(did, 422, files, service_description="call centre") == [
        "one-time document is not needed",
        "service description is not needed",
    ]
    national = didww.buy("National")
    assert person.hand_in(national, 422) == [
        "Following one-time document required (South Africa Letter of Intended Use)",
        "service description is required",
    ]
    made = person.hand_in(national, 201, files, service_description="call centre")
    assert [file["type"] for file in didww.control.call("GET", f"/documents/{made['id']}")] == ["pdf"]
    mixed = {"dids": [("dids", did["id"]), ("dids", national["id"])]}
    assert person.hand_in(did, 422, mixed) == ["All DIDs must belong to the same country and DID group type"]


def test_only_the_reference_of_a_verification_can_be_changed(didww: DidwwSandbox) -> None:
    did, person = didww.buy("Johannesburg"), Client(didww)
    person.prove("Passport", "Utility Bill")
    made = person.hand_in(did)
    didww.send("PATCH", f"/address_verifications/{made['id']}", 200, {"external_reference_id": "fpx-v2"})
    didww.send("PATCH", f"/address_verifications/{made['id']}", 400, {"service_description": "x"})


def test_numbers_that_need_no_registration_take_none(didww: DidwwSandbox) -> None:
    assert Client(didww).hand_in(didww.buy("London"), 422) == ["Address verification is not needed"]


def test_an_identity_goes_with_its_addresses_and_documents(didww: DidwwSandbox) -> None:
    company = Client(didww, business=True)
    company.prove("Business Registration Certificate", "Utility Bill")
    company.document("South Africa End User Form")
    didww.send("PATCH", f"/identities/{company.identity}", 400, {"identity_type": "personal"})
    assert didww.http.delete(f"/identities/{company.identity}").status_code == 204
    for path in ("/identities", "/addresses", "/proofs", "/permanent_supporting_documents"):
        assert didww.get(path)["data"] == []


def test_requirements_can_be_changed_for_a_test(didww: DidwwSandbox) -> None:
    person = Client(didww, iso="DE", area="Hamburg")
    person.prove("Passport", "Utility Bill")
    did = didww.buy("Berlin")
    requirement = didww.id_of("/address_requirements", **{"filter__country.id": person.country})
    didww.control.call("POST", f"/requirements/{requirement}", address_area_level="city")
    assert person.hand_in(did, 422) == ["Address City must be Berlin"]
    didww.control.call("POST", f"/requirements/{requirement}", identity_type="business")
    assert person.validate(422) == ["Identity must be Business", "Address City is required"]
    with pytest.raises(ValueError, match="no bogus"):
        didww.control.call("POST", f"/requirements/{requirement}", bogus=1)


def test_keys_may_be_rotated(didww_keys: Path, tmp_path: Path) -> None:
    for pem in didww_keys.glob("*.pem"):
        (tmp_path / pem.name).write_bytes(pem.read_bytes())
    keys = Keys(tmp_path)
    old, container = keys.pems(), Encrypt.encrypt_with_keys(PDF, keys.pems())
    assert keys.fingerprint() == Encrypt.calculate_fingerprint(old)
    assert keys.open(container) == PDF
    keys.rotate()
    assert set(keys.pems()).isdisjoint(old)
    with pytest.raises(ValueError, match=r"failed|same|padding"):
        keys.open(container)
    assert Keys(tmp_path).pems() == keys.pems(), "they are kept"
    assert (tmp_path / "key-a.pem").stat().st_mode & 0o777 == 0o600


def test_a_file_without_keys_is_named(tmp_path: Path) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for name in ("key-a.pem", "key-b.pem"):
        (tmp_path / name).write_bytes(small.private_bytes(*encoding))
    with pytest.raises(ValueError, match=r"key-a\.pem holds no RSA key of 4096 bits"):
        Keys(tmp_path)
