"""A regulated order through every phase, and what must not happen on the way."""

from __future__ import annotations

import pytest
from voipbox.core.errors import MoveRefused, NotAllowed, NotThere, Refused
from voipbox.orders.models import AuditEvent
from voipbox.providers.errors import BadRequest, NothingSent
from voipbox.regulatory import handing_in, ordering, registrations, sending, verification

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, COMPANY, PERSON, fresh, looked_and_reviewed


def fields(refusal):
    return {fault.field for fault in refusal.value.faults}


def test_the_whole_way(order, walk, world):
    one = order()
    assert one.status == "pending_review"
    one = walk(one, "awaiting")
    assert (one.status, one.step, one.registration.state) == ("awaiting_registration", "registration", "pending")
    world.approve()
    verification.register(one.pk)
    one = fresh(one)
    assert (one.status, one.step) == ("active", "trunk")
    assert one.registration.state == "approved"
    assert one.registration.decided_at is not None
    assert one.registration.next_poll_at is None
    assert (len(world.purchases), len(world.verifications), len(world.identities), len(world.addresses)) == (1, 1, 1, 1)
    statuses = [event.after["status"] for event in one.audit.all() if "status" in event.after]
    assert statuses == [
        "pending_review", "identity_address_confirmed", "documents_uploaded", "order_placed", "awaiting_registration", "active",
    ]  # fmt: skip
    address = next(iter(world.addresses.values()))["given"]
    assert (address.area, address.city) == ("a-jnb", "Johannesburg")
    assert next(iter(world.verifications.values()))["url"].endswith("/hooks/baobab/address_verifications/")


def test_a_business_brings_its_own_fields_and_form(order, give, bring, walk, world, actors):
    one = order()
    with pytest.raises(Refused) as refusal:
        give(one, identity={**COMPANY, "vat_id": None, "company": None}, address=ADDRESS)
    assert fields(refusal) == {"identity.vat_id", "identity.company"}
    give(one, identity=COMPANY, address={**ADDRESS, "city": "Anywhere"})  # country is near enough for a business
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    bring(one, "identity", "Business Registration Certificate")
    bring(one, "address", "Utility Bill", files.pdf())
    with pytest.raises(Refused) as refusal:
        sending.send_documents(one.pk, actors["bob"])
    assert fields(refusal) == {"documents.permanent"}
    assert world.called("upload") == 0
    bring(one, "permanent", "", files.pdf(b"form"))
    assert sending.send_documents(one.pk, actors["bob"]).status == "documents_uploaded"
    assert len(world.permanent) == 1
    assert fresh(one).registration.permanent_id in world.permanent


@pytest.mark.parametrize(
    ("identity", "address", "missing"),
    [
        ({**PERSON, "birth_date": None}, ADDRESS, {"identity.birth_date"}),
        ({**PERSON, "kind": "business"}, ADDRESS, {"identity.company", "identity.company_reg_number", "identity.vat_id"}),
    ],
)
def test_what_is_missing_is_refused_by_the_names_of_its_fields(order, give, world, identity, address, missing):
    one = order()
    with pytest.raises(Refused) as refusal:
        give(one, identity=identity, address=address)
    assert fields(refusal) == missing
    assert fresh(one).registration.who == {}
    assert world.called("ensure_identity") == 0


@pytest.mark.parametrize(
    ("part", "change", "field"),
    [
        ("identity", {"birth_date": "2999-01-01"}, "identity.birth_date"),
        ("identity", {"phone": "nonsense"}, "identity.phone"),
        ("identity", {"first_name": "a\u202eb"}, "identity.first_name"),
        ("identity", {"kind": "robot"}, "identity.kind"),
        ("identity", {"shoe_size": "44"}, "identity.shoe_size"),
        ("identity", {"id_number": "<script>"}, "identity.id_number"),
        ("address", {"country": "South Africa"}, "address.country"),
        ("address", {"postal_code": "';--"}, "address.postal_code"),
        ("address", {"street": " "}, "address.street"),
    ],
)
def test_what_is_no_value_is_refused_before_anything_is_written(order, give, part, change, field):
    one = order()
    whole = {"identity": PERSON, "address": ADDRESS}
    with pytest.raises(Refused) as refusal:
        give(one, **{**whole, part: {**whole[part], **change}})
    assert fields(refusal) == {field}
    assert not AuditEvent.objects.filter(action="regulatory_store").exists()


