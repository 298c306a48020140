"""The provisioning queue, and moves made from it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def test_the_queue_shows_its_columns(browse: Any, place: Any, regulated: Any) -> None:
    plain, other = place(company="Harbour & Sons"), regulated()
    page = browse("bob").get("/staff/orders/").text
    for column in ("Order", "Client", "Product", "Provider", "DID", "Status", "Actions"):
        assert f">{column}</th>" in page
    assert "Harbour &amp; Sons" in page and plain.number in page and other.domain in page
    assert page.count('class="regulated"') == 1 and page.count(">Regulatory<") == 1


def test_buttons_are_those_of_the_table(browse: Any, place: Any, regulated: Any) -> None:
    from voipbox.core.people import Role
    from voipbox.orders.guards import available

    orders = [place(), regulated()]
    page = browse("bob").get("/staff/orders/").text
    for order in orders:
        expected = {move.action for move in available(order, Role.OPERATOR)}
        shown = {part.split("/")[0] for part in page.split(f"/staff/orders/{order.pk}/moves/")[1:]}
        assert shown == expected


def test_an_auditor_sees_no_button(browse: Any, place: Any) -> None:
    place()
    page = browse("eve").get("/staff/orders/").text
    assert "/moves/" not in page and "bulk" not in page.split("<form")[-1].split("<table")[1]


def test_filters_stand_in_the_address(browse: Any, place: Any, regulated: Any) -> None:
    first, second = place(company="Acme Rotterdam"), regulated(company="Canal Works")
    bob = browse("bob")
    assert first.company in bob.get("/staff/orders/?status=pending").text
    assert second.company not in bob.get("/staff/orders/?status=pending").text
    assert second.company in bob.get("/staff/orders/?q=canal").text
    assert first.company not in bob.get("/staff/orders/?q=canal").text
    assert "No order is like that" in bob.get("/staff/orders/?q=nothing-like-it").text


_ODD = ["status=nonsense", "before=x", "after=-1", "before=99999999999999999999", "q=%00", "server=%00"]


@pytest.mark.parametrize("query", _ODD)
def test_odd_addresses_break_nothing(browse: Any, place: Any, query: str) -> None:
    place()
    assert browse("bob").get(f"/staff/orders/?{query}").status_code == 200


def test_pages_follow_each_other(browse: Any, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voipbox.pages.staff import queue

    monkeypatch.setattr(queue, "PAGE", 2)
    keys = [place().pk for _ in range(5)][::-1]
    bob, seen, address = browse("bob"), [], "/staff/orders/"
    while address:
        answer = bob.get(address)
        seen += [row["order"].pk for row in answer.context["rows"]]
        last = address
        address = f"/staff/orders/?before={answer.context['last']}" if answer.context["page"].older else ""
    assert seen == keys
    back = bob.get(f"/staff/orders/?after={bob.get(last).context['first']}")
    assert [row["order"].pk for row in back.context["rows"]] == keys[2:4]
    assert back.context["page"].newer


def test_a_button_makes_the_move(browse: Any, place: Any) -> None:
    order = place()
    answer = browse("bob").post(f"/staff/orders/{order.pk}/moves/approve/", {"next": "/staff/orders/?status=pending"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/orders/?status=pending")
    order.refresh_from_db()
    assert order.status == "approved"
    event = order.audit.last()
    assert (event.action, event.actor) == ("approve", "bob@people.example")


def test_a_second_click_changes_nothing_and_says_so(browse: Any, place: Any) -> None:
    order, bob = place(), browse("bob")
    bob.post(f"/staff/orders/{order.pk}/moves/approve/")
    page = bob.post(f"/staff/orders/{order.pk}/moves/approve/", {"next": "/staff/orders/"}, follow=True).text
    assert "Nothing was changed" in page
    assert order.audit.filter(action="approve").count() == 1


def test_nobody_is_sent_to_another_site(browse: Any, place: Any) -> None:
    for where in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        order = place()
        answer = browse("bob").post(f"/staff/orders/{order.pk}/moves/approve/", {"next": where})
        assert answer.headers["Location"] == f"/staff/orders/{order.pk}/"


def test_a_reason_is_asked_for_where_the_move_needs_one(browse: Any, place: Any) -> None:
    order, bob = place(), browse("bob")
    path = f"/staff/orders/{order.pk}/moves/cancel/"
    assert "Why" in bob.get(path).text
    assert "<html" not in bob.get(path, headers={"HX-Request": "true"}).text
    answer = bob.post(path, {"reason": "  "})
    assert answer.status_code == 422 and "Say why" in answer.text
    order.refresh_from_db()
    assert order.status == "pending"
    bob.post(path, {"reason": "the client <b>changed</b> their mind"})
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert order.audit.last().reason == "the client <b>changed</b> their mind"


def test_bulk_approval_shows_count_and_sample_first(browse: Any, place: Any, regulated: Any) -> None:
    orders, other, bob = [place() for _ in range(7)], regulated(), browse("bob")
    keys = [str(order.pk) for order in [*orders, other]]
    answer = bob.post("/staff/orders/bulk/", {"order": keys, "next": "/staff/orders/"})
    assert (
        "Approve 7 orders?" in answer.text
        and all(f">{order.pk}</a>" in answer.text for order in orders)
        and "1 of those you chose" in answer.text
    )
    assert {order.status for order in _fresh(orders)} == {"pending"}
    bob.post("/staff/orders/bulk/approve/", {"order": [str(order.pk) for order in orders]})
    assert {order.status for order in _fresh(orders)} == {"approved"}
    other.refresh_from_db()
    assert other.status == "pending_review"


def test_bulk_approval_of_all_that_are_pending(browse: Any, place: Any) -> None:
    orders = [place() for _ in range(3)]
    assert "Approve 3 orders?" in browse("bob").post("/staff/orders/bulk/", {"all": "yes"}).text
    assert {order.status for order in _fresh(orders)} == {"pending"}


def test_one_refused_order_stops_no_other(browse: Any, place: Any) -> None:
    orders, bob = [place() for _ in range(2)], browse("bob")
    bob.post(f"/staff/orders/{orders[0].pk}/moves/approve/")
    answer = bob.post("/staff/orders/bulk/approve/", {"order": [str(order.pk) for order in orders]}, follow=True)
    assert "Approve: 1 of 2 done" in answer.text and "Nothing was changed" in answer.text
    assert {order.status for order in _fresh(orders)} == {"approved"}


@pytest.mark.parametrize(("who", "status"), [("", 302), ("alice", 403), ("eve", 403)])
def test_the_wrong_person_makes_no_move(browse: Any, place: Any, who: str, status: int) -> None:
    order, client = place(actor="alice"), browse(who)
    for path in ("moves/approve/", "moves/cancel/"):
        assert client.post(f"/staff/orders/{order.pk}/{path}", {"reason": "because"}).status_code == status
        assert client.get(f"/staff/orders/{order.pk}/{path}").status_code == status
    for path in ("bulk/", "bulk/approve/"):
        assert client.post(f"/staff/orders/{path}", {"order": [str(order.pk)], "all": "yes"}).status_code == status
    order.refresh_from_db()
    assert order.status == "pending" and order.audit.count() == 1


@pytest.mark.parametrize(("who", "status"), [("", 302), ("alice", 403)])
def test_the_wrong_person_sees_no_order(browse: Any, place: Any, who: str, status: int) -> None:
    order = place(actor="alice", company="Secret Harbour")
    answer = browse(who).get("/staff/orders/")
    assert answer.status_code == status
    assert order.company not in answer.text


def test_hostile_text_shows_as_text(browse: Any, place: Any) -> None:
    place(company="<script>alert(1)</script>{{ 7*7 }}")
    page = browse("bob").get("/staff/orders/?q=%3Cscript%3Ealert(2)").text
    assert "<script>alert" not in page
    page = browse("bob").get("/staff/orders/").text
    assert "&lt;script&gt;alert(1)" in page and "{{ 7*7 }}" in page


def test_the_queue_asks_little_and_stays_small(
    browse: Any, place: Any, regulated: Any, django_assert_max_num_queries: Any
) -> None:
    from voipbox.pages.staff import queue

    for _ in range(queue.PAGE // 2):
        place()
        regulated()
    bob = browse("bob")
    with django_assert_max_num_queries(8):
        page = bob.get("/staff/orders/")
    assert len(page.content) <= 40 * 1024


def _fresh(orders: list[Any]) -> list[Any]:
    from voipbox.orders.models import Order

    return list(Order.objects.filter(pk__in=[order.pk for order in orders]))
