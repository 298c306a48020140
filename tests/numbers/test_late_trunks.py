"""A trunk whose answer was lost and that the first provider makes later: one login in the end, or a finding that names both."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db.models import F
from voipbox.core import clock
from voipbox.numbers import advance, reconcile
from voipbox.numbers.models import Finding, OrderTrunk
from voipbox.orders.models import Mail, Order
from voipbox_lab.provider_lab import FIRST

from tests.numbers.sequences import start

pytestmark = pytest.mark.django_db
LATER = datetime.timedelta(hours=1)


@pytest.fixture
def bought(market, buy, actors):
    """An order that has its number and next makes its trunk, and its market."""
    place = market(FIRST, write_timeout="1")
    order = buy(place)
    start(order, actors)
    advance.advance(order.pk)
    return place, Order.objects.get(pk=order.pk)


def logins(place: Any) -> list[dict[str, Any]]:
    return list(place.control.call("GET", "/sub_accounts"))


def step(order: Order) -> Order:
    advance.advance(order.pk)
    return Order.objects.select_related("provider").get(pk=order.pk)


def wait() -> None:
    """It is an hour later, as far as the request for the trunk goes."""
    OrderTrunk.objects.filter(asked_at__isnull=False).update(asked_at=F("asked_at") - LATER)


def test_one_that_lands_late_is_waited_for_and_taken(bought):
    place, order = bought
    place.control.fault("land_late", "createSubAccount", seconds=100)
    for _ in range(3):
        order = step(order)
        assert (order.status, order.step) == ("approved", "trunk") and order.next_try_at is not None
    assert len(place.control.calls("createSubAccount")) == 1 and "may still come" in order.reason
    place.control.advance(101)
    order = step(order)
    assert order.step == "provision" and len(logins(place)) == 1
    given = {"account": order.secrets["trunk"]["username"], "password": order.secrets["trunk"]["password"]}
    assert place.control.call("POST", "/registrations", host="toronto.provider1.example", **given)["registered"]


def test_one_that_lands_after_the_second_goes(bought):
    """The second has another password, because the provider takes the first one only once."""
    place, order = bought
    place.control.fault("land_late", "createSubAccount", seconds=7200)
    order = step(order)
    first = OrderTrunk.objects.get(order=order).wanted_password
    wait()
    order = step(order)
    row = OrderTrunk.objects.get(order=order)
    assert order.step == "provision" and row.wanted_password != first and len(logins(place)) == 1
    assert order.secrets["trunk"]["password"] == row.wanted_password["password"]
    Order.objects.filter(pk=order.pk).update(status="completed")
    place.control.advance(7201)
    assert len(logins(place)) == 2
    assert reconcile.look_for_twins(place.account) == []
    (left,) = logins(place)
    assert left["id"] == row.ids["id"] and not Finding.objects.exists()


def test_two_of_which_none_can_be_deleted_become_a_finding(bought):
    place, order = bought
    place.control.fault("land_late", "createSubAccount", seconds=7200)
    order = step(order)
    wait()
    order = step(order)
    Order.objects.filter(pk=order.pk).update(status="completed")
    place.control.advance(7201)
    place.control.fault("refuse", "delSubAccount", code="account_with_dids", times=None)
    (finding,) = reconcile.look_for_twins(place.account)
    assert (finding.kind, finding.state, finding.order_id) == ("twins", "open", order.pk)
    assert all(one["id"] in finding.words for one in logins(place)) and finding.about == order.secrets["trunk"]["username"]
    assert "Delete the one" in finding.advice
    assert reconcile.look_for_twins(place.account) == [] and reconcile.reconcile(place.account) == []
    assert Finding.objects.get().state == "open" and Mail.objects.filter(kind="notice").count() == 1
    place.control.clear_faults()
    reconcile.look_for_twins(place.account)
    assert Finding.objects.get().state == "settled" and len(logins(place)) == 1


def test_an_order_with_two_logins_fails_with_both_named_and_is_retried(bought, actors):
    from voipbox.orders import actions

    place, order = bought
    place.control.fault("land_late", "createSubAccount", seconds=100)
    place.control.fault("land_late", "createSubAccount", seconds=100, skip=1)  # the one between is refused: its password was used
    order = step(order)
    wait()
    order = step(order)
    place.control.advance(101)
    place.control.fault("refuse", "delSubAccount", code="account_with_dids", times=None)
    order = step(order)
    ids = [one["id"] for one in logins(place)]
    assert order.status == "failed" and len(ids) == 2 and all(one in order.reason for one in ids)
    assert Finding.objects.get().words in order.reason
    place.control.clear_faults()
    actions.perform(order.pk, "retry", actors["bob"])
    assert step(order).step == "provision" and len(logins(place)) == 1
    reconcile.reconcile(place.account)
    assert Finding.objects.get().state == "settled"


def test_what_was_certainly_not_asked_for_is_asked_for_at_once(bought):
    place, order = bought
    place.control.fault("refuse", "createSubAccount", code="method_maintenance")
    order = step(order)
    assert OrderTrunk.objects.get(order=order).asked_at is None and "Nothing was done there" in order.reason
    order = step(order)
    assert order.step == "provision" and OrderTrunk.objects.get(order=order).asked_at is None


def test_a_doubt_is_forgotten_after_a_week(bought):
    place, order = bought
    place.control.fault("commit_then_drop", "createSubAccount")
    place.control.fault("refuse", "setDIDRouting", code="method_maintenance")
    step(order)
    assert step(order).step == "provision"
    OrderTrunk.objects.update(asked_at=clock.now() - datetime.timedelta(days=8))
    reconcile.look_for_twins(place.account)
    assert OrderTrunk.objects.get(order=order).asked_at is None
