"""The whole way at the second provider's sandbox, over HTTP: its own reviewer, its signed callbacks, its strictness."""

from __future__ import annotations

import hashlib
import time

import pytest
from voipbox.core.config import config
from voipbox.core.errors import Refused
from voipbox.providers.didww import client, pacing
from voipbox_lab.providers import http_server
from voipbox_lab.providers.control import SandboxControl
from voipbox_lab.providers.didww.sandbox import Didww as Sandbox

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, COMPANY, PERSON, fresh, looked_and_reviewed

KEY, SECRET = "example-api-key", "example-callback-secret"
PERSON_ZA = {**PERSON, "id_number": "8002035555080"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The sandbox; its keys take a while to make."""
    with http_server.running(Sandbox(tmp_path_factory.mktemp("didww"), KEY, SECRET)) as found:
        yield found


@pytest.fixture
def control(url):
    """Its switchboard, in its first state."""
    found = SandboxControl(url)
    found.reset()
    return found


@pytest.fixture
def account(url, control, catalog, monkeypatch):
    """The catalog's second account, leading there."""
    from voipbox.providers.models import ProviderAccount

    monkeypatch.setattr(client, "pace_of", lambda account: pacing.Pace(10_000))
    row = ProviderAccount.objects.get(slug="baobab")
    row.driver, row.sandbox = "didww", True
    row.credentials, row.options = {"api_key": KEY, "callback_secret": SECRET}, {"base_url": f"{url}/v3", "vat_percent": "15"}
    row.save()
    return row


@pytest.fixture
def order(account, actors):
    """Place an order for a number of a city: order("Johannesburg")."""
    from voipbox.numbers import ordering, search
    from voipbox.orders import intake
    from voipbox.providers.records import LocationKind, Search

    from tests.controller.fixtures import order_data

    def order(city="Johannesburg"):
        country = next(one for one in search.places(account, LocationKind.COUNTRY) if one.code == "ZA")
        place = next(one for one in search.places(account, LocationKind.CITY, country.id) if one.name == city)
        offer = next(one for one in search.find(account, Search(country.id, city=place.id, limit=20)) if one.number)
        data = order_data(number=offer.number, trunk=None, items=[{"product": "south-africa-number"}, {"product": "office-10"}])
        return ordering.place(intake.parse(intake.OrderInput, data), actors["bob"], "api")

    return order


@pytest.fixture
def papers(give, bring, actors):
    """Give, review, hand in, bring and send: papers(order)."""
    from voipbox.regulatory import handing_in, sending

    def papers(one, **changes):
        give(one, identity={**PERSON_ZA, **changes}, address=ADDRESS)
        looked_and_reviewed(one.pk, actors["bob"])
        handing_in.submit_identity(one.pk, actors["bob"])
        bring(one)
        bring(one, "address", "Utility Bill", files.pdf())
        return sending.send_documents(one.pk, actors["bob"])

    return papers


@pytest.fixture
def buy(actors):
    """Place the order of the number and buy it: buy(order)."""
    from voipbox.numbers import advance
    from voipbox.numbers.models import Purchase
    from voipbox.regulatory import ordering

    def buy(one):
        ordering.place(one.pk, actors["bob"])
        advance.advance(one.pk)
        if fresh(one).step == "purchase":  # the provider works on it: look again at once
            Purchase.objects.filter(order=one).update(sent_at="2020-01-01T00:00:00Z", next_look_at="2020-01-01T00:00:00Z")
            advance.advance(one.pk)
        assert fresh(one).step == "registration"
        return fresh(one)

    return buy


def digest(content):
    return hashlib.sha256(content).hexdigest()


def verification_of(one):
    return fresh(one).registration.verification_id


def posted(control):
    """Registrations that were handed in, by the sandbox's journal."""
    return [call for call in control.call("GET", "/journal") if call["name"] == "POST /address_verifications"]


def test_from_papers_to_a_number_that_works(order, papers, buy, control, actors):
    from voipbox.regulatory import verification

    one = order()
    assert papers(one).status == "documents_uploaded"
    one = buy(one)
    verification.register(one.pk)
    assert fresh(one).status == "awaiting_registration"
    proof = fresh(one).registration.proofs[0]["id"]
    held = control.call("GET", f"/documents/{proof}")
    assert [(one["type"], one["sha256"]) for one in held] == [("pdf", digest(files.pdf()))]
    verification.register(one.pk)
    assert fresh(one).status == "awaiting_registration"
    control.call("POST", f"/verifications/{verification_of(one)}/approve")
    verification.register(one.pk)
    assert (fresh(one).status, fresh(one).step) == ("active", "trunk")
    assert len(control.call("GET", "/purchases")) == 1
    assert len(posted(control)) == 1


def test_a_rejection_and_a_second_verification(order, papers, buy, control, give, bring, actors):
    from voipbox.regulatory import handing_in, sending, verification

    one = order()
    papers(one)
    one = buy(one)
    verification.register(one.pk)
    control.call(
        "POST", f"/verifications/{verification_of(one)}/reject", reasons=["The proof of personal address is required"],
        comment="The bill is another person's",
    )  # fmt: skip
    verification.register(one.pk)
    one = fresh(one)
    assert one.status == "blocked"
    assert one.registration.faults[0] == {"field": "documents.address", "cause": "The proof of personal address is required"}
    assert "another person's" in one.reason
    give(one, address={**ADDRESS, "street": "2 Example Street"})
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    sending.send_documents(one.pk, actors["bob"])
    verification.submit_again(one.pk, actors["bob"])
    verification.register(one.pk)
    assert fresh(one).status == "awaiting_registration"
    assert len(posted(control)) == 2
    control.call("POST", f"/verifications/{verification_of(one)}/approve")
    verification.register(one.pk)
    assert fresh(one).status == "active"
    assert len(control.call("GET", "/purchases")) == 1


def test_a_business_with_its_form(order, buy, give, bring, control, actors):
    from voipbox.regulatory import handing_in, sending, verification

    one = order()
    give(one, identity=COMPANY, address=ADDRESS)
    looked_and_reviewed(one.pk, actors["bob"])
    handing_in.submit_identity(one.pk, actors["bob"])
    bring(one, "identity", "Business Registration Certificate")
    bring(one, "address", "Utility Bill", files.pdf())
    bring(one, "permanent", "", files.pdf(b"form"))
    sending.send_documents(one.pk, actors["bob"])
    one = buy(one)
    verification.register(one.pk)
    assert fresh(one).status == "awaiting_registration"


def test_the_sandbox_s_sentences_lead_to_fields(order, give, bring, control, actors):
    from voipbox.regulatory import handing_in
    from voipbox.regulatory.models import Registration

    one = order()
    with pytest.raises(Refused) as refusal:
        give(one, identity=PERSON, address=ADDRESS)
    assert [fault.field for fault in refusal.value.faults] == ["identity.id_number"]
    give(one, identity=PERSON_ZA, address=ADDRESS)
    requirement = Registration.objects.get(order=one).requirements["id"]
    control.call("POST", f"/requirements/{requirement}", personal_mandatory_fields=["birth_date", "vat_id", "birth_country"])
    looked_and_reviewed(one.pk, actors["bob"])
    with pytest.raises(Refused) as refusal:  # the rules changed since they were kept
        handing_in.submit_identity(one.pk, actors["bob"])
    assert {fault.field for fault in refusal.value.faults} == {"identity.vat_id", "identity.birth_country"}
    assert fresh(one).status == "pending_review"


@pytest.mark.parametrize("fault", ["commit_then_drop", "commit_then_garble", "commit_then_html", "html"])
def test_an_answer_that_never_came_is_read_back(order, papers, buy, control, fault):
    from voipbox.regulatory import verification
    from voipbox.regulatory.models import Registration

    one = order()
    papers(one)
    one = buy(one)
    control.call("POST", "/faults", kind=fault, match="POST /address_verifications", status=502)
    verification.register(one.pk)
    for _ in range(3):
        Registration.objects.filter(order=one).update(submitted_at="2020-01-01T00:00:00Z")
        verification.register(one.pk)
    assert len(posted(control)) == 1
    assert (fresh(one).status, fresh(one).registration.state) == (
        ("order_placed", "needs_person") if fault == "html" else ("awaiting_registration", "pending")
    )


@pytest.mark.django_db(transaction=True)
def test_its_signed_callback_makes_the_program_look(order, papers, buy, control, live_server, monkeypatch):
    from procrastinate.contrib.django.models import ProcrastinateJob
    from voipbox.regulatory import verification

    monkeypatch.setattr(config(), "base_url", live_server.url)
    one = order()
    papers(one)
    one = buy(one)
    verification.register(one.pk)
    with_jobs = ProcrastinateJob.objects.filter(task_name="voipbox.register", status="todo")
    before = with_jobs.count()
    control.call("POST", "/callbacks/plan", type="address_verifications", copies=3)
    control.call("POST", f"/verifications/{verification_of(one)}/approve")
    deadline = time.monotonic() + 20
    told = []
    while time.monotonic() < deadline and not (len(told) == 3 and all(one["attempts"] for one in told)):
        time.sleep(0.1)
        told = [one for one in control.call("GET", "/callbacks") if one["url"].endswith("/baobab/address_verifications/")]
    assert len(told) == 3
    assert {attempt["outcome"] for one in told for attempt in one["attempts"]} == {200}
    assert with_jobs.count() <= max(before, 1)
    verification.register(one.pk)
    assert fresh(one).status == "active"
