"""Orders go on while strangers hold everything else up."""

from __future__ import annotations

import itertools
import socket
import threading

import pytest
from procrastinate.contrib.django import app
from voipbox.core import jobs

from tests.controller.fixtures import order_data
from tests.controller.installation import Installation

pytestmark = pytest.mark.long(25)
ENDPOINTS = 12


@pytest.fixture
def home(tmp_path):
    installation = Installation(tmp_path, job_slots=1, webhook_private="true").start()
    yield installation
    installation.stop()


@pytest.fixture
def dripping():
    """A port where whoever asks is answered a byte now and then, for ever."""
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    over = threading.Event()

    def talk(connection):
        with connection:
            for part in itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X")):
                if over.wait(0.5):
                    return
                try:
                    connection.sendall(part)
                except OSError:
                    return

    def accept():
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    over.set()
    server.close()


def test_an_order_completes_while_every_webhook_drips(home, dripping):
    for number in range(ENDPOINTS):
        home.voipbox("webhook", "add", f"http://127.0.0.1:{dripping}/{number}")
    home.daemon()
    home.place(*[order_data(domain=f"noise{n}.pbx-1.example.com") for n in range(4)])
    home.wait(lambda: home.sql("SELECT count(*) FROM orders_webhookdelivery WHERE state = 'sending'")[0][0] >= 2, 60)
    home.place(order_data(domain="slots.pbx-1.example.com"))
    home.approve_all()
    home.wait(home.settled, 120)
    assert {row[0] for row in home.sql("SELECT status FROM orders_order")} == {"completed"}
    undelivered = home.sql("SELECT count(*) FROM orders_webhookdelivery WHERE state IN ('queued', 'sending')")[0][0]
    assert undelivered > 0


def test_every_job_waits_in_a_queue_that_has_slots():
    app.perform_import_paths()
    slots = jobs.slots(1)
    for name, task in app.tasks.items():
        queue = jobs._QUEUES.get(name, task.queue)
        assert queue in slots or "builtin" in name, name
    assert {name for name, queue in jobs._QUEUES.items() if queue in (jobs.DEPLOY, jobs.ADVANCE)} == {
        "voipbox.deploy", "voipbox.advance", "voipbox.register",
    }  # fmt: skip
