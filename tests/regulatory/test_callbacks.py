"""Callbacks: a good signature makes the program look, anything else changes nothing."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from voipbox.core.config import config
from voipbox.numbers.models import Purchase
from voipbox.orders.models import AuditEvent
from voipbox.providers.models import ProviderAccount
from voipbox.regulatory import verification
from voipbox.regulatory.models import Registration

from tests.regulatory.conftest import fresh
from tests.regulatory.fake_provider import sign

PATH = "/hooks/baobab/address_verifications/"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def awaiting(order, walk, world):
    """An order that awaits its registration, with no job waiting."""
    one = order()
    walk(one, "awaiting")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return one


def payload(one, status="approved", **more):
    return {"id": fresh(one).registration.verification_id, "type": "address_verifications", "status": status, **more}


def post(path, content, signature=None, **headers):
    signature = sign(config().base_url + path, content) if signature is None else signature
    return Client(enforce_csrf_checks=True).post(
        path, urlencode(content), content_type=FORM, headers={"X-DIDWW-Signature": signature, **headers}
    )


def jobs(name="voipbox.register"):
    return list(ProcrastinateJob.objects.filter(task_name=name).values_list("args__order_id", flat=True))


def everything():
    rows = list(Registration.objects.values()), list(Purchase.objects.values())
    return rows, AuditEvent.objects.count(), ProcrastinateJob.objects.count()


def test_a_right_one_makes_the_program_look_and_twice_has_one_effect(awaiting, world):
    world.approve()
    content = payload(awaiting)
    for _ in range(3):
        assert post(PATH, content).status_code == 200
    assert jobs() == [awaiting.pk]
    verification.register(awaiting.pk)
    assert fresh(awaiting).status == "active"
    events = AuditEvent.objects.count()
    assert post(PATH, content).status_code == 200  # late, once more
    verification.register(awaiting.pk)
    assert AuditEvent.objects.count() == events


def test_what_a_callback_says_is_not_believed(awaiting, world):
    assert post(PATH, payload(awaiting, "approved")).status_code == 200
    verification.register(awaiting.pk)
    assert fresh(awaiting).status == "awaiting_registration"
    assert post(PATH, payload(awaiting, "rejected", reject_reason="<script>")).status_code == 200
    verification.register(awaiting.pk)
    assert fresh(awaiting).registration.faults == []


def test_callbacks_in_the_wrong_order(awaiting, world):
    world.approve()
    verification.register(awaiting.pk)
    assert post(PATH, payload(awaiting, "pending")).status_code == 200
    verification.register(awaiting.pk)
    assert fresh(awaiting).status == "active"


def test_get_with_the_payload_in_the_signed_query(awaiting):
    content = payload(awaiting)
    path = f"{PATH}?{urlencode(content)}"
    signature = sign(config().base_url + path, content)
    assert Client().get(path, headers={"X-DIDWW-Signature": signature}).status_code == 200
    assert jobs() == [awaiting.pk]


@pytest.mark.parametrize("case", ["none", "wrong", "other url", "other host", "other secret", "other content", "more fields"])
def test_a_wrong_signature_changes_nothing(awaiting, case):
    content, url = payload(awaiting), config().base_url + PATH
    signature = {
        "none": "", "wrong": "0" * 40, "other url": sign(url + "x", content),
        "other host": sign("https://evil.example" + PATH, content), "other secret": sign(url, content, "guess"),
        "other content": sign(url, {**content, "status": "rejected"}), "more fields": sign(url, content),
    }[case]  # fmt: skip
    before = everything()
    sent = {**content, "extra": "1"} if case == "more fields" else content
    assert post(PATH, sent, signature).status_code == 403
    assert everything() == before


def test_the_public_address_counts_and_not_what_a_proxy_or_caller_says(awaiting):
    content = payload(awaiting)
    evil = sign("http://127.0.0.1:1" + PATH, content)
    assert post(PATH, content, evil, **{"X-Forwarded-Host": "127.0.0.1:1", "X-Forwarded-Proto": "http"}).status_code == 403
    assert post(PATH, content, **{"X-Forwarded-Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/hooks/nobody/address_verifications/", "/hooks/maple/address_verifications/", "/hooks/baobab/exports/",
     "/hooks/baobab/../address_verifications/"],
)  # fmt: skip
def test_an_address_that_no_account_has(awaiting, path):
    before = everything()
    assert post(path, payload(awaiting)).status_code == 404
    assert everything() == before


def test_another_account_s_registration_is_not_touched(awaiting, world):
    other = ProviderAccount.objects.get(slug="baobab")
    other.pk, other.slug, other.name = None, "acacia", "Acacia"
    other.save()
    before = everything()
    assert post("/hooks/acacia/address_verifications/", payload(awaiting)).status_code == 200  # its own signature is right
    assert everything() == before


def test_of_another_kind_or_without_an_id(awaiting):
    before = everything()
    assert post(PATH, {**payload(awaiting), "type": "orders"}).status_code == 403
    assert post(PATH, {"status": "approved"}).status_code == 403
    assert post(PATH, {"id": "x" * 65}).status_code == 403
    assert everything() == before


def test_an_unknown_id_changes_nothing(awaiting):
    before = everything()
    assert post(PATH, {"id": "somebody-else-s", "type": "address_verifications"}).status_code == 200
    assert everything() == before


def test_sizes_and_forms(awaiting):
    before = everything()
    client = Client()
    assert client.post(PATH, urlencode({"id": "x" * 17000}), content_type=FORM).status_code == 413
    assert client.get(f"{PATH}?id={'x' * 17000}").status_code == 413
    assert client.post(PATH, {"file": "multipart"}).status_code == 415
    assert client.post(PATH, "[]", content_type="application/json").status_code == 415
    assert client.put(PATH).status_code == 405
    many = {f"field{number}": "1" for number in range(41)}
    assert post(PATH, many).status_code == 403
    twice = "id=1&id=2"
    assert client.post(PATH, twice, content_type=FORM, headers={"X-DIDWW-Signature": "x"}).status_code == 403
    assert everything() == before


def test_a_doubtful_registration_is_looked_for_when_its_callback_comes(order, walk, world):
    from voipbox.providers.errors import OutcomeUnknown

    one = order()
    walk(one, "bought")
    world.script("submit_registration", OutcomeUnknown("No answer came."), after=True)
    verification.register(one.pk)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    made = next(iter(world.verifications))
    assert post(PATH, {"id": made, "type": "address_verifications", "status": "pending"}).status_code == 200
    assert jobs() == [one.pk]
    verification.register(one.pk)
    assert fresh(one).registration.verification_id == made


def test_orders_ask_for_their_purchase(order, walk, world):
    one = order()
    walk(one, "placed")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    Purchase.objects.filter(order=one).delete()
    from voipbox.numbers import ledger

    purchase = ledger.plan(one.pk)
    Purchase.objects.filter(pk=purchase.pk).update(state="sent", ids={"order": "order-77"})
    path = "/hooks/baobab/orders/"
    assert post(path, {"id": "order-78", "type": "orders", "status": "completed"}).status_code == 200
    assert jobs("voipbox.advance") == []
    for _ in range(2):
        assert post(path, {"id": "order-77", "type": "orders", "status": "completed"}).status_code == 200
    assert jobs("voipbox.advance") == [one.pk]
