"""The dashboard."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

pytestmark = pytest.mark.django_db


def test_an_empty_installation_says_what_to_do(browse: Any, people: Any) -> None:
    page = browse("bob").get("/staff/").text
    assert "No orders yet" in page and "Nothing: everything goes on by itself" in page


def test_what_needs_a_person_stands_first(browse: Any, place: Any, regulated: Any) -> None:
    from voipbox.core import clock
    from voipbox.numbers.models import Balance, Purchase
    from voipbox.orders.models import Order

    failed, blocked, other = place(), regulated(), place()
    Order.objects.filter(pk=failed.pk).update(status="failed", reason="<b>no route</b>")
    Order.objects.filter(pk=blocked.pk).update(status="blocked")
    Balance.objects.create(account=other.provider, amount=Decimal("3.5"), at=clock.now(), low=True)
    Purchase.objects.create(
        account=other.provider,
        number=other.number,
        offer_data={},
        capacity_id="x",
        order=other,
        reference="vb-1",
        attempt=1,
        state="unknown",
    )
    page = browse("eve").get("/staff/").text
    for words in (
        "order failed",
        "order is blocked",
        "purchase has an open outcome",
        "balance is low",
        "order waits to be approved",
    ):
        assert words in page, words
    assert f"/staff/orders/{other.pk}/#numbers" in page and "3.50 USD" in page
    assert "&lt;b&gt;no route" in page


def test_orders_by_state_and_age(browse: Any, place: Any) -> None:
    from voipbox.core import clock
    from voipbox.orders.models import Order

    first, _ = place(), place()
    Order.objects.filter(pk=first.pk).update(status_since=clock.now() - datetime.timedelta(days=3, hours=1))
    states = browse("bob").get("/staff/").context["states"]
    assert [(one["status"], one["count"]) for one in states] == [("pending", 2)]
    assert "3 d" in browse("bob").get("/staff/").text


def test_runs_are_drawn_by_day(browse: Any, place: Any) -> None:
    from voipbox.core import clock
    from voipbox.provisioning.models import Run

    server, now = place().server, clock.now()
    for days, state in ((0, "succeeded"), (0, "failed"), (2, "succeeded"), (2, "succeeded"), (20, "failed")):
        Run.objects.create(server=server, state=state, started_at=now - datetime.timedelta(days=days))
    answer = browse("bob").get("/staff/")
    found = {(now.date() - day.date).days: (day.good, day.bad) for day in answer.context["days"] if day.all}
    assert found == {0: (1, 1), 2: (2, 0)}
    assert answer.text.count('class="good"') == 2 and answer.text.count('class="bad"') == 1
    assert "75 % of 4 succeeded" in answer.text


@pytest.mark.parametrize(("most", "top"), [(0, 2), (2, 2), (3, 10), (11, 20), (21, 50), (51, 100), (101, 200)])
def test_the_scale_fits(most: int, top: int) -> None:
    from voipbox.pages.staff.plot import Day, plot

    drawn = plot([Day(datetime.date(2026, 1, 1), most, 0)])
    assert [number for _, number in drawn.lines] == [0, top // 2, top]
    assert all(bar.good_y >= 0 and bar.bad_y >= 0 for bar in drawn.bars)


def test_the_dashboard_asks_little(browse: Any, place: Any, django_assert_max_num_queries: Any) -> None:
    place()
    bob = browse("bob")
    with django_assert_max_num_queries(20):
        bob.get("/staff/")
