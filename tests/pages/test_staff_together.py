"""Work with many orders: the queue sorts, filters and exports, orders are assigned, moves are made with many at once."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def keys(page: Any) -> list[int]:
    """The orders of a page of the queue, from top to bottom."""
    return [row["order"].pk for row in page.context["rows"]]


def test_the_queue_sorts_and_filters(browse: Any, place: Any, regulated: Any, actors: Any) -> None:
    from voipbox.core import clock
    from voipbox.orders import actions

    first, second = place("alice", company="Zebra", email="Bob@Zebra.Example"), regulated("alice", company="Aardvark")
    actions.perform(first.pk, "approve", actors["bob"])
    bob, today = browse("bob"), clock.now().date().isoformat()
    for query, expected in (
        ("sort=oldest", [first.pk, second.pk]),
        ("sort=company", [second.pk, first.pk]),
        ("sort=waiting", [second.pk, first.pk]),
        ("sort=newest", [second.pk, first.pk]),
        (f"provider={first.provider.slug}", [first.pk]),
        ("server=pbx-two", []),
        ("client=bob@zebra.example", [first.pk]),
        ("client=ALICE@people.example", [second.pk, first.pk]),
        (f"since={today}&until={today}", [second.pk, first.pk]),
        ("until=2001-01-01", []),
        ("since=2999-01-01", []),
        ("since=never&sort=odd&page=x", [second.pk, first.pk]),
    ):
        assert keys(bob.get(f"/staff/orders/?{query}")) == expected, query


def test_sorted_otherwise_pages_are_counted(browse: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.pages.staff import queue

    monkeypatch.setattr(queue, "PAGE", 2)
    orders = [place().pk for _ in range(3)]
    bob = browse("bob")
    first, second = bob.get("/staff/orders/?sort=oldest"), bob.get("/staff/orders/?sort=oldest&page=2")
    assert keys(first) + keys(second) == orders
    assert "page=2" in first.text and "page=1" in second.text


def test_the_sheet_holds_what_the_list_shows_and_no_formula(browse: Any, place: Any) -> None:
    place("alice", company="=HYPERLINK(0)"), place("alice", company="Other", contact="@SUM(A1)")
    answer = browse("eve").get("/staff/orders/sheet.csv?q=hyperlink")
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["company"] for row in rows] == ["'=HYPERLINK(0)"] and rows[0]["phone"] == "+14165550123"
    whole = browse("bob").get("/staff/orders/sheet.csv").text
    assert "'@SUM(A1)" in whole and whole.count("\n") == 3
    assert browse("alice").get("/staff/orders/sheet.csv").status_code == 403


@pytest.mark.parametrize("text", ["=1", "+1-2", "-1+1", "@a", "\tx", "\rx", "\n=1"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    from voipbox.core import sheets

    assert sheets.cell(text) == f"'{text}"
    assert [sheets.cell(plain) for plain in ("+14165550100", "-1.50", "a=b", None, 7)] == [
        "+14165550100",
        "-1.50",
        "a=b",
        "",
        "7",
    ]


def test_an_order_is_assigned_to_a_colleague(browse: Any, place: Any, people: Any) -> None:
    from voipbox.core.errors import NotAllowed
    from voipbox.orders import actions

    order, bob = place("alice"), browse("bob")
    path = f"/staff/orders/{order.pk}/assign/"
    assert "is seen to by dora@people.example" in bob.post(path, {"email": "DORA@people.example"}, follow=True).text
    assert keys(browse("dora").get("/staff/orders/?assigned=mine")) == [order.pk]
    assert keys(bob.get("/staff/orders/?assigned=mine")) == [] == keys(bob.get("/staff/orders/?assigned=nobody"))
    for wrong in ("alice@people.example", "eve@people.example", "nobody@nowhere.example"):
        assert "is nobody who works on orders" in bob.post(path, {"email": wrong}, follow=True).text
    event = order.audit.last()
    assert (event.action, event.after) == ("assign", {"assigned_to": "dora@people.example"})
    bob.post(path, {"email": ""})
    order.refresh_from_db()
    assert order.assigned_to is None
    for who in ("alice", "eve"):
        with pytest.raises(NotAllowed):
            actions.assign(order.pk, "bob@people.example", people[who].actor())


def test_a_rejected_client_reads_why(browse: Any, place: Any) -> None:
    from voipbox.orders import compose

    order, bob = place("alice"), browse("bob")
    path = f"/staff/orders/{order.pk}/moves/reject/"
    assert "The client gets a mail with the reason" in bob.get(path).text and "Reject the order" in bob.get(path).text
    assert bob.post(path, {"reason": " "}).status_code == 422
    bob.post(path, {"reason": "We do not serve <b>this</b> place."})
    order.refresh_from_db()
    assert order.status == "cancelled"
    mail = order.mails.get(kind="rejection")
    assert mail.recipients == [order.email]
    composed = compose.compose(mail)
    assert "We do not serve <b>this</b> place." in composed.text and "&lt;b&gt;this" in composed.html
    assert "We do not serve &lt;b&gt;this" in browse("alice").get(f"/my/orders/{order.pk}/").text


def test_why_an_order_failed_is_no_word_for_its_client(browse: Any, place: Any) -> None:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions

    order = place("alice")
    actions.perform(order.pk, "approve", SYSTEM)
    actions.perform(order.pk, "fail", SYSTEM, "inner words of the switch")
    actions.perform(order.pk, "cancel", browse("bob") and _bob(), "it was a test")
    page = browse("alice").get(f"/my/orders/{order.pk}/").text
    assert "inner words" not in page and "it was a test" not in page


def _bob() -> Any:
    from voipbox.core.models import User

    return User.objects.get(username="bob").actor()


def test_moves_with_many_orders_have_a_line_for_each(browse: Any, place: Any, regulated: Any) -> None:
    orders, other, bob = [place() for _ in range(2)], regulated(), browse("bob")
    every = [str(order.pk) for order in [*orders, other]]
    page = bob.post("/staff/orders/bulk/", {"order": every, "action": "reject", "next": "/staff/orders/?sort=oldest"}).text
    assert "Reject 3 orders?" in page and "Why, for the clients to read" in page
    assert bob.post("/staff/orders/bulk/reject/", {"order": every}).status_code == 422
    bob.post(f"/staff/orders/{orders[0].pk}/moves/approve/")
    done = bob.post(
        "/staff/orders/bulk/reject/", {"order": every, "reason": "no more numbers", "next": "/staff/orders/?sort=oldest"}
    )
    assert "Reject: 2 of 3 done" in done.text and done.text.count(">not done<") == 1 and "sort=oldest" in done.text
    assert f"Order {orders[0].pk} is approved" in done.text
    assert [order.mails.filter(kind="rejection").count() for order in [*orders, other]] == [0, 1, 1]


def test_all_failed_orders_of_a_list_are_retried_at_once(browse: Any, place: Any, actors: Any) -> None:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions

    failed, elsewhere = [place(server="pbx-one") for _ in range(2)], place(server="pbx-two")
    for order in [*failed, elsewhere]:
        actions.perform(order.pk, "approve", SYSTEM)
        actions.perform(order.pk, "fail", SYSTEM, "no route")
    bob = browse("bob")
    assert '<option value="retry" selected>' in bob.get("/staff/orders/?status=failed").text
    listed = {"all": "yes", "action": "retry", "next": "/staff/orders/?status=failed&server=pbx-one"}
    page = bob.post("/staff/orders/bulk/", listed)
    assert "Retry 2 orders?" in page.text
    bob.post("/staff/orders/bulk/retry/", {"order": [str(order.pk) for order in page.context["able"]]})
    for order in [*failed, elsewhere]:
        order.refresh_from_db()
    assert [order.status for order in [*failed, elsewhere]] == ["approved", "approved", "failed"]


def test_approval_shows_what_it_costs(browse: Any, order: Any, place: Any) -> None:
    from voipbox.numbers import costs

    one, two = place(term="monthly"), place(term="monthly")
    found = costs.of([one, two])
    assert len(found.clients) == 1 and not found.providers
    assert found.clients[0].total == one.summary.sums[0].total + two.summary.sums[0].total
    page = browse("bob").post("/staff/orders/bulk/", {"order": [one.pk, two.pk], "action": "approve"}).text
    assert f"{found.clients[0].total} {found.clients[0].currency}" in page
    bought = costs.of([order()])
    assert (bought.providers[0].setup, bought.providers[0].monthly) == (1, 2)


def test_rekeying_is_no_primary_button(browse: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.core.people import SYSTEM
    from voipbox.orders import actions, guards

    monkeypatch.setitem(guards.GUARDS, "trunk_is_bought", lambda order: None)
    order = place()
    for action in ("approve", "start", "complete"):
        actions.perform(order.pk, action, SYSTEM)
    page = browse("bob").get(f"/staff/orders/{order.pk}/").text
    before = page[: page.index(">Re-key trunk<")]
    assert "btn-primary" not in before[before.rindex("<a ") :]


def test_the_same_by_api_and_command_line(place: Any, people: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from django.test import Client
    from voipbox.api import accounts
    from voipbox.cli import main
    from voipbox.core.people import operator_of_this_machine

    first, second = place("alice"), place("alice")
    _, token = accounts.add_token("t", ["orders:read", "orders:act"], "bob@people.example", None, operator_of_this_machine())
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(method: str, path: str, body: Any) -> Any:
        return getattr(client, method)(f"/api/v1/orders{path}", body, content_type="application/json")

    assert call("put", f"/{first.pk}/assigned-to", {"email": "bob@people.example"}).json()["assigned_to"] == "bob@people.example"
    assert [row["id"] for row in client.get("/api/v1/orders?assigned_to=bob@people.example").json()["orders"]] == [first.pk]
    assert call("post", "/actions/reject", {"orders": [first.pk]}).status_code == 422
    lines = call("post", "/actions/reject", {"orders": [first.pk, 10**9], "reason": "no"}).json()
    assert [(line["order"], line["good"]) for line in lines] == [(first.pk, True), (10**9, False)]
    assert call("post", "/actions/rekey", {"orders": [second.pk], "reason": "no"}).status_code == 422
    assert main(["order", "assign", str(second.pk), "dora@people.example"]) == 0
    assert main(["order", "act-many", "cancel", str(first.pk), str(second.pk), "--reason", "a test"]) == 1
    assert "REFUSED" in capsys.readouterr().out
    second.refresh_from_db()
    assert second.status == "cancelled" and second.assigned_to.email == "dora@people.example"
    assert main(["order", "list", "--csv", "--sort", "oldest", "--client", "ALICE@people.example"]) == 0
    assert "dora@people.example" in capsys.readouterr().out
