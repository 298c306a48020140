"""Every page of clients and of the checkout for the wrong person: no data, the right status code; and acting as a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from voipbox.pages.client.urls import PAGES

from tests.pages.checkout import COMPANY, Walk

pytestmark = pytest.mark.usefixtures("catalog")
Browse = Callable[[str], Client]

# Pages about one draft or order of alice, and how they are asked for.
DRAFT = [
    ("get", ""), ("get", "products/"), ("get", "company/"), ("get", "number/"), ("get", "your-number/"), ("get", "registration/"),
    ("get", "system/"), ("get", "admin/"), ("get", "review/"),
    ("post", "products/"), ("post", "company/"), ("post", "your-number/"),
    ("post", "system/"), ("post", "admin/"), ("post", "review/"), ("post", "discard/"), ("get", "done/"),
    ("get", "parts/domain/"), ("get", "parts/extensions/"),
]  # fmt: skip
OWN = [
    ("get", "/my/"), ("get", "/my/account/"), ("post", "/my/account/password/"), ("get", "/my/account/second-factor/"),
    ("post", "/my/account/second-factor/begin/"), ("post", "/my/account/second-factor/end/"),
]  # fmt: skip
ORDER = [("get", "/my/orders/{}/"), ("post", "/my/orders/{}/credentials/"), ("post", "/my/orders/{}/documents/")]
OPEN = {"sign_in", "code", "sign_out", "sign_up", "reset", "set_password", "start"}


@pytest.mark.parametrize(("method", "path"), DRAFT)
def test_a_draft_is_for_its_client_and_for_staff_alone(browse: Browse, method: str, path: str) -> None:
    walk = Walk(browse("alice"))
    walk.send("company", {**COMPANY, "company": "Hidden Company"})
    for name, status in (("", 302), ("charlie", 404), ("eve", 403)):
        answer = getattr(browse(name), method)(f"/order/{walk.token}/{path}")
        assert answer.status_code == status, (name, path)
        assert "Hidden Company" not in answer.content.decode()
        if status == 302:
            assert answer["Location"].startswith("/sign-in/")
    from voipbox.orders.models import Draft

    assert Draft.objects.count() == 1


@pytest.mark.parametrize(("method", "path"), OWN)
def test_own_pages_want_somebody_signed_in(browse: Browse, method: str, path: str) -> None:
    answer = getattr(browse(""), method)(path)
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(("method", "path"), ORDER)
def test_an_order_is_for_its_client_alone(browse: Browse, place: Any, method: str, path: str) -> None:
    order = place("alice", company="Hidden Company")
    for name, status in (("", 302), ("charlie", 404), ("eve", 403), ("bob", 403), ("dora", 403)):
        answer = getattr(browse(name), method)(path.format(order.pk))
        assert answer.status_code == status, (name, path)
        assert "Hidden Company" not in answer.content.decode()


def test_the_list_of_orders_holds_the_own_ones(browse: Browse, place: Any) -> None:
    place("alice", company="Hidden Company")
    place("charlie", company="Charlie Company")
    page = browse("charlie").get("/my/").content.decode()
    assert "Charlie Company" in page and "Hidden Company" not in page


def test_every_address_of_this_app_is_in_these_tests() -> None:
    names = {page.name for page in PAGES}
    tested = {"account", "change_password", "second_factor", "begin_second_factor", "end_second_factor", "my_orders", "my_order"}
    tested |= {
        "show_credentials",
        "clients",
        "add_document",
        "show_document",
        "remove_document",
        "date_document",
        "resume",
        "discard",
        "done",
        "domain_part",
        "extensions_part",
        "step",
        "approve",
    }
    assert names == OPEN | tested


def test_an_auditor_cannot_begin_an_order(browse: Browse) -> None:
    from voipbox.orders.models import Draft

    answer = browse("eve").post("/order/", {"plan": "product:office-10", "term": "monthly"})
    assert answer.status_code == 403 and not Draft.objects.exists()


@pytest.mark.parametrize(("name", "status"), [("", 302), ("alice", 403), ("charlie", 403), ("eve", 403)])
def test_approving_at_once_is_for_acting_staff(browse: Browse, place: Any, name: str, status: int) -> None:
    order = place("alice")
    assert browse(name).post(f"/order/placed/{order.pk}/approve/").status_code == status
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_list_of_clients_is_for_acting_staff(browse: Browse, method: str) -> None:
    for name, status in (("", 302), ("alice", 403), ("eve", 403)):
        answer = getattr(browse(name), method)("/clients/", {"name": "Somebody", "email": "some@acme.example"})
        assert answer.status_code == status and "charlie@people.example" not in answer.content.decode()
    page = browse("bob").get("/clients/", {"q": "CHARLIE"}).content.decode()
    assert "charlie@people.example" in page and "alice@people.example" not in page and "dora@" not in page


def test_staff_invites_a_client_once(browse: Browse) -> None:
    from voipbox.orders.models import AuditEvent, Mail

    for _ in range(2):
        assert browse("bob").post("/clients/", {"name": "New Client", "email": "new@acme.example"}).status_code == 302
    assert Mail.objects.get().context["about"] == "invitation"
    assert AuditEvent.objects.get(action="invite").actor == "bob@people.example"
    answer = browse("bob").post("/clients/", {"name": "Somebody", "email": "dora@people.example"})
    assert answer.status_code == 422 and "no client" in answer.content.decode()


def test_an_order_shows_its_client_plain_words_and_no_secret(browse: Browse, place: Any) -> None:
    order = place("alice")
    page = browse("alice").get(f"/my/orders/{order.pk}/").content.decode()
    assert "We have your order and look at it" in page and order.domain in page and order.number in page
    assert "Example-Trunk-1" not in page and order.secrets["admin_password"] not in page
    assert browse("alice").post(f"/my/orders/{order.pk}/credentials/").status_code == 409


def test_credentials_are_shown_once_to_their_client(browse: Browse, place: Any) -> None:
    from voipbox.orders.models import AuditEvent, Order

    order = place("alice")
    Order.objects.filter(pk=order.pk).update(status="completed")
    link = browse("alice").post(f"/my/orders/{order.pk}/credentials/")["Location"]
    assert link.startswith("/credentials/")

    assert order.secrets["admin_password"] in Client().post(link).content.decode()
    assert Client().post(link).status_code == 404
    assert AuditEvent.objects.filter(order=order, action="credentials_link", actor="alice@people.example").exists()


def acquire(browser: Client, user: Any) -> Any:
    """Begin to act as somebody."""
    return browser.post("/hijack/acquire/", {"user_pk": user.pk, "next": "/my/"})


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("bob", "alice", 302), ("dora", "alice", 302), ("eve", "alice", 403), ("charlie", "alice", 403),
        ("bob", "dora", 403), ("dora", "bob", 403), ("bob", "eve", 403), ("dora", "eve", 403),
    ],
)  # fmt: skip
def test_who_may_act_as_whom(browse: Browse, people: dict[str, Any], who: str, whom: str, status: int) -> None:
    browser = browse(who)
    answer = acquire(browser, people[whom])
    assert answer.status_code == status
    assert int(browser.session["_auth_user_id"]) == (people[whom] if status == 302 else people[who]).pk


def test_acting_is_begun_by_a_form_alone(browse: Browse, people: dict[str, Any]) -> None:
    assert browse("bob").get("/hijack/acquire/", {"user_pk": people["alice"].pk}).status_code in (400, 405)


def test_the_audit_says_who_acted_for_whom(browse: Browse, people: dict[str, Any]) -> None:
    from voipbox.orders.models import AuditEvent, Order

    browser = browse("bob")
    acquire(browser, people["alice"])
    page = browser.get("/my/").content.decode()
    assert "You are acting as" in page and "alice@people.example" in page and "onclick" not in page
    Walk(browser).fill().place()
    order = Order.objects.get()
    assert order.client == people["alice"] and order.placed_by == "bob@people.example"
    event = AuditEvent.objects.get(order=order, action="submit")
    assert (event.actor, event.acting_for, event.user) == ("bob@people.example", "alice@people.example", people["bob"])
    browser.post("/hijack/release/")
    assert int(browser.session["_auth_user_id"]) == people["bob"].pk
    told = AuditEvent.objects.filter(action__endswith="as_client").order_by("id")
    assert [(one.action, one.actor, one.acting_for) for one in told] == [
        ("act_as_client", "bob@people.example", "alice@people.example"),
        ("stop_acting_as_client", "bob@people.example", "alice@people.example"),
    ]


def test_who_acts_as_a_client_sees_and_changes_no_passwords(browse: Browse, people: dict[str, Any], place: Any) -> None:
    from voipbox.orders.models import Order

    order = place("alice")
    Order.objects.filter(pk=order.pk).update(status="completed")
    browser = browse("bob")
    acquire(browser, people["alice"])
    for path in ("/my/account/password/", "/my/account/second-factor/begin/", f"/my/orders/{order.pk}/credentials/"):
        assert browser.post(path, {"present": "x", "password": "y", "again": "y"}).status_code == 403
    assert "Only the client changes" in browser.get("/my/account/").content.decode()
    assert acquire(browser, people["charlie"]).status_code == 403


def test_who_may_no_longer_act_for_clients_is_stopped(browse: Browse, people: dict[str, Any]) -> None:
    browser = browse("bob")
    acquire(browser, people["alice"])
    people["bob"].role = "auditor"
    people["bob"].save()
    assert browser.post("/order/", {"plan": "product:office-10", "term": "monthly"}).status_code == 403


def test_staff_orders_for_a_client_and_provisions_at_once(browse: Browse, people: dict[str, Any]) -> None:
    from voipbox.orders.models import AuditEvent, Order

    browser = browse("bob")
    walk = Walk(browser, query="?client=alice@people.example")
    assert 'value="alice@people.example"' in walk.get("company").content.decode()
    walk.fill(company={"client": "alice@people.example"}).place()
    order = Order.objects.get()
    assert order.client == people["alice"] and order.placed_by == "bob@people.example"
    page = walk.get("done").content.decode()
    assert "Approve and provision now" in page
    assert browser.post(f"/order/placed/{order.pk}/approve/").status_code == 302
    order.refresh_from_db()
    assert order.status == "approved"
    events = AuditEvent.objects.filter(order=order).order_by("id")
    assert [(one.action, one.acting_for) for one in events] == [
        ("submit", "alice@people.example"),
        ("approve", "alice@people.example"),
    ]


def test_a_client_that_is_new_is_invited_when_the_order_is_placed(browse: Browse) -> None:
    from voipbox.core.models import User
    from voipbox.orders.models import Mail, Order

    walk = Walk(browse("bob")).fill(company={"client": "fresh@acme.example"})
    assert not User.objects.filter(email="fresh@acme.example").exists()
    walk.place()
    order = Order.objects.get()
    assert order.client is not None and order.client.email == "fresh@acme.example"
    assert not order.client.has_usable_password()
    assert Mail.objects.get(kind="account").context["about"] == "invitation"


def test_staff_cannot_order_in_the_name_of_staff(browse: Browse) -> None:
    answer = Walk(browse("bob")).send("company", {**COMPANY, "client": "dora@people.example"})
    assert answer.status_code == 422 and "somebody who is no client" in answer.content.decode()


def test_a_client_cannot_name_another_client(browse: Browse) -> None:
    from voipbox.orders.models import Order

    Walk(browse("charlie")).fill(company={"client": "alice@people.example"}).place()
    client = Order.objects.get().client
    assert client is not None and client.email == "charlie@people.example"
