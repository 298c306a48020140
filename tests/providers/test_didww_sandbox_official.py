# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's own Python package as an independent client of the sandbox: it reads every type, buys, attaches, registers,
and agrees about encryption."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from didww.encrypt import Encrypt
from didww.enums import (
    AddressVerificationStatus,
    AreaLevel,
    Feature,
    IdentityType,
    MediaEncryptionMode,
    OnCliMismatchAction,
    OrderStatus,
    TransportProtocol,
    VoiceOutTrunkStatus,
)
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.address import Address
from didww.resources.address_requirement_validation import AddressRequirementValidation
from didww.resources.address_verification import AddressVerification
from didww.resources.authentication_method import CredentialsAndIpAuthenticationMethod
from didww.resources.configuration.sip import SipConfiguration
from didww.resources.did_reservation import DidReservation
from didww.resources.export import Export
from didww.resources.identity import Identity
from didww.resources.order import Order
from didww.resources.order_item.did_order_item import DidOrderItem
from didww.resources.permanent_supporting_document import PermanentSupportingDocument
from didww.resources.proof import Proof
from didww.resources.shared_capacity_group import SharedCapacityGroup
from didww.resources.voice_in_trunk import VoiceInTrunk
from didww.resources.voice_in_trunk_group import VoiceInTrunkGroup
from didww.resources.voice_out_trunk import VoiceOutTrunk
from didww.resources.voice_out_trunk_regenerate_credential import VoiceOutTrunkRegenerateCredential
from voipbox_lab.providers.didww.kinds import KINDS

from tests.providers.didww_fixtures import DidwwSandbox

PDF = b"%PDF-1.7\nexample"


def _buy(didww: DidwwSandbox, area: str) -> Any:
    client = didww.official
    groups = client.did_groups().list(QueryParams().filter("area_name", area).include("stock_keeping_units")).data
    sku = next(unit for unit in groups[0].stock_keeping_units if unit.channels_included_count == 0)
    item = DidOrderItem({"sku_id": sku.id, "qty": 1})
    order = Order()
    order.items = [item]
    order.allow_back_ordering = False
    order.external_reference_id = f"fpx-{area.lower()}"
    made = client.orders().create(order).data
    assert made.status in (OrderStatus.PENDING, OrderStatus.COMPLETED)
    done = client.orders().find(made.id).data
    assert done.is_completed
    assert done.items[0].did_group_id == groups[0].id
    return client.dids().list(QueryParams().filter("order.id", made.id).include("did_group", "order")).data[0]


def _upload(didww: DidwwSandbox, content: bytes) -> str:
    keys = [key.key for key in didww.official.public_keys().list().data]
    sealed = Encrypt.encrypt_with_keys(content, keys)
    return str(didww.official.upload_encrypted_file(Encrypt.calculate_fingerprint(keys), sealed, "passport"))


def test_it_reads_places_groups_and_numbers(didww: DidwwSandbox) -> None:
    client = didww.official
    country = client.countries().list(QueryParams().filter("iso", "ZA").include("regions")).data[0]
    assert (country.name, country.prefix, len(country.regions)) == ("South Africa", "27", 4)
    region = client.regions().list(QueryParams().filter("iso", "GP").include("country")).data[0]
    assert region.country.iso == "ZA"
    city = client.cities().list(QueryParams().filter("name", "Cape Town").include("region", "area", "country")).data[0]
    assert (city.region.iso, city.area.name) == ("WC", "Cape Town")
    assert client.areas().find(city.area.id, QueryParams().include("country")).data.country.iso == "ZA"
    assert {kind.name for kind in client.did_group_types().list().data} == {"Local", "National", "Mobile", "Toll-free"}
    group = client.did_groups().list(QueryParams().filter("city.id", city.id).include("address_requirement")).data[0]
    assert group.features == [Feature.VOICE_IN, Feature.VOICE_OUT]
    assert group.address_requirement.address_area_level == AreaLevel.AREA
    assert group._resource_meta["needs_registration"] is True
    number = client.available_dids().list(QueryParams().filter("did_group.id", group.id).include("did_group")).data[0]
    assert number.did_group.id == group.id
    assert client.available_dids().find(number.id).data.number == number.number
    prefix = client.nanpa_prefixes().list(QueryParams().filter("npa", "416").include("country", "region")).data[0]
    assert (prefix.nxx, prefix.region.name) == ("555", "Ontario")
    assert len(client.pops().list().data) == 7
    assert Decimal(client.balance().find().data.total_balance) == 1000


