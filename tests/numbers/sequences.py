"""Random sequences of what can happen to a purchase, and what must hold after each: one paid number, or a person is asked."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from tests.controller.conftest import ROOT
from tests.numbers.conftest import Market

STEPS_TO_END = 14
LATE = 700  # seconds: past every look
# Faults of the call that buys, and of reading back.
FAULTS = (
    ("refuse", {}), ("delay_then_refuse", {"seconds": 1.4}), ("drop", {}), ("html", {"status": 502}), ("html", {"status": 522}),
    ("limit", {"after": 0, "window": 60}), ("vanish", {}), ("drain", {"amount": "0"}), ("price", {"factor": "3"}),
    ("commit_then_drop", {}), ("commit_then_delay", {"seconds": 1.4}), ("commit_then_html", {"status": 522}),
    ("commit_then_garble", {}),
)  # fmt: skip


class Worker:
    """The process that takes steps. Parameter: database, its name."""

    def __init__(self, database: str, log: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'controller'}:{ROOT / 'lab'}"}
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.numbers.purchase_worker", database], cwd=ROOT, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("w"), text=True,
        )  # fmt: skip
        assert self._read() == "ready"

    def step(self, order: int, crash_at: int | None = None) -> bool:
        """Take one step; True when it was killed on its way."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, "crash_at": crash_at}) + "\n")
        self._process.stdin.flush()
        code = int(self._read())
        assert code in (0, -signal.SIGKILL), self._log.read_text()[-3000:]
        return code != 0

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, self._log.read_text()[-3000:]
        return line

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def worker(folder: Path) -> Iterator[Worker]:
    """A worker on the test's database."""
    from django.db import connection

    one = Worker(connection.settings_dict["NAME"], folder / "worker.log")
    try:
        yield one
    finally:
        one.end()


class Sequence:
    """One order under a random sequence of events. Parameters: market; order; worker; random."""

    def __init__(self, market: Market, order: Any, actors: dict[str, Any], steps: Worker, random: Random) -> None:
        self.market, self.order, self.actors, self.worker, self.random = market, order, actors, steps, random
        self.told: list[str] = []

    def run(self) -> None:
        """Some events, then everything is well again until the order stands still; then the invariant is checked."""
        for _ in range(self.random.randint(3, 7)):
            event = self.random.choice(self.events())
            self.told.append(event.__name__)
            event()
        self.end()
        self.check()

    def events(self) -> tuple[Callable[[], None], ...]:
        """What may happen, the more frequent ones more than once."""
        often = (self.fault, self.fault, self.fault, self.step, self.step, self.crash, self.crash)
        return (*often, self.time, self.retry, self.hint)

    def fault(self) -> None:
        """The next purchase, or the next read, goes wrong."""
        kind, options = self.random.choice(FAULTS)
        match = self.market.buying if self.random.random() < 0.8 else "*"
        if match == "*" and kind.startswith("commit"):
            match = self.market.buying
        self.told.append(f"{kind} {match}")
        self.market.control.fault(kind, match, skip=self.random.choice((0, 0, 0, 1)), **options)

    def step(self) -> None:
        """The daemon takes the order's next step."""
        self.worker.step(self.order.pk)

    def crash(self) -> None:
        """The daemon is killed in the middle of it."""
        self.worker.step(self.order.pk, self.random.randint(1, 24))

    def hint(self) -> None:
        """The provider's callback, whether something happened or not."""
        from voipbox.numbers import advance

        advance.callback(self.order.pk)

    def time(self) -> None:
        """Time passes, here and there."""
        from django.db.models import F
        from voipbox.core import clock
        from voipbox.numbers.models import Purchase

        self.market.control.advance(LATE)
        Purchase.objects.filter(order=self.order, next_look_at__isnull=False).update(
            next_look_at=clock.now(), sent_at=F("sent_at") - datetime.timedelta(hours=1)
        )
        type(self.order).objects.filter(pk=self.order.pk).update(next_try_at=None)

    def retry(self) -> None:
        """Somebody presses retry, where that is possible."""
        from voipbox.core.errors import VoipboxError
        from voipbox.orders import actions

        try:
            actions.perform(self.order.pk, "retry", self.actors["bob"])
        except VoipboxError:
            return

    def end(self) -> None:
        """Nothing goes wrong any more; money is there."""
        self.market.control.clear_faults()
        self.market.control.balance("1000")
        for _ in range(STEPS_TO_END):
            self.time()
            self.worker.step(self.order.pk)
            self.order.refresh_from_db()
            if self.stands_still():
                return
        raise AssertionError(f"the order never came to rest: {self.story()}")

    def stands_still(self) -> bool:
        """Nothing happens by itself any more."""
        from voipbox.numbers.models import Purchase

        if Purchase.objects.filter(order=self.order, state__in=["planned", "sent", "unknown"]).exists():
            return False
        return self.order.status == "failed" or self.order.step in ("trunk", "registration", "provision")

    def check(self) -> None:
        """At most one number was ever paid for this order; when the order went on, exactly one; else a person knows why."""
        from voipbox.numbers.models import Purchase

        attempts = list(Purchase.objects.filter(order=self.order))
        paid = [sold for one in attempts for sold in self.market.control.purchases(reference=one.reference)]
        confirmed = [one for one in attempts if one.state == Purchase.State.CONFIRMED]
        assert len(paid) <= 1, self.story(paid)
        assert len(confirmed) <= 1, self.story(paid)
        if self.order.status == "failed" and self.order.step == "purchase":
            assert self.order.reason, self.story(paid)
            if confirmed:  # found after the order had failed: the person reads that it is paid
                assert [sold["number"] for sold in paid] == [one.number for one in confirmed], self.story(paid)
                assert self.order.reason.startswith(f"{confirmed[0].number} is bought and paid."), self.story(paid)
            elif paid:
                assert any(one.state == Purchase.State.NEEDS_HUMAN for one in attempts), self.story(paid)
        else:
            assert [sold["number"] for sold in paid] == [one.number for one in confirmed] == [self.order.number], self.story(paid)

    def story(self, paid: object = ()) -> str:
        """For a failure: what happened and what there is."""
        from voipbox.numbers.models import Purchase

        self.order.refresh_from_db()
        attempts = list(Purchase.objects.filter(order=self.order).values("reference", "state", "words", "looks", "current"))
        return f"events {self.told}; order {self.order.status}/{self.order.step} {self.order.reason!r}; {attempts}; paid {paid}"


def seed() -> int:
    """Where the sequences start: another place each time, or where VOIPBOX_TEST_SEED says, as a failure named it."""
    return int(os.environ.get("VOIPBOX_TEST_SEED") or SystemRandom().randrange(10**6))


def run_many(market: Market, buy: Any, actors: dict[str, Any], folder: Path, count: int, seed: int) -> dict[str, int]:
    """So many sequences from a seed; returns how often each ended how. A failure names seed and sequence."""
    ends: dict[str, int] = {}
    with worker(folder) as steps:
        for number in range(count):
            market.control.reset()
            order = buy(market)
            start(order, actors)
            one = Sequence(market, order, actors, steps, Random(f"{seed}/{number}"))
            try:
                one.run()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, sequence {number}: {error}") from None
            name = f"{order.status}/{order.step}"
            ends[name] = ends.get(name, 0) + 1
    return ends


def start(order: Any, actors: dict[str, Any]) -> None:
    """Bring an order to its purchase."""
    from voipbox.orders import actions

    if order.regulated:  # its papers are another matter
        type(order).objects.filter(pk=order.pk).update(status="order_placed", step="purchase")
    else:
        actions.perform(order.pk, "approve", actors["bob"])
