"""Registrations under random faults, deaths, callbacks and decisions: never two at once, never one lost, each ends or asks.

A failing seed is printed by its number; run it alone with -k.
"""

from __future__ import annotations

import contextlib
import datetime
import random

import pytest
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, VoipboxError
from voipbox.providers.errors import AuthFailed, NothingSent, OutcomeUnknown, RateLimited
from voipbox.providers.records import NumberState
from voipbox.regulatory import verification

from tests.regulatory.conftest import fresh

SEEDS = range(24)
STEPS = 25


class Killed(BaseException):
    """kill -9."""


# Errors that say for certain that nothing was done come before the effect; the others on either side of it.
CERTAIN = (lambda: NothingSent("not reached"), lambda: RateLimited("too many"), lambda: AuthFailed("wrong key"))
DOUBTFUL = (lambda: OutcomeUnknown("no answer"), Killed, lambda: RuntimeError("a fault of this program"))
CALLS = ("number", "validate", "submit_registration", "find_registration", "registration")


def hold(world, one):
    """What must always be true."""
    rows = list(world.verifications.values())
    references = [row["reference"] for row in rows]
    assert len(references) == len(set(references)), "one reference was handed in twice"
    assert sum(row["state"] == "pending" for row in rows) <= 1, "two registrations are open at once"
    order = fresh(one)
    assert order.status in {"order_placed", "awaiting_registration", "blocked", "active"}
    if order.status == "active":
        assert world.states[order.number] == NumberState.ACTIVE
    if order.registration.state == "pending":
        assert order.registration.verification_id in world.verifications
    assert len(world.purchases) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_life(seed, order, walk, world, actors, monkeypatch):
    dice = random.Random(seed)
    shift = [datetime.timedelta()]
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + shift[0])
    one = order()
    walk(one, "bought")

    def look():
        with contextlib.suppress(Killed, RuntimeError, MoveRefused):
            verification.register(one.pk)

    def trouble():
        after = dice.random() < 0.5
        world.script(dice.choice(CALLS), dice.choice(DOUBTFUL if after else CERTAIN + DOUBTFUL)(), after=after)

    def decide():
        open_ones = [row for row in world.verifications.values() if row["state"] == "pending"]
        if open_ones and dice.random() < 0.5:
            world.approve(open_ones[0]["reference"], switch_on=dice.random() < 0.5)
        elif open_ones:
            world.reject("The proof of personal address is required", reference=open_ones[0]["reference"])

    def switch_on():
        if any(row["state"] == "approved" for row in world.verifications.values()):
            world.states[one.number] = NumberState.ACTIVE

    def again():
        with contextlib.suppress(VoipboxError, Killed, RuntimeError):
            verification.submit_again(one.pk, actors["bob"])

    def wait():
        shift[0] += datetime.timedelta(seconds=dice.choice((1, 31, 130, 700, 4000, 90_000)))

    for _ in range(STEPS):
        dice.choice((look, look, look, trouble, trouble, decide, switch_on, again, wait, wait))()
        hold(world, one)
    # Calm: everything goes through now, a person helps where one is asked for.
    world.scripts.clear()
    for _ in range(12):
        shift[0] += datetime.timedelta(days=2)
        look()
        if fresh(one).registration.state in ("rejected", "needs_person"):
            again()
        look()
        for row in world.verifications.values():
            if row["state"] == "pending" and row["reference"].endswith(f"-{fresh(one).registration.attempt}"):
                world.approve(row["reference"])
        switch_on()
        hold(world, one)
    assert fresh(one).status == "active", f"seed {seed}"