def test_a_kind_of_client_that_the_number_is_not_for(order, give, world):
    import dataclasses

    world.requirements = dataclasses.replace(world.requirements, identity_type="business")
    with pytest.raises(Refused) as refusal:
        give(order())
    assert "identity.kind" in fields(refusal)


def test_nothing_is_submitted_while_data_is_incomplete_or_not_reviewed(order, give, world, actors):
    one = order()
    for act in (registrations.review, handing_in.submit_identity):
        with pytest.raises(Refused) as refusal:
            act(one.pk, actors["bob"])
        assert {"identity", "address"} <= fields(refusal)
    give(one, identity=PERSON)
    with pytest.raises(Refused) as refusal:
        looked_and_reviewed(one.pk, actors["bob"])
    assert fields(refusal) == {"address"}
    give(one, address=ADDRESS)
    with pytest.raises(MoveRefused, match="Nobody has reviewed"):
        handing_in.submit_identity(one.pk, actors["bob"])
    looked_and_reviewed(one.pk, actors["bob"])
    give(one, address={**ADDRESS, "street": "2 Example Street"})
    with pytest.raises(MoveRefused, match="Nobody has reviewed"):
        handing_in.submit_identity(one.pk, actors["bob"])
    assert not world.identities
    assert fresh(one).status == "pending_review"


@pytest.mark.parametrize(
    ("city", "area", "field"),
    [("Johannesberg", None, "address.city"), ("Sandton", None, "address.city"), ("Sandton", "Joburg", "address.area")],
)
def test_a_city_that_is_none_of_the_provider_s_areas(order, give, actors, world, city, area, field):
    one = order()
    give(one, identity=PERSON, address={**ADDRESS, "city": city, **({"area": area} if area else {})})
    with pytest.raises(Refused) as refusal:
        looked_and_reviewed(one.pk, actors["bob"])
    assert fields(refusal) == {field}
    assert "Johannesburg" in str(refusal.value)
    give(one, address={**ADDRESS, "city": city, "area": "JOHANNES-burg"})
    assert looked_and_reviewed(one.pk, actors["bob"]).place_id == "a-jnb"


def test_another_area_than_the_number_s_own_is_seen_before_anything_is_bought(order, give, actors):
    one = order()
    give(one, identity=PERSON, address={**ADDRESS, "city": "Cape Town"})
    with pytest.raises(Refused, match="for addresses in Johannesburg") as refusal:
        looked_and_reviewed(one.pk, actors["bob"])
    assert fields(refusal) == {"address.city"}
    give(one, address={**ADDRESS, "city": "Midrand", "area": "Johannesburg"})
    assert looked_and_reviewed(one.pk, actors["bob"]).place_id == "a-jnb"


def test_an_address_abroad(order, give, actors):
    one = order()
    give(one, identity=PERSON, address={**ADDRESS, "country": "DE", "city": "Berlin"})
    with pytest.raises(Refused) as refusal:
        looked_and_reviewed(one.pk, actors["bob"])
    assert fields(refusal) == {"address.country"}


def test_handing_in_twice_makes_one_identity_also_after_a_crash(order, walk, world, actors):
    one = order()
    walk(one, "given")
    looked_and_reviewed(one.pk, actors["bob"])
    world.script("ensure_address", NothingSent("The provider was not reached."))
    with pytest.raises(NothingSent):
        handing_in.submit_identity(one.pk, actors["bob"])
    assert fresh(one).status == "pending_review"
    world.script("ensure_address", RuntimeError("killed"), after=True)
    with pytest.raises(RuntimeError):
        handing_in.submit_identity(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])  # again, by a double click: the order is past the move
    assert (len(world.identities), len(world.addresses)) == (1, 1)
    assert fresh(one).status == "identity_address_confirmed"


