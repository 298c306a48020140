"""Three daemons on one PostgreSQL and two PBX servers: nothing happens twice, no two runs meet on a server."""

from __future__ import annotations

import itertools

import pytest

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(81)

ORDERS = 60


@pytest.fixture
def home(tmp_path):
    installation = Installation(tmp_path, labs=2, run_batch=7).start()
    yield installation
    installation.stop()


def test_three_daemons_share_the_work_and_do_nothing_twice(home):
    items = [{"product": "canada-number"}, {"product": "office-5"}]
    servers = itertools.cycle(("pbx-1", "pbx-2"))
    home.place(*[order_data(domain=f"many{n}.example.com", items=items, server=next(servers)) for n in range(ORDERS)])
    for _ in range(3):
        home.daemon()
    home.approve_all()
    home.wait(home.settled, 200)
    assert home.statuses() == {"completed": ORDERS}
    assert home.sql("SELECT max(n) FROM (SELECT count(*) AS n FROM provisioning_runorder GROUP BY order_id) t") == [(1,)]
    assert home.sql(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM orders_auditevent WHERE action = 'start' GROUP BY order_id) t"
    ) == [(1,)]
    overlaps = home.sql(
        "SELECT a.id, b.id FROM provisioning_run a JOIN provisioning_run b ON a.server_id = b.server_id AND a.id < b.id "
        "AND a.started_at < b.finished_at AND b.started_at < a.finished_at"
    )
    assert overlaps == []
    assert home.sql("SELECT count(DISTINCT server_id), count(*) >= 10 FROM provisioning_run") == [(2, True)]
    assert home.sql("SELECT count(*) FROM orders_mail WHERE kind = 'welcome' AND state = 'sent'") == [(ORDERS,)]
    assert len(list((home.state / "mail").glob("*.eml"))) == 2 * ORDERS
