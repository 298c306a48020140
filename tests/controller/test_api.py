"""The API from outside: who may call what, refusals, and that a repeated request has one effect."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from voipbox.api import accounts, scopes
from voipbox.api.application import schema
from voipbox.core import clock
from voipbox.core.errors import NotAllowed, Refused
from voipbox.core.models import ApiToken, User
from voipbox.core.people import Role, operator_of_this_machine
from voipbox.orders import moves, webhooks
from voipbox.orders.models import AuditEvent, Mail, Order
from voipbox.orders.statuses import statuses_of
from voipbox.provisioning.models import Run

from tests.controller.at_once import at_once
from tests.controller.fixtures import order_data

BASE = "/api/v1"
ADMIN = operator_of_this_machine()


class Caller:
    """Someone with a token; call("get", "/orders") returns status and body."""

    def __init__(self, token=None, **headers):
        self.client = Client(
            raise_request_exception=False, headers={**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        )

    def __call__(self, method, path, body=None, **headers):
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self.client, method)(BASE + path, headers=headers, **content)
        text = answer.content.decode()
        return answer.status_code, json.loads(text) if answer["Content-Type"].startswith("application/json") else text


@pytest.fixture
def caller(people):
    """A caller by the person's name and the scopes of the token (all that the person may have, unless named)."""

    def caller(name=None, wanted=None):
        role = people[name].role if name else "administrator"
        granted = wanted if wanted is not None else sorted(scopes.allowed(role))
        token = accounts.add_token(f"{name}", list(granted), people[name].email if name else None, None, ADMIN)[1]
        return Caller(token)

    return caller


@pytest.fixture
def world(place, people, actors):
    """An order of alice's with a mail and a run, and a webhook: every id of the API is 1 of its kind."""
    order = place("alice")
    run = Run.objects.create(server=order.server, state=Run.State.SUCCEEDED, started_at=clock.now())
    endpoint, _ = webhooks.create("http://127.0.0.1:9/hook", ["order.complete"], actors["dora"])
    mail = Mail.objects.filter(order=order).latest("id")
    ids = {"order_id": order.pk, "run_id": run.pk, "webhook_id": endpoint.pk, "mail_id": mail.pk}
    return {**ids, "action": "approve", "document_id": 1, "purchase_id": 1, "finding_id": 1}


