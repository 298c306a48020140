"""The queue page among 1,000 and among 100,000 orders: queries, size, and CPU of the web process and the database."""

from __future__ import annotations

import time
from typing import Any

import psutil

from tests.bench.report import Ratio

MOST_QUERIES = 8
MOST_BYTES = 40 * 1024
ROUNDS = 9
_AT_ONCE = 20  # pages a sample: the CPU clocks of processes count in hundredths of a second
PATHS = ("", "?status=completed", "?status=pending", "?before=1000900")


def queue_page(few: str, many: str) -> list[Ratio]:
    """The ratios. few and many: names of databases with 1,000 and 100,000 orders on the server that Django uses."""
    queries, size = [], []
    with _Browser(many) as browser:
        for path in PATHS:
            counted, length = browser.looked_at(path)
            print(f"/staff/orders/{path}: {counted} queries, {length} bytes", flush=True)
            queries.append(counted / MOST_QUERIES)
            size.append(length / MOST_BYTES)
    samples = []
    for _ in range(ROUNDS):
        with _Browser(few) as browser:
            before = browser.seconds()
        with _Browser(many) as browser:
            samples.append(browser.seconds() / before)
    return [
        Ratio("queries of the queue page at 100,000, to eight", 1.0, queries),
        Ratio("bytes of the queue page at 100,000, to 40 KiB", 1.0, size),
        Ratio("CPU of the queue page at 100,000 orders, to 1,000", 1.3, samples),
    ]


class _Browser:
    """An operator who is signed in, with Django on one database."""

    def __init__(self, database: str) -> None:
        self._database = database

    def __enter__(self) -> _Browser:
        from django.db import connection
        from django.test import Client
        from voipbox.core.models import User

        connection.close()
        connection.settings_dict["NAME"] = self._database
        operator, _ = User.objects.get_or_create(
            username="bench-operator", defaults={"email": "operator@bench.example", "role": "operator"}
        )
        self._client = Client(headers={"Host": "127.0.0.1"})
        self._client.force_login(operator)
        return self

    def __exit__(self, *details: object) -> None:
        from django.db import connection

        connection.close()

    def looked_at(self, path: str) -> tuple[int, int]:
        """How many queries a page takes, and how large it is."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._page(path)
        with CaptureQueriesContext(connection) as captured:
            content = self._page(path)
        return len(captured), len(content)

    def seconds(self) -> float:
        """CPU of a page: that of this process and that of its database connection."""
        from django.db import connection

        self._page("")  # learns tables and templates
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            row = cursor.fetchone()
        backend = psutil.Process(row[0])
        own, theirs = time.process_time(), _cpu(backend)
        for _ in range(_AT_ONCE):
            self._page("")
        return (time.process_time() - own + _cpu(backend) - theirs) / _AT_ONCE

    def _page(self, path: str) -> Any:
        answer = self._client.get(f"/staff/orders/{path}")
        if answer.status_code != 200 or b"data-rows" not in answer.content:
            raise SystemExit(f"GET /staff/orders/{path} was answered with {answer.status_code} {answer.content[:200]!r}")
        return answer.content


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
