"""Registrations over the API: the whole way of a client and an operator, and how files come and go."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from voipbox.api import accounts, scopes
from voipbox.core import clock
from voipbox.core.people import operator_of_this_machine
from voipbox.numbers import advance
from voipbox.orders.models import AuditEvent
from voipbox.regulatory import file_checks, verification
from voipbox.regulatory.models import Document

from tests.regulatory import files
from tests.regulatory.conftest import ADDRESS, PERSON, fresh


class Caller:
    """Somebody with a token."""

    def __init__(self, token):
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})

    def __call__(self, method, path, body=None):
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self.client, method)("/api/v1" + path, **content)
        return answer.status_code, json.loads(answer.content)

    def upload(self, path, content, name="scan.png", **form):
        """Send a file as a browser would; the name goes out as it is."""
        border = b"----border"
        body = b"".join(
            b"--" + border + f'\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in form.items()
        )
        body += b"--" + border + f'\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
        body += b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--" + border + b"--\r\n"
        answer = self.client.post("/api/v1" + path, body, content_type=f"multipart/form-data; boundary={border.decode()}")
        return answer.status_code, json.loads(answer.content)


@pytest.fixture
def caller(people):
    """A caller with everything that a person may have."""

    def caller(name):
        granted = sorted(scopes.allowed(people[name].role))
        return Caller(accounts.add_token(name, granted, people[name].email, None, operator_of_this_machine())[1])

    return caller


def test_a_client_brings_and_an_operator_registers(order, world, caller):
    one = order("alice")
    alice, bob = caller("alice"), caller("bob")
    base = f"/orders/{one.pk}"
    status, needs = alice("get", f"{base}/registration/requirements")
    assert (status, needs["personal"]["fields"], needs["personal"]["area"]) == (200, ["birth_date"], "area")
    status, body = alice("put", f"{base}/registration/data", {"identity": {**PERSON, "birth_date": None}, "address": ADDRESS})
    assert (status, body["faults"]) == (422, [{"field": "identity.birth_date", "cause": "is required for this number"}])
    status, body = alice("put", f"{base}/registration/data", {"identity": PERSON, "address": ADDRESS})
    assert status == 200
    assert "identity.birth_date" in body["given"]
    assert "Nkosi" not in json.dumps(body)
    assert alice.upload(f"{base}/documents", files.png(), entity="identity", proof_type="passport")[0] == 201
    status, bill = alice.upload(f"{base}/documents", files.pdf(), "bill.pdf", entity="address", proof_type="Utility Bill")
    assert (status, bill["media_type"], bill["issued_on"]) == (201, "application/pdf", None)

    assert bob("get", f"{base}/registration/data")[1]["identity"]["last_name"] == "Nkosi"
    status, body = bob("post", f"{base}/registration/review")
    assert (status, "Look first at document" in body["detail"]) == (409, True)
    for document in alice("get", f"{base}/registration")[1]["documents"]:
        assert bob.client.get(f"/api/v1{base}/documents/{document['id']}").status_code == 200
    assert bob("post", f"{base}/registration/review")[0] == 200
    assert bob("post", f"{base}/registration/submit")[1]["status"] == "identity_address_confirmed"
    status, body = bob("post", f"{base}/registration/send-documents")
    assert (status, body["faults"][0]["field"]) == (422, f"documents[{bill['id']}].issued_on")
    day = clock.now().date().isoformat()
    assert bob("put", f"{base}/documents/{bill['id']}/date", {"issued_on": day})[1]["issued_on"] == day
    assert bob("post", f"{base}/registration/send-documents")[1]["status"] == "documents_uploaded"
    status, number = bob("get", f"{base}/number?alternatives=true")
    assert (number["available"], number["setup"], number["monthly"], number["vat"], number["total"]) == (
        True, "1.00", "2.00", "0.45", "3.45",
    )  # fmt: skip
    assert [one["kind"] for one in number["capacities"]] == ["per_minute", "unlimited"]
    other = number["alternatives"][0]
    assert bob("put", f"{base}/number", {"number": other, "capacity": "sku-2"})[1]["total"] == "10.35"
    assert bob("post", f"{base}/number/place", {})[1]["status"] == "order_placed"
    advance.advance(one.pk)
    assert bob("post", f"{base}/registration/look")[1]["status"] == "awaiting_registration"
    world.approve()
    assert bob("post", f"{base}/registration/look")[1]["status"] == "active"
    assert fresh(one).number == other == world.purchases[0].numbers[0]
    assert len(world.purchases) == 1


@pytest.mark.parametrize(
    ("content", "name", "field", "cause"),
    [
        (b"", "scan.png", "file", "is empty"),
        (b"hello", "scan.png", "file", "first bytes"),
        (files.png() + files.archive(), "scan.png", "file", "archive"),
        (files.png() + b"\0" * file_checks.LARGEST, "scan.png", "file", "larger than 10 MB"),
        (files.png(), "../scan.png", "file.name", "holds a path"),
        (files.png(), "/tmp/scan.png", "file.name", "holds a path"),
        (files.png(), "..\\\\scan.png", "file.name", "holds a path"),
    ],
)
def test_files_that_are_refused_by_name(order, give, caller, content, name, field, cause):
    one = order("alice")
    give(one)
    status, body = caller("alice").upload(f"/orders/{one.pk}/documents", content, name, entity="identity", proof_type="Passport")
    assert status == 422
    assert [fault["field"] for fault in body["faults"]] == [field]
    assert cause in body["faults"][0]["cause"]
    assert not Document.objects.exists()


def test_forms_that_are_none(order, give, caller):
    one = order("alice")
    give(one)
    alice, path = caller("alice"), f"/orders/{one.pk}/documents"
    assert alice("post", path, {"file": "x"})[0] == 422
    assert alice.client.post("/api/v1" + path, {"entity": "identity"}).status_code == 422
    assert alice.upload(path, files.png())[1]["faults"][0]["field"] == "entity"
    assert alice.upload(path, files.png(), entity="identity", proof_type="Passport", issued_on="x")[0] == 422


def test_a_document_goes_out_as_a_download_to_acting_staff_and_the_audit_tells_it(order, give, caller):
    one = order("alice")
    give(one)
    alice, bob, eve, charlie = caller("alice"), caller("bob"), caller("eve"), caller("charlie")
    document = alice.upload(f"/orders/{one.pk}/documents", files.png(), entity="identity", proof_type="Passport")[1]["id"]
    path = f"/api/v1/orders/{one.pk}/documents/{document}"
    for nobody in (eve, charlie):
        assert nobody.client.get(path).status_code in (403, 404)
    assert not AuditEvent.objects.filter(action="document_shown").exists()
    answer = bob.client.get(path)
    assert answer.content == files.png()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="order-{one.pk}-document-{document}.png"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(action="document_shown").actor == "bob@people.example"
    assert alice.client.get(path).content == files.png()
    assert AuditEvent.objects.filter(action="document_shown").last().actor == "alice@people.example"
    other = order("alice", company="Other")
    assert bob.client.get(f"/api/v1/orders/{other.pk}/documents/{document}").status_code == 404


def test_a_plain_order_has_no_registration(place, caller):
    one = place()
    status, body = caller("bob")("get", f"/orders/{one.pk}/registration")
    assert (status, "needs no registration" in body["detail"]) == (409, True)


def test_the_provider_out_of_reach_is_a_503_and_changes_nothing(order, give, caller, world):
    from voipbox.providers.errors import NothingSent

    one = order()
    give(one)
    bob = caller("bob")
    bob("get", f"/orders/{one.pk}/registration/data")
    bob("post", f"/orders/{one.pk}/registration/review")
    world.script("ensure_identity", NothingSent("The provider was not reached."))
    status, body = bob("post", f"/orders/{one.pk}/registration/submit")
    assert (status, "not reached" in body["detail"]) == (503, True)
    assert fresh(one).status == "pending_review"
    verification.register(one.pk)


HOSTILE = [
    "a\x00b", "\ud800", "\u202e", "x" * 5000, "{{ 7*7 }}", "'; DROP TABLE orders_order; --", "<script>", "../../etc/passwd", "",
]  # fmt: skip


def test_hostile_values_break_nothing(order, give, walk, world, caller):
    one = order("alice")
    bob, base = caller("bob"), f"/orders/{one.pk}"
    document = bob.upload(f"{base}/documents", files.png(), entity="identity", proof_type="Passport")[1]["id"]
    calls = []
    for value in HOSTILE:
        for part, whole in (("identity", PERSON), ("address", ADDRESS)):
            calls += [("put", f"{base}/registration/data", {part: {**whole, name: value}}) for name in whole]
        calls += [
            ("put", f"{base}/registration/data", {"service": value}),
            ("put", f"{base}/registration/data", {value: value}),
            ("put", f"{base}/documents/{document}/date", {"issued_on": value}),
            ("post", f"{base}/registration/in-portal", {"reason": value}),
            ("post", f"{base}/number/place", {"reason": value}),
            ("put", f"{base}/number", {"number": value, "capacity": value, "reason": value}),
            ("put", f"{base}/number", {"capacity": "sku-2", "reason": value}),
        ]
    for call in calls:
        status, body = bob(*call)
        assert status in (200, 409, 422), (call, body)
    for value in HOSTILE[2:]:
        for form in ({"entity": value}, {"entity": "identity", "proof_type": value}, {"entity": "address", "issued_on": value}):
            status, body = bob.upload(f"{base}/documents", files.png(), **form)
            assert status in (201, 422), (form, body)
        status, body = bob.upload(f"{base}/documents", files.png(), value, entity="identity", proof_type="Passport")
        assert status in (201, 422), (value, body)
