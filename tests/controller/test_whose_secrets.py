"""Whose secrets a run may change: those that an amendment replaced since the last completed run, and nobody else's."""

from __future__ import annotations

from voipbox.core.people import SYSTEM
from voipbox.orders import actions, intake
from voipbox.orders.models import Order
from voipbox.provisioning import tenant_file


def modes(order):
    built = tenant_file.build(Order.objects.select_related("server", "provider").get(pk=order.pk))
    return {entry.number: entry.update_password for entry in built.extensions} | {"admin": built.users[0].update_password}


def amend(order, actors, **changes):
    return actions.amend(order.pk, intake.parse(intake.Amendment, changes), actors["dora"], "asked for by phone")


def test_a_run_writes_secrets_only_to_what_it_makes(place):
    assert set(modes(place()).values()) == {"on_create"}


def test_what_an_amendment_replaced_is_written_until_a_run_completed(place, actors):
    order = place()
    amend(order, actors, company="Acme Incorporated")
    assert set(modes(order).values()) == {"on_create"}
    amend(order, actors, admin={"password": "Another-Admin-2026"})
    amend(order, actors, extensions=[{"number": "1002", "name": "Bob", "voicemail_password": "778899"}])
    wanted = dict.fromkeys((str(number) for number in range(1001, 1011)), "on_create") | {"1002": "always", "admin": "always"}
    assert modes(order) == wanted
    amend(order, actors, company="Acme Limited")
    assert modes(order) == wanted
    before = Order.objects.get(pk=order.pk).secrets
    for move in ("approve", "start", "complete"):
        actions.perform(order.pk, move, SYSTEM)
    assert set(modes(order).values()) == {"on_create"}
    after = Order.objects.get(pk=order.pk).secrets
    assert after == {name: value for name, value in before.items() if name != "amended"}


def test_seats_that_are_added_or_taken_away_are_none_that_changed(place, actors):
    order = place(seats=8)
    amend(order, actors, seats=10)
    assert set(modes(order).values()) == {"on_create"}
    amend(order, actors, seats=10, extensions=[{"number": "1010", "password": "Another-Sip-1010"}])
    assert modes(order)["1010"] == "always"
    amend(order, actors, seats=8)
    assert set(modes(order).values()) == {"on_create"}
