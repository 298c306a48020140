"""A client asks, by token and by session, for what is not theirs: superadmin, a foreign domain, calls abroad, seats for nothing.

The product is approved on arrival, so whatever is taken is bought and provisioned with nobody looking.
"""

from __future__ import annotations

import itertools
import re

import pytest

from tests.attacks.over_http import PASSWORD

_count = itertools.count(1000)
SYSTEM = {"server": "pbx-one", "seats": "5", "first_extension": "1001"}
ADMIN = {
    "username": "admin", "method": "password", "password": PASSWORD, "again": PASSWORD, "email": "mallory@people.example",
    "time_zone": "America/Toronto", "language": "en-us", "group": "admin",
}  # fmt: skip


def order(**changes):
    number = next(_count)
    return {
        "company": f"Mallory {number}", "contact": "Mallory", "email": "mallory@people.example", "phone": "+14165550123",
        "items": [{"bundle": "small-office"}], "term": "monthly", "number": f"+1416555{number}",
        "trunk": {"username": "mallory", "password": "Example-Trunk-1"}, **changes,
    }  # fmt: skip


ATTACKS = {
    "the whole server": ({"admin": {"group": "superadmin"}}, "admin.group"),
    "a group of nobody's": ({"admin": {"group": "public"}}, "admin.group"),
    "a bank's domain": ({"domain": "www.bigbank.example"}, "domain"),
    "the server's own name": ({"domain": "pbx.example.com"}, "domain"),
    "another server's domain": ({"domain": "mallory.two.example.com"}, "domain"),
    "a service's name": ({"domain": "mail.pbx.example.com"}, "domain"),
    "a name below a name": ({"domain": "www.mallory.pbx.example.com"}, "domain"),
    "a name that looks like another": ({"domain": "xn--bigbnk-7ta.pbx.example.com"}, "domain"),
    "calls abroad": ({"extensions": [{"number": "1002", "toll_allow": ["international"]}]}, "extensions[0].toll_allow"),
    "extensions of one digit": ({"first_extension": 1}, "first_extension"),
    "more seats than bought": ({"seats": 6}, "seats"),
    "a reason of one's own": ({"seats": 6, "seats_reason": "because"}, "seats_reason"),
    "seats for nothing": (
        {"items": [{"product": "call-recording"}], "seats": 1000, "number": None, "trunk": None}, "seats",
    ),
    "no price": ({"term": None}, "term"),
    "very many": ({"items": [{"product": "instant-number"}, {"product": "office-5", "quantity": 21}]}, "items[1].quantity"),
    "somebody else's account": ({"client": "victim@people.example"}, "client"),
}  # fmt: skip


@pytest.fixture(scope="module")
def mallory(target):
    target.person("victim")
    return target.person("mallory")


@pytest.fixture(scope="module")
def program(target, mallory):
    with target.program(mallory, "orders:place", "orders:read", "catalog:read") as program:
        yield program


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_clients_token_does_not_get(target, program, attack):
    changes, field = ATTACKS[attack]
    before = target.orders()
    for path in ("/orders/check", "/orders"):
        answer = program.post(path, json=order(**changes))
        assert answer.status_code == 422, answer.text
        assert field in [fault["field"] for fault in answer.json()["faults"]]
    assert target.orders() == before
    assert target.home.sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'voipbox.deploy'") == [(0,)]


def test_a_client_does_not_correct_an_order(target, program):
    placed = program.post("/orders", json=order(items=[{"product": "office-10"}], number=None, trunk=None))
    assert placed.status_code == 201, placed.text
    answer = program.patch(f"/orders/{placed.json()['id']}", json={"reason": "mine", "changes": {"admin": {"group": "user"}}})
    assert answer.status_code == 403
    answer = program.post(f"/orders/{placed.json()['id']}/actions/approve", json={"reason": "mine"})
    assert answer.status_code == 403
    assert program.get(f"/orders/{placed.json()['id']}").json()["status"] == "pending"


def test_a_clients_session_does_not_get_it_either(target, mallory):
    browser, before = target.browser(mallory), target.orders()
    begun = browser.send("/order/", {"plan": "bundle:small-office", "quantity": "1", "term": "monthly"})
    assert begun.status_code == 302, begun.text
    draft = re.match(r"/order/[\w-]+/", begun.headers["Location"])[0]
    company = {"company": "Mallory", "contact": "Mallory", "email": "mallory@people.example", "phone": "+14165550123"}
    number = {"number": "+14165550999", "username": "mallory", "password": "Example-Trunk-1"}
    assert browser.send(f"{draft}company/", {**company, "client": "victim@people.example"}).status_code == 302
    assert browser.send(f"{draft}your-number/", number).status_code == 302
    for changes in (
        {"domain": "www.bigbank.example"}, {"domain": "mail.pbx.example.com"}, {"domain": "good", "seats": "6"},
        {"domain": "good", "seats": "6", "seats_reason": "because"}, {"domain": "good", "first_extension": "1"},
    ):  # fmt: skip
        answer = browser.send(f"{draft}system/", {**SYSTEM, **changes})
        assert answer.status_code == 422, changes
    assert browser.send(f"{draft}system/", {**SYSTEM, "domain": "mallory-good"}).status_code == 302
    for group in ("superadmin", "public"):
        assert browser.send(f"{draft}admin/", {**ADMIN, "group": group}).status_code == 422
    assert browser.send(f"{draft}admin/", ADMIN).status_code == 302
    assert browser.send(f"{draft}review/", {"price": "0" * 24}).status_code == 422
    assert target.orders() == before
    # What is fair is taken, for the client that is signed in and at the price that was shown.
    assert browser.send(f"{draft}review/", {}).status_code == 302
    rows = target.home.sql(
        "SELECT o.domain, o.admin_group, o.seats, u.email, o.price->'lines'->0->>'recurring' FROM orders_order o "
        "JOIN core_user u ON u.id = o.client_id WHERE o.number = '+14165550999'"
    )
    assert rows == [("mallory-good.pbx.example.com", "admin", 5, "mallory@people.example", "36.00")]