BODIES = {
    ("post", "/orders"): order_data,
    ("post", "/orders/check"): order_data,
    ("patch", "/orders/{order_id}"): lambda: {"reason": "because", "changes": {"company": "Changed"}},
    ("post", "/orders/{order_id}/actions/{action}"): lambda: {"reason": "because"},
    ("post", "/orders/actions/{action}"): lambda: {"orders": [1], "reason": "because"},
    ("put", "/orders/{order_id}/assigned-to"): lambda: {"email": ""},
    ("post", "/orders/{order_id}/notes"): lambda: {"text": "a note"},
    ("put", "/catalog/document"): lambda: {"yaml": "groups: []", "dry_run": True},
    ("post", "/catalog/mappings"): lambda: {"kind": "product", "slug": "canada-number", "account": "maple"},
    ("post", "/webhooks"): lambda: {"url": "http://127.0.0.1:9/x", "events": ["order.complete"]},
    ("put", "/orders/{order_id}/registration/data"): lambda: {"service": "support"},
    ("put", "/orders/{order_id}/documents/{document_id}/date"): lambda: {"issued_on": "2026-11-01"},
    ("post", "/orders/{order_id}/registration/in-portal"): lambda: {"reason": "because"},
    ("put", "/orders/{order_id}/number"): lambda: {"capacity": "x"},
    ("post", "/numbers/purchases/{purchase_id}/settle"): lambda: {"bought": False, "reason": "because"},
    ("post", "/numbers/findings/{finding_id}/settle"): lambda: {"reason": "because"},
    ("post", "/orders/{order_id}/number/place"): lambda: {"reason": "because"},
}
NEEDS = {
    ("get", "/orders"): "orders:read",
    ("post", "/orders"): "orders:place",
    ("post", "/orders/check"): "orders:place",
    ("get", "/orders/{order_id}"): "orders:read",
    ("patch", "/orders/{order_id}"): "orders:act",
    ("post", "/orders/{order_id}/actions/{action}"): "orders:act",
    ("post", "/orders/actions/{action}"): "orders:act",
    ("put", "/orders/{order_id}/assigned-to"): "orders:act",
    ("get", "/orders/{order_id}/audit"): "orders:read",
    ("get", "/orders/{order_id}/notes"): "orders:read",
    ("post", "/orders/{order_id}/notes"): "orders:act",
    ("get", "/orders/{order_id}/mails"): "orders:read",
    ("get", "/orders/{order_id}/tenant-file"): "orders:read",
    ("post", "/orders/{order_id}/credentials-link"): "orders:secrets",
    ("delete", "/orders/{order_id}/credentials-link"): "orders:act",
    ("get", "/orders/{order_id}/registration"): "orders:read",
    ("get", "/orders/{order_id}/registration/requirements"): "orders:read",
    ("get", "/orders/{order_id}/registration/data"): "orders:act",
    ("put", "/orders/{order_id}/registration/data"): "orders:act",
    ("post", "/orders/{order_id}/registration/review"): "orders:act",
    ("post", "/orders/{order_id}/registration/submit"): "orders:act",
    ("post", "/orders/{order_id}/registration/again"): "orders:act",
    ("post", "/orders/{order_id}/registration/look"): "orders:act",
    ("post", "/orders/{order_id}/documents"): "orders:act",
    ("post", "/orders/{order_id}/registration/send-documents"): "orders:act",
    ("post", "/orders/{order_id}/registration/in-portal"): "orders:act",
    ("get", "/orders/{order_id}/documents/{document_id}"): "orders:act",
    ("put", "/orders/{order_id}/documents/{document_id}/date"): "orders:act",
    ("delete", "/orders/{order_id}/documents/{document_id}"): "orders:act",
    ("get", "/orders/{order_id}/number"): "orders:act",
    ("put", "/orders/{order_id}/number"): "orders:act",
    ("post", "/orders/{order_id}/number/place"): "orders:act",
    ("get", "/mails/{mail_id}"): "orders:read",
    ("post", "/mails/{mail_id}/resend"): "orders:act",
    ("get", "/runs"): "runs:read",
    ("get", "/runs/{run_id}"): "runs:read",
    ("get", "/runs/{run_id}/events"): "runs:read",
    ("post", "/runs/{run_id}/cancel"): "runs:act",
    ("get", "/catalog"): "catalog:read",
    ("get", "/catalog/document"): "catalog:read",
    ("put", "/catalog/document"): "catalog:write",
    ("post", "/catalog/mappings"): "catalog:write",
    ("get", "/numbers/places"): "orders:place",
    ("get", "/numbers/offers"): "orders:place",
    ("get", "/numbers/purchases"): "orders:read",
    ("post", "/numbers/purchases/{purchase_id}/settle"): "orders:act",
    ("get", "/numbers/findings"): "orders:read",
    ("post", "/numbers/findings/{finding_id}/settle"): "orders:act",
    ("get", "/numbers/usage"): "orders:read",
    ("get", "/webhooks"): "webhooks",
    ("post", "/webhooks"): "webhooks",
    ("get", "/webhooks/{webhook_id}/deliveries"): "webhooks",
    ("delete", "/webhooks/{webhook_id}"): "webhooks",
}
FOR_CLIENTS = {
    ("get", "/orders"), ("post", "/orders"), ("post", "/orders/check"), ("get", "/orders/{order_id}"), ("get", "/catalog"),
    ("get", "/numbers/places"), ("get", "/numbers/offers"),
}  # fmt: skip


QUERIES = {
    "/numbers/places": "?product=canada-number&kind=region&parent=CA",
    "/numbers/offers": "?product=canada-number&country=CA",
    "/numbers/usage": "?month=2026-11",
}


def address(path, world):
    """A call's address with ids and what its query must have."""
    return path.format(**world) + QUERIES.get(path, "")


def calls():
    """Every operation of the description."""
    for path, operations in schema()["paths"].items():
        for method in operations:
            yield method, path.removeprefix(BASE)


def counts():
    return {model: model.objects.count() for model in (Order, AuditEvent, Mail, Run)}, list(
        Order.objects.values_list("status", "company")
    )


def test_the_lists_of_this_file_hold_every_call():
    assert set(calls()) == set(NEEDS)


def test_every_call_without_a_working_token_is_answered_with_401(world, caller):
    before = counts()
    expired = accounts.add_token("old", ["orders:read"], None, 1, ADMIN)[1]
    ApiToken.objects.filter(name="old").update(expires_at="2020-01-01T00:00:00Z")
    revoked = accounts.add_token("revoked", ["orders:read"], None, None, ADMIN)[1]
    accounts.revoke_token(ApiToken.objects.get(name="revoked").pk, ADMIN)
    gone_user = caller("bob")
    User.objects.filter(username="bob").update(is_active=False)
    before = counts()
    for one in (Caller(), Caller("nonsense"), Caller(expired), Caller(revoked), gone_user):
        for method, path in calls():
            status, body = one(method, address(path, world), BODIES.get((method, path), lambda: None)())
            assert (status, body["detail"]) == (401, "No token, or one that does not work."), (method, path)
    assert counts() == before


