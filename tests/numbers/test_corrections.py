"""Corrections: the price of another number, what the client is told, and what was withdrawn since."""

from __future__ import annotations

from decimal import Decimal

import pytest
from voipbox.catalog.models import Bundle, Price, Product
from voipbox.core.errors import Refused
from voipbox.numbers import offers, ordering
from voipbox.numbers.models import Choice
from voipbox.orders import actions, compose
from voipbox.orders.intake import Amendment
from voipbox.orders.models import Mail, Order

FIRST = "provider-one"


def cheaper_agreed(order):
    """As if less had been agreed on than any number costs now."""
    choice = Choice.objects.get(order=order)
    content = offers.quote_to_json(choice.quote)
    Choice.objects.filter(order=order).update(quote_data={**content, "setup": "0.01", "monthly": "0.01"})


def test_another_number_is_not_dearer_than_what_was_agreed(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    cheaper_agreed(order)
    other = place.number()
    with pytest.raises(Refused, match=r"number: .* costs .* 0\.01 setup, 0\.01 a month.*were agreed\. Ask the client"):
        ordering.amend(order.pk, Amendment(number=other), actors["bob"], "another number")
    assert Choice.objects.get(order=order).number == order.number
    changed = ordering.amend(order.pk, Amendment(number=other, price_agreed=True), actors["bob"], "asked by telephone")
    assert changed.summary.number.label == other == Choice.objects.get(order=order).number
    mail = Mail.objects.get(order=order, kind="corrected")
    words = compose.compose(mail).text
    assert f"Number: {other}" in words and "What it costs now:" in words


def test_another_way_to_pay_is_priced_and_kept(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    choice = Choice.objects.get(order=order)
    ways = {one.id: one for one in choice.offer.capacities}
    dearest = max(ways.values(), key=lambda one: (one.monthly, one.setup))
    assert dearest.id != choice.capacity_id
    with pytest.raises(Refused, match="were agreed"):
        ordering.amend(order.pk, Amendment(capacity=dearest.id), actors["bob"], "many calls")
    ordering.amend(order.pk, Amendment(capacity=dearest.id, price_agreed=True), actors["bob"], "many calls")
    changed = Order.objects.get(pk=order.pk)
    assert Choice.objects.get(order=order).capacity_id == dearest.id
    assert (changed.number, changed.summary.number.recurring) == (
        order.number,
        Decimal(dearest.monthly).quantize(Decimal("0.01")),
    )


def test_the_client_is_told_what_was_corrected_at_both_addresses(place, actors):
    order = place("alice", company="Your line is locked: pay at evil.example", email="old@acme.example")
    change = Amendment(company="Acme Corp", email="new@acme.example", seats=8)
    actions.amend(order.pk, change, actors["bob"], "the client called")
    mail = Mail.objects.get(order=order, kind="corrected")
    assert mail.recipients == ["new@acme.example", "old@acme.example"]
    words = compose.compose(mail)
    for text in (words.text, words.html):
        assert "Company: Acme Corp" in text and "E-mail: new@acme.example" in text and "Extensions: 8" in text
        assert "evil" not in text and "the client called" not in text and "What it costs now" not in text


def test_no_secret_stands_in_a_correction(place, actors):
    order = place("alice")
    change = Amendment(trunk={"username": "u", "password": "Marked-Trunk-1"}, admin={"password": "Marked-Admin-1"})
    actions.amend(order.pk, change, actors["bob"], "a leaked password")
    words = compose.compose(Mail.objects.get(order=order, kind="corrected"))
    assert "Passwords or settings" in words.text
    assert "Marked" not in words.text + words.html


def test_what_was_withdrawn_since_stays_with_the_order_at_its_price(place, actors):
    order = place("alice")
    before = order.summary
    Product.objects.update(active=False)
    Price.objects.all().delete()
    changed = actions.amend(order.pk, Amendment(company="After Ltd"), actors["bob"], "a typing error")
    assert (changed.company, changed.seats, changed.record, changed.summary) == ("After Ltd", 10, "", before)
    with pytest.raises(Refused, match="to be ordered"):
        place("alice")


def test_a_bundle_that_was_withdrawn_since_does_too(place, actors):
    Bundle.objects.update(auto_run=False)
    order = place("alice", items=[{"bundle": "small-office"}])
    Bundle.objects.update(active=False)
    assert actions.amend(order.pk, Amendment(seats=4), actors["bob"], "one fewer").seats == 4