def test_another_kind_of_client_after_a_crash_gets_references_of_its_own(order, walk, give, world, actors):
    one = order()
    walk(one, "given")
    looked_and_reviewed(one.pk, actors["bob"])
    for method in ("ensure_identity", "ensure_address"):
        world.script(method, RuntimeError("killed"), after=True)
        with pytest.raises(RuntimeError):
            handing_in.submit_identity(one.pk, actors["bob"])
    give(one, identity=COMPANY)
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    assert [made["kind"] for made in world.identities.values()] == ["personal", "business"]
    assert len(world.addresses) == 2


def test_the_provider_names_a_field_that_it_refuses(order, walk, world, actors):
    from voipbox.core.errors import Fault

    one = order()
    walk(one, "given")
    looked_and_reviewed(one.pk, actors["bob"])
    world.script("ensure_identity", BadRequest("x", faults=[Fault("phone_number", "is invalid")]))
    with pytest.raises(Refused) as refusal:
        handing_in.submit_identity(one.pk, actors["bob"])
    assert fields(refusal) == {"identity.phone"}
    assert fresh(one).registration.faults == [{"field": "identity.phone", "cause": "is invalid"}]


def test_a_dry_run_s_sentences_lead_to_their_fields_and_a_correction_gets_a_new_reference(order, give, walk, world, actors):
    one = order()
    walk(one, "given")
    looked_and_reviewed(one.pk, actors["bob"])
    world.extra_sentences = ("Identity Place of Birth must be South Africa",)
    with pytest.raises(Refused) as refusal:
        handing_in.submit_identity(one.pk, actors["bob"])
    assert fields(refusal) == {"identity.birth_country"}
    assert fresh(one).status == "pending_review"
    world.extra_sentences = ()
    give(one, identity={**PERSON, "birth_country": "ZA"})
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    assert len(world.identities) == 2
    assert len({name.rsplit("-", 1)[0] for name in world.identities}) == 1
    assert fresh(one).registration.faults == []


def test_documents_are_sent_once_and_an_interrupted_sending_goes_on(order, walk, bring, world, actors):
    one = order()
    walk(one, "identity")
    bring(one, "identity", "passport")
    bring(one, "address", "Utility Bill", files.pdf())
    world.script("upload", NothingSent("The provider was not reached."), after=False)
    with pytest.raises(NothingSent):
        sending.send_documents(one.pk, actors["bob"])
    world.script("ensure_proof", NothingSent("The provider was not reached."))
    with pytest.raises(NothingSent):
        sending.send_documents(one.pk, actors["bob"])
    sending.send_documents(one.pk, actors["bob"])
    assert sorted((proof["entity"], proof["type"]) for proof in world.proofs.values()) == [
        ("address", "pt-bill"), ("identity", "pt-passport"),
    ]  # fmt: skip
    count = world.called("upload")
    sending.send_documents(one.pk, actors["bob"])
    assert world.called("upload") == count
    assert all("Nkosi" not in held["description"] for held in world.files.values())


def test_nothing_is_bought_for_a_registration_that_would_be_refused(order, walk, world, actors):
    one = order()
    walk(one, "documents")
    world.extra_sentences = ("Identity First Name is not valid",)
    with pytest.raises(Refused) as refusal:
        ordering.place(one.pk, actors["bob"])
    assert fields(refusal) == {"identity.first_name"}
    assert fresh(one).status == "documents_uploaded"
    assert not world.purchases


def test_documents_in_the_portal(order, walk, world, actors):
    one = order()
    walk(one, "identity")
    assert sending.mark_uploaded(one.pk, actors["bob"], "by hand").status == "documents_uploaded"
    with pytest.raises(Refused) as refusal:  # the provider does not have them: nothing is bought
        ordering.place(one.pk, actors["bob"])
    assert fields(refusal) == {"documents.identity", "documents.address"}
    registration = fresh(one).registration
    for entity, owner in (("identity", registration.identity_id), ("address", registration.address_id)):
        world.proofs[entity] = {"entity": entity, "entity_id": owner, "type": "", "files": []}
    assert ordering.place(one.pk, actors["bob"]).status == "order_placed"