def test_every_call_wants_its_scope(world, caller):
    everything = set(scopes.SCOPES)
    lacking = {scope: caller(None, sorted(everything - {scope})) for scope in set(NEEDS.values())}
    before = counts()
    for call, scope in NEEDS.items():
        status, body = lacking[scope](call[0], address(call[1], world), BODIES.get(call, lambda: None)())
        assert status == 403, (call, body)
        assert scope in body["detail"]
    assert counts() == before


def test_an_auditor_changes_nothing(world, caller):
    eve = caller("eve")
    before = counts()
    for method, path in calls():
        if method == "get":
            continue
        status, body = eve(method, address(path, world), BODIES.get((method, path), lambda: None)())
        assert status == 403, (method, path, body)
    assert counts() == before


def test_another_clients_orders_are_not_there(world, caller):
    charlie = caller("charlie")
    before = counts()
    for method, path in calls():
        if (method, path) in FOR_CLIENTS and "{" not in path:
            continue
        status, body = charlie(method, address(path, world), BODIES.get((method, path), lambda: None)())
        assert status in (403, 404), (method, path, body)
    assert charlie("get", f"/orders/{world['order_id']}") == (
        404,
        {"detail": f"There is no order {world['order_id']}.", "faults": []},
    )
    assert charlie("get", "/orders")[1]["orders"] == []
    assert counts() == before


def test_a_client_sees_its_own_order_without_what_is_for_staff(world, caller):
    alice = caller("alice")
    Order.objects.update(reason="the switch said: secret cause", facts={"gateway_uuid": "x"})
    status, body = alice("get", f"/orders/{world['order_id']}")
    assert status == 200
    assert (body["reason"], body["facts"], body["provider"], body["actions"]) == ("", {}, None, [])
    for path in ("audit", "notes", "mails", "tenant-file"):
        assert alice("get", f"/orders/{world['order_id']}/{path}")[0] == 403
    for product in alice("get", "/catalog")[1]["products"]:
        assert "maple" not in json.dumps(product)


def test_a_token_never_allows_more_than_its_person(people):
    with pytest.raises(Refused, match="beyond a client"):
        accounts.add_token("too much", ["orders:act"], people["alice"].email, None, ADMIN)
    token = accounts.add_token("once good", ["orders:act"], people["bob"].email, None, ADMIN)[1]
    User.objects.filter(pk=people["bob"].pk).update(role="auditor")
    status, body = Caller(token)("post", "/orders/1/notes", {"text": "x"})
    assert (status, body["detail"]) == (403, "This token does not allow orders:act. Nothing was changed.")
    with pytest.raises(NotAllowed):
        accounts.add_token("mine", ["orders:read"], None, None, people["bob"].actor())


def test_the_value_of_a_token_is_kept_nowhere(people):
    token, value = accounts.add_token("robot", ["orders:read"], None, None, ADMIN)
    assert value not in json.dumps(list(ApiToken.objects.filter(pk=token.pk).values()), default=str)


def test_placing_and_following_an_order(caller, catalog):
    robot = caller(None, ["orders:place", "orders:read", "orders:act"])
    status, order = robot("post", "/orders", order_data(company="Acme", reference="shop-7"))
    assert (status, order["status"], order["badge"], order["actions"][0]) == (201, "pending", "Pending", "approve")
    assert robot("post", f"/orders/{order['id']}/actions/approve", {})[1]["status"] == "approved"
    status, body = robot("post", f"/orders/{order['id']}/actions/approve", {})
    assert (status, body["faults"]) == (409, [])
    assert body["detail"].startswith(f"Order {order['id']} is approved")
    assert robot("get", "/orders?q=shop-7")[1]["orders"][0]["id"] == order["id"]
    assert [event["action"] for event in robot("get", f"/orders/{order['id']}/audit")[1]] == ["submit", "approve"]


def test_a_refusal_names_fields_and_repeats_no_value(caller, catalog):
    robot = caller(None, ["orders:place"])
    bad = order_data(email="x", admin={"password": "Marked-short"}, trunk={"username": "u", "password": "Marked secret"})
    status, body = robot("post", "/orders", bad)
    assert status == 422
    assert {fault["field"] for fault in body["faults"]} == {"email", "admin.password", "trunk.password"}
    assert "Marked" not in json.dumps(body)
    assert not Order.objects.exists()