def test_it_reserves_buys_and_follows(didww: DidwwSandbox) -> None:
    client = didww.official
    number = client.available_dids().list(QueryParams().filter("number_contains", "2721")).data[0]
    wanted = DidReservation()
    wanted.description = "fpx-1"
    wanted.available_did = number
    made = client.did_reservations().create(wanted).data
    assert made.expires_at - made.created_at == datetime.timedelta(minutes=10)
    assert client.did_reservations().find(made.id, QueryParams().include("available_did")).data.available_did.id == number.id
    client.did_reservations().delete(made.id)
    did = _buy(didww, "London")
    assert did.did_group.area_name == "London" and did.order.is_completed and not did.awaiting_registration
    history = client.did_history().list(QueryParams().filter("did_number", did.number)).data
    assert [(entry.action, entry.method) for entry in history] == [("assigned", "api3")]
    did.description = "tenant t0007"
    assert client.dids().update(did).data.description == "tenant t0007"
    didww.control.balance("0")
    with pytest.raises(DidwwApiError) as refused:
        _buy(didww, "London")
    assert refused.value.status_code == 400


def test_it_attaches_trunks_and_capacity(didww: DidwwSandbox) -> None:
    client, did = didww.official, _buy(didww, "London")
    trunk = VoiceInTrunk()
    trunk.name = "tenant-t0007"
    sip = SipConfiguration()
    sip.username, sip.host, sip.port = "{DID}", "pbx.reseller.example", 5080
    trunk.configuration = sip
    made = client.voice_in_trunks().create(trunk).data
    assert made.configuration.transport_protocol_id == TransportProtocol.UDP
    assert made.configuration.media_encryption_mode == MediaEncryptionMode.DISABLED
    group = VoiceInTrunkGroup()
    group.name = "cluster-a"
    group.voice_in_trunks = [made]
    pair = client.voice_in_trunk_groups().create(group, QueryParams().include("voice_in_trunks")).data
    assert [each.id for each in pair.voice_in_trunks] == [made.id]
    assert (
        client.voice_in_trunks().find(made.id, QueryParams().include("voice_in_trunk_group")).data.voice_in_trunk_group.id
        == pair.id
    )
    did.voice_in_trunk = made
    client.dids().update(did)
    pool = (
        client.capacity_pools().list(QueryParams().include("countries", "qty_based_pricings", "shared_capacity_groups")).data[0]
    )
    assert pool.name == "Standard" and pool.qty_based_pricings[0].qty == 50
    metered = SharedCapacityGroup()
    metered.name, metered.metered_channels_count = "tenant-t0007", 10
    metered.capacity_pool, metered.dids = pool, [did]
    shared = client.shared_capacity_groups().create(metered, QueryParams().include("dids", "capacity_pool")).data
    assert [each.number for each in shared.dids] == [did.number]
    assert didww.ring(did.number)["rings"]


def test_it_calls_out_and_gets_new_credentials(didww: DidwwSandbox) -> None:
    client, did = didww.official, _buy(didww, "London")
    trunk = VoiceOutTrunk()
    trunk.name, trunk.on_cli_mismatch_action = "tenant-t0007", OnCliMismatchAction.REJECT_CALL
    trunk.threshold_amount, trunk.capacity_limit = "50.0", 5
    trunk.authentication_method = CredentialsAndIpAuthenticationMethod(allowed_sip_ips=["203.0.113.10"])
    trunk.dids = [did]
    made = client.voice_out_trunks().create(trunk, QueryParams().include("dids")).data
    assert made.status == VoiceOutTrunkStatus.ACTIVE
    assert made.authentication_method.allowed_sip_ips == ["203.0.113.10/32"]
    again = VoiceOutTrunkRegenerateCredential()
    again.voice_out_trunk = made
    client.voice_out_trunk_regenerate_credentials().create(again)
    new = client.voice_out_trunks().find(made.id).data
    assert new.authentication_method.password != made.authentication_method.password


