"""A number that is used again: each call is charged to the order that had the number then."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from voipbox.core import clock
from voipbox.numbers import advance, usage
from voipbox.orders.models import Order
from voipbox.providers.errors import ProviderError, Temporary, Unconfirmed
from voipbox.providers.records import UsageRow
from voipbox_lab.provider_lab import FIRST

from tests.numbers.sequences import start

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_is_charged_to_the_order_that_had_the_number_then(market, buy):
    place = market(FIRST)
    now = clock.now()
    day = datetime.timedelta(days=1)
    former, present = buy(place), buy(place)
    number = present.number
    Order.objects.filter(pk=former.pk).update(
        number=number, status="cancelled", created_at=now - 30 * day, status_since=now - 20 * day
    )
    Order.objects.filter(pk=present.pk).update(created_at=now - 10 * day)
    users = usage._users(place.account)
    charged = {}
    for ago in (25, 15, 5):
        row = UsageRow(f"row-{ago}", now - ago * day, "call", number, "+14165550999", 60, Decimal("0.01"), "USD", "", "")
        charged[ago] = usage._row(place.account, row, users, {}).order_id
    assert charged == {25: former.pk, 15: present.pk, 5: present.pk}


def test_tries_are_counted_in_a_column_and_from_none_after_a_success(market, buy, actors):
    place = market(FIRST, read_timeout="1", write_timeout="1")
    order = buy(place)
    start(order, actors)
    place.control.fault("html", "*", times=None, status=502)
    advance.advance(order.pk)
    order.refresh_from_db()
    assert (order.provider_tries, order.facts) == (1, {})
    Order.objects.filter(pk=order.pk).update(facts={"gateways": []})
    advance.advance(order.pk)
    order.refresh_from_db()
    assert (order.provider_tries, order.facts) == (2, {"gateways": []})
    place.control.clear_faults()
    advance.advance(order.pk)
    order.refresh_from_db()
    assert (order.step, order.provider_tries) == ("trunk", 0)


def test_what_may_have_been_done_is_no_kind_of_what_was_not_done():
    assert issubclass(Unconfirmed, ProviderError)
    assert not issubclass(Unconfirmed, Temporary)
