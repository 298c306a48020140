"""Runs that are killed: their orders go on by themselves, and only one that kills its runs fails."""

from __future__ import annotations

import datetime
import os
import socket

import pytest
from voipbox.core import clock
from voipbox.core.config import config
from voipbox.orders import actions
from voipbox.orders.models import Order
from voipbox.provisioning import care, deploy
from voipbox.provisioning.models import Run, RunOrder
from voipbox.provisioning.story import story, waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(place, actors):
    """approved(n): so many orders that are ready for a run."""

    def approved(count):
        orders = [place(domain=f"killed{number}.pbx.example.com") for number in range(count)]
        for order in orders:
            actions.perform(order.pk, "approve", actors["bob"])
        return [order.pk for order in orders]

    return approved


def fresh(number):
    return Order.objects.select_related("server").get(pk=number)


def killed_run(server, by_machine):
    """A run that begins and whose process is gone; its daemon saw it end, or fell too. Returns the orders it had."""
    Order.objects.filter(next_try_at__isnull=False).update(next_try_at=clock.now() - datetime.timedelta(seconds=1))
    claimed = deploy.claim(server)
    assert claimed is not None
    run, orders = claimed
    if not by_machine:
        care.note_death(server.pk, os.getpid())
    deploy.settle_lost(server.pk)
    assert Run.objects.get(pk=run.pk).state == "lost"
    return [order.pk for order in orders]


def test_an_order_whose_machine_falls_again_and_again_goes_on_with_a_growing_pause(approved):
    (number,) = approved(1)
    pauses = []
    for _ in range(20):
        killed_run(fresh(number).server, by_machine=True)
        order = fresh(number)
        assert order.status == "approved" and "goes on by itself" in order.reason
        pauses.append(round((order.next_try_at - clock.now()).total_seconds()))
    assert pauses == sorted(pauses) and pauses[0] <= config().run_retry_delay < pauses[3] and pauses[-1] <= 1800


def test_an_order_that_kills_its_runs_fails_alone_in_the_end_and_harms_no_other(approved):
    bad, good = approved(2)
    server = fresh(bad).server
    for _ in range(2):
        assert killed_run(server, by_machine=False) == [bad, good]
    for _ in range(config().run_deaths - 2):
        assert fresh(bad).status == "approved"
        assert killed_run(server, by_machine=False) == [bad]
    order = fresh(bad)
    assert order.status == "failed" and f"{config().run_deaths} times in a row" in order.reason
    assert order.next_try_at is None and "next automatic try" not in "\n".join(story(order))
    assert fresh(good).status == "approved"


def test_a_fall_of_the_machine_says_that_it_was_not_the_order(approved):
    (number,) = approved(1)
    for _ in range(3):
        for _ in range(config().run_deaths - 1):
            killed_run(fresh(number).server, by_machine=False)
        killed_run(fresh(number).server, by_machine=True)
    order = fresh(number)
    assert (order.status, order.run_deaths) == ("approved", 0)


def test_another_daemons_run_is_not_marked(approved):
    (number,) = approved(1)
    server = fresh(number).server
    run, _ = deploy.claim(server)
    care.note_death(server.pk, os.getpid() + 1)
    Run.objects.filter(pk=run.pk).update(machine="elsewhere")
    care.note_death(server.pk, os.getpid())
    assert not Run.objects.get(pk=run.pk).died
    Run.objects.filter(pk=run.pk).update(machine=socket.gethostname())
    care.note_death(server.pk, os.getpid())
    assert Run.objects.get(pk=run.pk).died and RunOrder.objects.filter(run=run, order=number).exists()


def test_a_try_that_lies_in_the_past_is_told_nowhere(approved):
    (number,) = approved(1)
    Order.objects.filter(pk=number).update(next_try_at=clock.now() - datetime.timedelta(hours=1))
    assert "next automatic try" not in waits(fresh(number))
    Order.objects.filter(pk=number).update(next_try_at=clock.now() + datetime.timedelta(hours=1))
    assert "next automatic try" in waits(fresh(number))