def test_pages_go_from_the_newest_to_the_oldest(caller, place):
    numbers = [place().pk for _ in range(5)]
    bob = caller("bob")
    seen, before = [], ""
    while True:
        page = bob("get", f"/orders?limit=2{before}")[1]
        seen += [order["id"] for order in page["orders"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == numbers[::-1]


def test_a_repeated_request_gets_the_first_answer(caller, catalog):
    robot = caller(None, ["orders:place", "orders:read"])
    body = order_data()
    first = robot("post", "/orders", body, **{"Idempotency-Key": "k1"})
    assert first[0] == 201
    assert robot("post", "/orders", body, **{"Idempotency-Key": "k1"}) == first
    assert Order.objects.count() == 1
    status, refusal = robot("post", "/orders", order_data(), **{"Idempotency-Key": "k1"})
    assert (status, refusal["faults"][0]["field"]) == (422, "Idempotency-Key")
    other = caller(None, ["orders:place"])
    assert other("post", "/orders", order_data(), **{"Idempotency-Key": "k1"})[0] == 201


def test_a_refusal_is_not_kept(caller, catalog):
    robot = caller(None, ["orders:place"])
    body = order_data()
    assert robot("post", "/orders", {**body, "email": "x"}, **{"Idempotency-Key": "k"})[0] == 422
    assert robot("post", "/orders", body, **{"Idempotency-Key": "k"})[0] == 201


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_time_has_one_effect(caller, catalog):
    robot = caller(None, ["orders:place"])
    body = order_data(domain="race.pbx.example.com")
    answers = at_once(lambda _: robot("post", "/orders", body, **{"Idempotency-Key": "race"}), range(6))
    assert Order.objects.count() == 1
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body["id"] for status, body in answers if status == 201}) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_press_the_same_button_and_one_of_them_is_told_who_was_first(caller, place):
    order = place()
    callers = [caller(name) for name in ("bob", "dora")] * 3
    answers = at_once(lambda one: one("post", f"/orders/{order.pk}/actions/approve", {}), callers)
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]
    event = AuditEvent.objects.get(order=order, action="approve")
    for status, body in answers:
        if status == 409:
            assert f"Order {order.pk} is approved, since {event.actor} did approve" in body["detail"]
            assert "Nothing was changed" in body["detail"]
    jobs = ProcrastinateJob.objects.filter(task_name="voipbox.deploy", args={"server_id": order.server_id})
    assert jobs.count() == 1


def test_every_illegal_move_is_answered_with_409_and_a_message(caller, place, regulated):
    robot = caller(None, ["orders:act"])
    for order in (place(), regulated()):
        for status in statuses_of(order.regulated):
            Order.objects.filter(pk=order.pk).update(status=status)
            events = AuditEvent.objects.count()
            for action in moves.ACTIONS:
                move = moves.find(action, status, order.regulated)
                if move is not None and Role.OPERATOR in move.who:
                    continue
                answer, body = robot("post", f"/orders/{order.pk}/actions/{action}", {"reason": "because"})
                assert answer == (409 if move is None else 403), (status, action, body)
                assert "Nothing was changed." in body["detail"]
                assert move is not None or body["detail"].startswith(f"Order {order.pk} is {status}")
            assert AuditEvent.objects.count() == events
            assert Order.objects.get(pk=order.pk).status == status


def test_the_tenant_file_has_secrets_only_for_those_who_may(world, caller):
    reader, keeper = caller(None, ["orders:read"]), caller(None, ["orders:read", "orders:secrets"])
    path = f"/orders/{world['order_id']}/tenant-file"
    plain = reader("get", path)[1]["tenant_file"]
    assert "VAULT trunk maple password" in plain
    assert "Example-Trunk-1" not in plain
    assert reader("get", f"{path}?secrets=true")[0] == 403
    assert "Example-Trunk-1" in keeper("get", f"{path}?secrets=true")[1]["tenant_file"]
    assert AuditEvent.objects.filter(action="export_secrets").count() == 1


def test_changes_of_the_catalog_stand_in_the_audit(caller, catalog):
    robot = caller(None, ["catalog:write"])
    document = {"yaml": "groups: [{slug: more, name: More}]"}
    assert robot("put", "/catalog/document", {**document, "dry_run": True})[0] == 200
    assert not AuditEvent.objects.filter(action="change_catalog").exists()
    assert robot("put", "/catalog/document", document)[0] == 200
    assert robot("post", "/catalog/mappings", {"kind": "product", "slug": "canada-number", "account": "maple"})[0] == 200
    told = AuditEvent.objects.filter(action__in=["change_catalog", "map"]).order_by("id")
    assert list(told.values_list("action", flat=True)) == ["change_catalog", "map"]


def test_the_documentation_page_loads_nothing_from_elsewhere(db):
    page = Client().get(f"{BASE}/docs")
    assert page.status_code == 200
    assert b"https://" not in page.content
    assert b"http://" not in page.content


def test_the_description_has_examples_and_a_summary_for_every_call():
    description = schema()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)
    assert description["components"]["schemas"]["OrderInput"]["examples"]