def test_who_may_do_what(order, give, bring, walk, actors, people):
    one = order("alice")
    give(one, "alice")
    document = bring(one, "identity", "Passport", actor="alice")
    with pytest.raises(NotThere):
        give(one, "charlie")
    with pytest.raises(NotThere):
        bring(one, actor="charlie")
    with pytest.raises(NotAllowed):
        give(one, "eve")
    from voipbox.regulatory import documents

    for act in (
        lambda: looked_and_reviewed(one.pk, actors["alice"]),
        lambda: handing_in.submit_identity(one.pk, actors["eve"]),
        lambda: sending.send_documents(one.pk, actors["alice"]),
        lambda: ordering.place(one.pk, actors["alice"]),
        lambda: verification.submit_again(one.pk, actors["alice"]),
        lambda: documents.shown(document.pk, actors["eve"]),
        lambda: registrations.show_data(one.pk, actors["eve"]),
    ):
        with pytest.raises(NotAllowed):
            act()
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    with pytest.raises(MoveRefused):
        give(one, "alice", identity={**PERSON, "last_name": "Other"})
    assert bring(one, "address", "Utility Bill", files.pdf(), actor="alice").pk
    assert registrations.show_data(one.pk, actors["alice"]).identity["last_name"] == "Nkosi"


def test_a_correction_after_the_hand_in_is_handed_in_again_before_anything_is_bought(order, give, walk, world, actors):
    one = order()
    walk(one, "documents")
    give(one, identity={**PERSON, "last_name": "Corrected"})
    with pytest.raises(MoveRefused, match="were not handed in as they stand now"):
        ordering.place(one.pk, actors["bob"])
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    with pytest.raises(Refused):  # the documents belonged to the former identity
        ordering.place(one.pk, actors["bob"])
    sending.send_documents(one.pk, actors["bob"])
    assert ordering.place(one.pk, actors["bob"]).status == "order_placed"
    assert [one["given"].last_name for one in world.identities.values()] == ["Nkosi", "Corrected"]


def test_a_practice_order_has_no_registration_at_a_provider(regulated, give, bring, actors):
    from voipbox.orders import actions

    one = regulated()
    give(one)
    bring(one, "identity", "anything")
    with pytest.raises(MoveRefused, match="made by people"):
        looked_and_reviewed(one.pk, actors["bob"])
    for action in ("confirm_identity", "upload_documents"):
        actions.perform(one.pk, action, actors["bob"])
    assert ordering.place(one.pk, actors["bob"]).status == "order_placed"
    verification.register(one.pk)
    actions.perform(one.pk, "await_registration", actors["bob"])
    assert actions.perform(one.pk, "activate", actors["bob"]).status == "active"


def test_an_order_from_before_its_account_led_to_a_provider(regulated, world, give, actors):
    from voipbox.numbers.models import Choice
    from voipbox.providers.models import ProviderAccount
    from voipbox.regulatory import overview

    ProviderAccount.objects.filter(slug="baobab").update(driver="practice")
    one = regulated()
    ProviderAccount.objects.filter(slug="baobab").update(driver="fake")
    assert not Choice.objects.exists()
    give(one)
    assert overview.of(one.pk, actors["bob"]).requirements is None
    for act in (registrations.review, handing_in.submit_identity, ordering.look):
        with pytest.raises(MoveRefused):
            act(one.pk, actors["bob"])


def test_without_a_requirement_people_look_into_the_portal(order, world, give, actors):
    world.requirements = None
    one = order()
    give(one)
    with pytest.raises(MoveRefused, match="asks for no registration"):
        looked_and_reviewed(one.pk, actors["bob"])
