"""What is paid and what is used: findings for people, giving numbers back, usage for billing."""

from __future__ import annotations

import datetime

import pytest
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, NotAllowed, Refused
from voipbox.numbers import advance, decisions, reconcile, usage
from voipbox.numbers.models import Finding, Purchase, Usage
from voipbox.orders.models import AuditEvent, Mail, Order
from voipbox_lab.provider_lab import FIRST

from tests.numbers.sequences import start

pytestmark = pytest.mark.django_db


@pytest.fixture
def used(market, buy, actors):
    """A completed order with its number, and its market."""
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    advance.advance(order.pk)
    advance.advance(order.pk)
    Order.objects.filter(pk=order.pk).update(status="completed")
    return place, Order.objects.get(pk=order.pk)


def test_all_well_finds_nothing(used):
    place, _ = used
    assert reconcile.reconcile(place.account) == []


def test_a_number_without_a_tenant_is_told_once_and_never_released(used, actors):
    place, order = used
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    found = reconcile.reconcile(place.account)
    assert [(one.kind, one.number) for one in found] == [("orphan", order.number)]
    assert f"order {order.pk}" in found[0].words
    assert reconcile.reconcile(place.account) == []
    assert Mail.objects.filter(kind="notice").count() == 1
    assert order.number in place.control.call("GET", "/owned")


def test_a_number_that_is_gone_is_told(used):
    place, order = used
    from voipbox.providers.drivers import open_driver

    with open_driver(place.account) as driver:
        driver.release(order.number)
    found = reconcile.reconcile(place.account)
    assert [(one.kind, one.order_id) for one in found] == [("missing", order.pk)]


def test_a_purchase_that_turns_up_late_is_held_and_told(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    place.control.fault("commit_then_drop", place.buying)
    advance.advance(order.pk)
    first = Purchase.objects.get(order=order)
    Purchase.objects.filter(pk=first.pk).update(state="refused", current=False, next_look_at=None, was_unknown=True)
    Order.objects.filter(pk=order.pk).update(number="+14165550199")
    found = reconcile.reconcile(place.account)
    assert [(one.kind, one.number) for one in found] == [("duplicate", first.number)]
    assert first.number in place.control.call("GET", "/owned")


def test_giving_back_wants_the_number_twice_a_reason_and_no_tenant(used, actors):
    place, order = used
    account = place.account.pk
    with pytest.raises(Refused, match="confirm"):
        decisions.release(account, order.number, "+1", actors["bob"], "not needed")
    with pytest.raises(NotAllowed):
        decisions.release(account, order.number, order.number, actors["alice"], "not needed")
    with pytest.raises(MoveRefused, match=f"is used by order {order.pk}"):
        decisions.release(account, order.number, order.number, actors["bob"], "not needed")
    assert order.number in place.control.call("GET", "/owned")
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    reconcile.reconcile(place.account)
    decisions.release(account, order.number, order.number, actors["bob"], "not needed")
    assert order.number not in place.control.call("GET", "/owned")
    assert AuditEvent.objects.get(action="release_number").reason == "not needed"
    assert not Finding.objects.filter(settled_at=None).exists()


def test_a_finding_is_settled_with_a_reason(used, actors):
    place, order = used
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    (finding,) = reconcile.reconcile(place.account)
    with pytest.raises(Refused, match="reason"):
        decisions.settle_finding(finding.pk, actors["bob"], "")
    decisions.settle_finding(finding.pk, actors["bob"], "kept for another order")
    assert Finding.objects.get(pk=finding.pk).settled_at is not None


def test_calls_are_counted_once_and_billed_to_their_tenant(used):
    place, order = used
    login = order.secrets["trunk"]["username"]
    for seconds in (60, 30):
        place.control.call(
            "POST", "/calls", account=login, kind="inbound", number=order.number, peer="+14165550123", seconds=seconds
        )
    since = clock.now() - datetime.timedelta(days=2)
    assert usage.fetch(place.account, since) > 0
    assert usage.fetch(place.account, since) == 0
    mine = Usage.objects.filter(order=order)
    assert sum(row.seconds for row in mine) >= 90
    text = usage.as_csv(f"{clock.now():%Y-%m}")
    assert text.splitlines()[0].startswith("month,order,domain")
    assert order.domain in text
    with pytest.raises(Refused, match="month"):
        usage.as_csv("2026-13")


def test_a_companys_name_is_no_formula(used):
    place, order = used
    Order.objects.filter(pk=order.pk).update(company="=HYPERLINK(1)")
    Usage.objects.create(
        account=place.account, row_id="1", at=clock.now(), kind="fee", amount=1, currency="USD", order=order, description="x"
    )
    assert "'=HYPERLINK(1)" in usage.as_csv(f"{clock.now():%Y-%m}")
