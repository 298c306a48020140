"""kill -9 of the daemon, of a run's process, of both and of PostgreSQL, at random moments of many runs."""

from __future__ import annotations

import collections
import os
import random
import signal
import time

import psutil
import psycopg2
import pytest

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(285)

KILLS = 20
ORDERS = 40


@pytest.fixture
def home(tmp_path):
    installation = Installation(tmp_path, run_batch=2, run_attempts=15).start()
    yield installation
    installation.stop()


def kill_children(daemon):
    """The processes of runs, not the helpers that they start: those must end by themselves."""
    killed = 0
    for child in psutil.Process(daemon.pid).children():
        if "voipbox.provisioning.child" in " ".join(child.cmdline()):
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
    return killed


def strike(home, target):
    """Kill; returns whether there was something to kill."""
    daemon = home.daemons[-1]
    if target == "database":
        home.kill_database()
        return True
    hit = kill_children(daemon) if target in ("child", "both") else 0
    if target in ("daemon", "both"):
        daemon.kill()
        daemon.wait()
        home.daemon()
        return True
    return bool(hit)


def test_whatever_is_killed_every_order_ends_once(home):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    items = [{"product": "canada-number"}, {"product": "office-5"}]
    home.place(*[order_data(domain=f"crash{n}.pbx-1.example.com", items=items) for n in range(ORDERS)])
    home.daemon()
    home.approve_all()
    strikes = collections.Counter()
    for round_number in range(KILLS):
        target = ("daemon", "child", "both", "database")[round_number % 4]
        deadline = time.monotonic() + 60
        home.wait(
            lambda: home.sql("SELECT count(*) FROM provisioning_run WHERE state = 'running'") == [(1,)] or home.settled(), 90
        )
        time.sleep(moments.uniform(0, 3))
        while not strike(home, target) and time.monotonic() < deadline:
            time.sleep(0.1)
        strikes[target] += 1
    home.wait(home.settled, 300)

    rows = home.sql("SELECT id, domain, status, reason FROM orders_order ORDER BY id")
    assert len(rows) == ORDERS
    assert {status for _, _, status, _ in rows} <= {"completed", "failed"}
    assert all(reason for _, _, status, reason in rows if status == "failed")
    assert sum(status == "completed" for _, _, status, _ in rows) >= ORDERS - 2
    completed = {number for number, _, status, _ in rows if status == "completed"}
    done = home.sql("SELECT order_id, count(*) FROM orders_auditevent WHERE action = 'complete' GROUP BY 1")
    assert dict(done) == dict.fromkeys(completed, 1)
    assert home.sql("SELECT count(*) FROM provisioning_run WHERE state = 'running'") == [(0,)]
    assert strikes == {"daemon": 5, "child": 5, "both": 5, "database": 5}

    welcome = home.sql("SELECT order_id, count(*) FROM orders_mail WHERE kind = 'welcome' GROUP BY 1")
    assert dict(welcome) == dict.fromkeys(completed, 1)
    files = [path.read_text() for path in (home.state / "mail").glob("*.eml")]
    assert sum("is ready" in text.split("\n\n")[0] for text in files) == len(completed)
    assert home.sql("SELECT count(*) FROM orders_mail WHERE state <> 'sent'") == [(0,)]
    with psycopg2.connect(home.labs[0].dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT domain_name, count(*) FROM v_domains WHERE domain_name LIKE 'crash%' GROUP BY 1")
        tenants = dict(cursor.fetchall())
        cursor.execute("SELECT domain_uuid, extension, count(*) FROM v_extensions GROUP BY 1, 2 HAVING count(*) > 1")
        assert cursor.fetchall() == []
    assert set(tenants.values()) == {1}
    assert {domain for _, domain, status, _ in rows if status == "completed"} <= set(tenants)
    assert list(home.runs.iterdir()) == [] or all(not psutil.pid_exists(d.pid) for d in home.daemons[:-1])
