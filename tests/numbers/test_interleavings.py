"""A person acts at every boundary of what a job does with a purchase: one paid number, one truth, or a person is asked."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from voipbox.core import clock
from voipbox.core.errors import VoipboxError
from voipbox.numbers import advance, decisions, ledger, ordering
from voipbox.numbers.models import Choice, Finding, Purchase
from voipbox.orders import actions
from voipbox.orders.intake import Amendment
from voipbox.orders.models import Order
from voipbox.providers.records import Bought, PurchaseState
from voipbox_lab.provider_lab import FIRST, SECOND

from tests.numbers.sequences import start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long(60)]
_PATIENCE = 20.0
_BOUNDARIES = 40


class Paused:
    """A job in a thread that stops once, at its n-th boundary: before or after a call to the provider, after a commit.

    Parameters: job; boundary, counted from 1; monkeypatch.
    """

    def __init__(self, job: Callable[[], None], boundary: int, monkeypatch: pytest.MonkeyPatch) -> None:
        import httpx
        from django.db.backends.base.base import BaseDatabaseWrapper

        self._left, self._job, self._error = boundary, job, None
        self._stopped, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        send, commit = httpx.Client.send, BaseDatabaseWrapper._commit

        def sent(*args: Any, **kwargs: Any) -> Any:
            self._pass()
            answer = send(*args, **kwargs)
            self._pass()
            return answer

        def committed(*args: Any, **kwargs: Any) -> Any:
            answer = commit(*args, **kwargs)
            self._pass()
            return answer

        monkeypatch.setattr(httpx.Client, "send", sent)
        monkeypatch.setattr(BaseDatabaseWrapper, "_commit", committed)

    def until(self) -> bool:
        """Run up to the boundary; False when the job ended before."""
        self._thread.start()
        while not self._stopped.wait(0.01):
            if not self._thread.is_alive():
                return False
        return True

    def end(self) -> None:
        """Let it go on to its end."""
        self._go.set()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._job()
        except BaseException as error:
            self._error = error
        finally:
            connection.close()

    def _pass(self) -> None:
        if threading.current_thread() is self._thread:
            self._left -= 1
            if self._left == 0:
                self._stopped.set()
                self._go.wait(_PATIENCE)


def settle(bought: bool) -> Callable[..., None]:
    def act(order: Order, actor: Any, place: Any) -> None:
        purchase = Purchase.objects.filter(order=order, current=True).first()
        if purchase is not None:
            decisions.settle_purchase(purchase.pk, bought, actor, "seen in the portal")

    return act


def move(action: str) -> Callable[..., None]:
    def act(order: Order, actor: Any, place: Any) -> None:
        actions.perform(order.pk, action, actor, "the client called")

    return act


def another_number(order: Order, actor: Any, place: Any) -> None:
    ordering.amend(order.pk, Amendment(number=place.number()), actor, "the client wants another one")


def another_job(order: Order, actor: Any, place: Any) -> None:
    advance.advance(order.pk)


ACTS = {
    "settle as bought": settle(True),
    "settle as not bought": settle(False),
    "cancel": move("cancel"),
    "reset": move("reset_purchase"),
    "activate": move("activate"),
    "another number": another_number,
    "the same job": another_job,
}


def buying(place: Any, order: Order) -> None:
    """The job that sends."""


def looking(place: Any, order: Order) -> None:
    """The job that reads back: the number was sold, and the answer was lost."""
    place.control.fault("commit_then_drop", place.buying)
    advance.advance(order.pk)
    its = Purchase.objects.filter(order=order)
    assert its.get().state == "unknown"
    its.update(next_look_at=clock.now(), sent_at=clock.now() - datetime.timedelta(hours=1))


def looking_in_vain(place: Any, order: Order) -> None:
    """The job that reads back for the last time: nothing was sold."""
    place.control.fault("drop", place.buying)
    advance.advance(order.pk)
    its = Purchase.objects.filter(order=order)
    assert its.get().state == "unknown"
    its.update(next_look_at=clock.now(), sent_at=clock.now() - datetime.timedelta(hours=1), looks=2)


def rest(order: Order) -> None:
    """Everything that goes by itself has gone."""
    before = None
    for _ in range(8):
        now = (*Order.objects.filter(pk=order.pk).values_list("status", "step"), *Purchase.objects.values_list("state", "looks"))
        if now == before:
            return
        before = now
        Purchase.objects.filter(order=order, next_look_at__isnull=False).update(
            next_look_at=clock.now(), sent_at=clock.now() - datetime.timedelta(hours=1)
        )
        Order.objects.filter(pk=order.pk).update(next_try_at=None)
        advance.advance(order.pk)


def check(place: Any, order: Order, told: str) -> None:
    order.refresh_from_db()
    attempts = list(Purchase.objects.filter(order=order))
    paid = place.control.purchases()
    confirmed = [one for one in attempts if one.state == "confirmed"]
    story = f"{told}; order {order.status}/{order.step} {order.reason!r}; {[(a.state, a.words) for a in attempts]}; paid {paid}"
    assert len(paid) <= 1, story
    assert [sold["number"] for sold in paid] == [one.number for one in confirmed], story
    if paid and order.status == "cancelled":
        assert Finding.objects.filter(number=paid[0]["number"], kind="orphan", settled_at=None).exists(), story
    elif paid and order.status not in ("failed", "pending", "documents_uploaded"):
        assert order.number == paid[0]["number"], story


SETTLING = ("settle as bought", "settle as not bought")
CASES = (
    *((FIRST, buying, act) for act in ACTS),
    *((FIRST, looking, act) for act in (*SETTLING, "cancel", "the same job")),
    *((FIRST, looking_in_vain, act) for act in SETTLING),
    *((SECOND, buying, act) for act in (*SETTLING, "reset", "activate")),
)


@pytest.mark.parametrize(("name", "before", "act"), CASES)
def test_a_person_and_a_job_at_every_boundary(market, buy, actors, monkeypatch, name, before, act):
    place = market(name, read_timeout="1", write_timeout="1")
    monkeypatch.setattr(decisions, "_PATIENCE", 0.0)
    monkeypatch.setattr(advance, "_PATIENCE", 0.0)
    for boundary in range(1, _BOUNDARIES):
        place.control.reset()
        order = buy(place)
        start(order, actors)
        before(place, order)
        with monkeypatch.context() as here:
            job = Paused(lambda order=order: advance.advance(order.pk), boundary, here)
            reached = job.until()
            try:
                ACTS[act](order, actors["bob"], place)
                outcome = "done"
            except VoipboxError as error:
                outcome = f"{type(error).__name__}: {error}"
            job.end()
        rest(order)
        check(place, order, f"{act} at boundary {boundary} of {before.__name__}: {outcome}")
        if not reached:
            break
    else:
        raise AssertionError("the job has more boundaries than were tried")


def test_an_order_that_lists_no_number_reaches_a_person(market, buy, actors, monkeypatch):
    place = market(FIRST)
    order = buy(place)
    start(order, actors)
    looking(place, order)
    purchase = Purchase.objects.get(order=order)
    for hours, state in ((1, "sent"), (25, "needs_human")):
        purchase.number, purchase.sent_at = "", clock.now() - datetime.timedelta(hours=hours)
        ledger._take(purchase, [Bought(PurchaseState.COMPLETED, purchase.reference)])
        assert Purchase.objects.get(order=order).state == state
    assert "lists no number for it. It may be paid" in Purchase.objects.get(order=order).words


def test_a_price_in_another_currency_is_not_the_one_that_was_agreed(market, buy, actors):
    place = market(FIRST)
    order = buy(place)
    choice = Choice.objects.get(order=order)
    choice.quote_data = {**choice.quote_data, "currency": "EUR"}
    choice.save()
    start(order, actors)
    advance.advance(order.pk)
    order.refresh_from_db()
    assert order.status == "failed"
    assert "not in EUR as agreed; nothing was ordered" in order.reason
    assert place.control.purchases() == []


def test_a_cancelled_order_keeps_its_own_reason_while_its_purchase_is_looked_for(market, buy, actors):
    place = market(FIRST, read_timeout="1", write_timeout="1")
    order = buy(place)
    start(order, actors)
    looking(place, order)
    actions.perform(order.pk, "cancel", actors["bob"], "the client called")
    place.control.fault("html", "*", status=502)
    advance.advance(order.pk)
    order.refresh_from_db()
    assert order.provider_tries == 1
    assert (order.status, order.reason, order.next_try_at) == ("cancelled", "", None)
