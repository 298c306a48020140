"""Three daemons on one database and two PBX servers: 200 orders in batches, against one run an order."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from tests.bench.report import Ratio
from tests.controller.installation import Installation

ORDERS = 200
ALONE = 8
DAEMONS = 3
SERVERS = 2
LIMIT = 0.1

_OPEN = "SELECT count(*) FROM orders_order WHERE status NOT IN ('completed', 'failed')"
_TWICE = "SELECT order_id FROM provisioning_runorder GROUP BY 1 HAVING count(*) > 1"
_OVERLAPS = (
    "SELECT a.id, b.id FROM provisioning_run a JOIN provisioning_run b ON a.server_id = b.server_id AND a.id < b.id "
    "AND a.started_at < b.finished_at AND b.started_at < a.finished_at"
)


class Throughput:
    """Parameters: folder, fresh; rounds, how often each case is taken, in turn."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.home = Installation(folder, labs=SERVERS)
        self.rounds = rounds
        self.numbers = itertools.count(1)

    def run(self) -> Ratio:
        """Seconds an order in batches, to seconds an order with a run of its own."""
        samples = []
        self.home.start()
        try:
            for _ in range(self.rounds):
                alone = self._seconds_an_order(ALONE, batch=1)
                together = self._seconds_an_order(ORDERS, batch=ORDERS)
                print(
                    f"{DAEMONS} daemons, {SERVERS} servers: {1 / together:.1f} orders a second in batches, "
                    f"{1 / alone:.2f} with one run an order",
                    flush=True,
                )
                samples.append(together / alone)
        finally:
            self.home.stop()
        return Ratio(f"an order among {ORDERS} (three daemons), to one run an order", LIMIT, samples)

    def _seconds_an_order(self, count: int, batch: int) -> float:
        """From the approval of all to the completion of the last, by the clock of the database's machine."""
        home = self.home
        home.environment["VOIPBOX_RUN_BATCH"] = str(batch)
        first = next(self.numbers)
        for _ in range(count - 1):
            next(self.numbers)
        home.place(*[_order(number) for number in range(first, first + count)])
        for _ in range(DAEMONS):
            home.daemon()
        home.wait(lambda: home.sql("SELECT count(*) FROM procrastinate_workers") == [(DAEMONS,)])
        home.approve_all()
        home.wait(lambda: home.sql(_OPEN) == [(0,)], 600)
        rows = home.sql(
            "SELECT count(*) FILTER (WHERE status = 'completed'), "
            "extract(epoch FROM max(completed_at) - (SELECT min(at) FROM orders_auditevent e JOIN orders_order o "
            "ON o.id = e.order_id WHERE e.action = 'approve' AND o.domain = ANY(%s))) FROM orders_order WHERE domain = ANY(%s)",
            [[_domain(number) for number in range(first, first + count)]] * 2,
        )
        completed, seconds = rows[0]
        if completed != count:
            raise SystemExit(f"{count - completed} of {count} orders failed.\n{home.logs()}")
        self._nothing_happened_twice()
        home.stop_daemons()  # and with the last of them the database
        return float(seconds) / count

    def _nothing_happened_twice(self) -> None:
        twice, overlaps = self.home.sql(_TWICE), self.home.sql(_OVERLAPS)
        if twice or overlaps:
            raise SystemExit(f"Orders in two runs: {twice}; runs that overlapped on a server: {overlaps}")


def _domain(number: int) -> str:
    return f"bench{number}.pbx-{number % SERVERS + 1}.example.com"


def _order(number: int) -> dict[str, Any]:
    return {
        "company": f"Bench {number}",
        "contact": "Ada Admin",
        "email": "ada@bench.example",
        "phone": "+14165550123",
        "items": [{"product": "canada-number"}, {"product": "office-10"}],
        "term": "monthly",
        "number": f"+1416{2000000 + number}",
        "trunk": {"username": f"bench{number}", "password": "Example-Trunk-1"},
        "server": f"pbx-{number % SERVERS + 1}",
        "domain": _domain(number),
    }