def test_it_registers_a_number(didww: DidwwSandbox) -> None:
    client, did = didww.official, _buy(didww, "Johannesburg")
    assert did.awaiting_registration and did.blocked
    country = client.countries().list(QueryParams().filter("iso", "ZA")).data[0]
    with_types = QueryParams().filter("country.id", country.id).include("personal_proof_types", "address_proof_types")
    needed = client.address_requirements().list(with_types.filter("did_group_type.id", _type(didww, "Local"))).data[0]
    assert needed.identity_type == IdentityType.ANY and needed.address_area_level == AreaLevel.AREA
    identity = Identity()
    identity.identity_type, identity.first_name, identity.last_name = IdentityType.PERSONAL, "Pat", "Doe"
    identity.phone_number, identity.birth_date, identity.id_number = "27115550155", "1980-02-03", "8002030000000"
    identity.country = country
    person = client.identities().create(identity).data
    address = Address()
    address.city_name, address.postal_code, address.address = "Johannesburg", "2000", "1 Example Street"
    address.identity, address.country = person, country
    address.area = client.areas().list(QueryParams().filter("name", "Johannesburg")).data[0]
    home = client.addresses().create(address, QueryParams().include("identity", "area", "country")).data
    assert (home.area.name, home.identity.id) == ("Johannesburg", person.id)
    dry_run = AddressRequirementValidation()
    dry_run.address_requirement, dry_run.identity, dry_run.address = needed, person, home
    with pytest.raises(DidwwApiError) as missing:
        client.address_requirement_validations().create(dry_run)
    assert len(missing.value.errors) == 2
    for kinds, entity in ((needed.personal_proof_types, person), (needed.address_proof_types, home)):
        _prove(didww, kinds[0], entity)
    client.address_requirement_validations().create(dry_run)
    wanted = AddressVerification()
    wanted.external_reference_id, wanted.address, wanted.dids = "fpx-v1", home, [did]
    handed_in = client.address_verifications().create(wanted).data
    assert handed_in.is_pending
    didww.control.call("POST", f"/verifications/{handed_in.id}/approve")
    decided = client.address_verifications().find(handed_in.id, QueryParams().include("dids", "address")).data
    assert decided.status == AddressVerificationStatus.APPROVED
    assert not decided.dids[0].awaiting_registration and not decided.dids[0].blocked
    known = client.identities().find(person.id, QueryParams().include("addresses", "proofs", "country")).data
    assert known.verified and len(known.addresses) == 1 and len(known.proofs) == 1


def _type(didww: DidwwSandbox, name: str) -> str:
    return str(didww.official.did_group_types().list(QueryParams().filter("name", name)).data[0].id)


def _prove(didww: DidwwSandbox, kind: Any, entity: Any) -> None:
    proof = Proof()
    proof.proof_type, proof.entity = kind, entity
    proof.files = [didww.official.encrypted_files().find(_upload(didww, PDF)).data]
    didww.official.proofs().create(proof)


def test_it_attaches_a_permanent_document(didww: DidwwSandbox) -> None:
    client = didww.official
    identity = Identity()
    identity.identity_type, identity.first_name, identity.last_name = IdentityType.BUSINESS, "Pat", "Doe"
    identity.phone_number, identity.company_name = "27115550155", "Example Ltd"
    identity.country = client.countries().list(QueryParams().filter("iso", "ZA")).data[0]
    document = PermanentSupportingDocument()
    document.identity = client.identities().create(identity).data
    templates = client.supporting_document_templates().list(QueryParams().filter("permanent", "true")).data
    document.template = next(template for template in templates if "South Africa" in template.name)
    document.files = [client.encrypted_files().find(_upload(didww, PDF)).data]
    made = client.permanent_supporting_documents().create(document, QueryParams().include("template")).data
    assert made.template.name == "South Africa End User Form"


def test_the_sandbox_reads_what_it_encrypts(didww: DidwwSandbox) -> None:
    identifier = _upload(didww, PDF)
    seen = didww.control.call("GET", f"/files/{identifier}")
    assert (seen["type"], seen["size"], seen["description"]) == ("pdf", len(PDF), "passport")
    file = didww.official.encrypted_files().find(identifier).data
    assert file.expires_at - didww.control.now() < datetime.timedelta(hours=24)


def test_it_fetches_calls(didww: DidwwSandbox, tmp_path: Path) -> None:
    now = didww.control.now()
    row = {"Date/Time Start (UTC)": now.strftime("%Y-%m-%d 00:00:00"), "Destination DID": "442079460101", "Total (USD)": "0.010"}
    didww.control.call("POST", "/calls", type="cdr_in", row=row)
    wanted = Export()
    wanted.export_type = "cdr_in"
    tomorrow = now + datetime.timedelta(days=1)
    wanted.filters = {"from": now.strftime("%Y-%m-%d 00:00:00"), "to": tomorrow.strftime("%Y-%m-%d 00:00:00")}
    made = didww.official.exports().create(wanted).data
    done = didww.official.exports().find(made.id).data
    didww.official.download_export(done.url, tmp_path / "calls.csv.gz")
    lines = gzip.decompress((tmp_path / "calls.csv.gz").read_bytes()).decode().splitlines()
    assert len(lines) == 2 and lines[1].endswith(",0.010,")
    assert len(lines[0].split(",")) == 22


def test_every_type_of_the_sandbox_was_looked_at(didww: DidwwSandbox) -> None:
    """The lists of all types can be read by the package's accessors, empty ones included."""
    client = didww.official
    listed = {kind for kind, described in KINDS.items() if "list" in described.verbs}
    for kind in sorted(listed):
        assert isinstance(getattr(client, kind)().list().data, list)
    only_elsewhere = {"stock_keeping_units", "qty_based_pricings", "balances"}
    acts = {"address_requirement_validations", "voice_out_trunk_regenerate_credentials"}
    assert set(KINDS) == listed | only_elsewhere | acts
