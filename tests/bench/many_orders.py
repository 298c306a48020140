"""100,000 orders in the database: how many queries lists and claims need, by which indexes, and how long a claim takes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.bench import pages
from tests.bench.report import Ratio
from tests.controller.installation import Installation

FEW, MANY = 1_000, 100_000
BATCH = 200
CLAIMS = 9
_FEW_NAME = "few"
MOST_QUERIES = 4  # under five a request

_SERVERS = {
    "servers": [
        {"slug": "pbx-1", "name": "PBX 1", "base_domain": "pbx-1.example.com", "default": True},
        {"slug": "pbx-2", "name": "PBX 2", "base_domain": "pbx-2.example.com"},
    ]
}
_ORDER = {
    "company": "Bench 0",
    "contact": "Ada Admin",
    "email": "ada@bench.example",
    "phone": "+14165550123",
    "items": [{"product": "canada-number"}, {"product": "office-10"}],
    "term": "monthly",
    "seats": 1,
    "number": "+14162000000",
    "trunk": {"username": "bench", "password": "Example-Trunk-1"},
    "client": "client@bench.example",
}
# What differs from the order that is copied; n counts the copies. Those that are ready come first, half on each server.
_OWN = {
    "status": "CASE WHEN n <= %(ready)s THEN 'approved' WHEN n %% 51 = 0 THEN 'failed' WHEN n %% 51 = 1 THEN 'cancelled' "
    "WHEN n %% 201 = 2 THEN 'pending' ELSE 'completed' END",
    "server_id": "(SELECT id FROM catalog_pbxserver WHERE slug = 'pbx-' || (n %% 2 + 1))",
    "step": "'provision'",
    "company": "'Bench ' || n",
    "domain": "'bench' || n || '.pbx-' || (n %% 2 + 1) || '.example.com'",
    "number": "'+1416' || (2000000 + n)",
    "reference": "'shop-' || n",
    "domain_uuid": "gen_random_uuid()",
    "client_id": "CASE WHEN n %% 100 = 0 THEN client_id END",
}
_LISTS = (
    "", "?status=failed", "?status=pending", "?server=pbx-1", "?status=failed&server=pbx-2", "?before=50000", "?q=bench77777",
    "?limit=100",
)  # fmt: skip


class ManyOrders:
    """Parameter: folder, fresh. The database in it becomes that of this process."""

    def __init__(self, folder: Path) -> None:
        self.home = Installation(folder, labs=0)

    def run(self) -> Iterator[Ratio]:
        """Every ratio, as it becomes known."""
        self.home.start()
        try:
            self.home.voipbox("catalog", "import", "-", text=yaml.safe_dump(_SERVERS))
            self.home.voipbox("user", "add", str(_ORDER["client"]))
            self.home.place(_ORDER)
            os.environ.update(self.home.environment)
            (self.home.state / "static").mkdir()
            from voipbox.core.start import django_ready

            django_ready()
            _copy(1, FEW, ready=2 * BATCH)
            self._keep_few()
            _copy(FEW + 1, MANY, ready=0)
            yield self.queries()
            yield self.claims()
            yield from pages.queue_page(_FEW_NAME, "voipbox")
        finally:
            from django.db import connections

            connections.close_all()
            self.home.stop()

    def _keep_few(self) -> None:
        """A second database as it is now, so that claims in both can be timed in turn."""
        from django.db import connection

        connection.close()
        with self.home.connect("postgres") as other:
            other.execute(f"CREATE DATABASE {_FEW_NAME} TEMPLATE voipbox")

    def claims(self) -> Ratio:
        """Seconds of claiming a batch of 200 among 100,000 orders, to that among 1,000; taken in turn."""
        samples = []
        for _ in range(CLAIMS):
            few, many = _claim_in(_FEW_NAME), _claim_in("voipbox")
            samples.append(many / few)
        return Ratio("claiming 200 of 100,000 orders, to 200 of 1,000", 1.5, samples)

    def queries(self) -> Ratio:
        """Queries of each list request and statements on orders of a claim, to four; ends the bench at a sequential scan."""
        staff = self.home.token("orders:read")
        client = self.home.voipbox(
            "token", "add", "client", "--scope", "orders:read", "--user", str(_ORDER["client"])
        ).stdout.strip()
        counts = []
        for path in _LISTS:
            counts.append(_explained(f"GET /orders{path}", _requested(staff, path)))
        counts.append(_explained("GET /orders of a client", _requested(client, "")))
        claimed = [query for query in _claimed() if '"orders_order"' in query or "orders_order SET" in query]
        counts.append(_explained("a claim, on orders", claimed))
        return Ratio("queries of a list request or a claim at 100,000, to four", 1.0, [count / MOST_QUERIES for count in counts])


def _copy(first: int, last: int, ready: int) -> None:
    """Copies of the order that was placed, with its items, audit and mails."""
    from django.db import connection
    from voipbox.orders.models import AuditEvent, Mail, Order, OrderItem

    start = 1_000_000 + first
    with connection.cursor() as cursor:
        given = {"first": first, "last": last, "ready": ready}
        names = [str(field.column) for field in Order._meta.concrete_fields]
        values = [_OWN.get(name, f'"{name}"') for name in names]
        values[names.index("id")] = "1000000 + n"
        columns = ", ".join(f'"{name}"' for name in names)
        cursor.execute(
            f"INSERT INTO orders_order ({columns}) SELECT {', '.join(values)} "
            "FROM (SELECT * FROM orders_order ORDER BY id LIMIT 1) o "
            "CROSS JOIN generate_series(%(first)s::int, %(last)s::int) AS n",
            given,
        )
        for model in (OrderItem, AuditEvent, Mail):
            names = [str(field.column) for field in model._meta.concrete_fields if field.column != "id"]
            own = {"order_id": "o.id", "key": "\"key\" || '/' || o.id", "state": "'sent'"}
            columns = ", ".join(f'"{name}"' for name in names)
            values = [own.get(name, f'x."{name}"') for name in names]
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {', '.join(values)} "
                f"FROM (SELECT * FROM {model._meta.db_table} WHERE order_id < 1000000 ORDER BY id LIMIT 2) x "
                f"CROSS JOIN (SELECT id FROM orders_order WHERE id BETWEEN {start} AND {last + 1_000_000}) o"
            )
        cursor.execute("VACUUM ANALYZE")


def _claim_in(database: str) -> float:
    """The best of three claims in a database: the first one on a connection also learns its tables."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database
    return min(_claim() for _ in range(3))


def _claim() -> float:
    """Seconds of claiming a batch, which is taken back."""
    from django.db import transaction
    from voipbox.catalog.models import PbxServer
    from voipbox.provisioning.deploy import claim

    server = PbxServer.objects.get(slug="pbx-1")
    with transaction.atomic():
        started = time.monotonic()
        found = claim(server)
        seconds = time.monotonic() - started
        transaction.set_rollback(True)
    if found is None or len(found[1]) != BATCH:
        raise SystemExit(f"A claim took {len(found[1]) if found else 0} orders instead of {BATCH}.")
    return seconds


def _claimed() -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        _claim()
    return [query["sql"] for query in captured]


def _requested(token: str, query: str) -> list[str]:
    """The queries of one request for a list of orders."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
    client.get(f"/api/v1/orders{query}")  # notes that the token was used
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(f"/api/v1/orders{query}")
    if answer.status_code != 200 or not json.loads(answer.content)["orders"]:
        raise SystemExit(f"GET /orders{query} was answered with {answer.status_code} {answer.content[:200]!r}")
    return [query["sql"] for query in captured]


def _explained(what: str, queries: list[str]) -> int:
    """How many queries there were; each is explained, and one that reads all orders ends the bench."""
    from django.db import connection

    used: list[str] = []
    for query in queries:
        if not query.lstrip().upper().startswith(("SELECT", "UPDATE")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query}".replace("%", "%%"), [])
            row = cursor.fetchone()
        plan = row[0] if not isinstance(row[0], str) else json.loads(row[0])
        for node in _nodes(plan[0]["Plan"]):
            if node.get("Relation Name", "").startswith("orders_"):
                if node["Node Type"] == "Seq Scan":
                    raise SystemExit(f"{what} reads all of {node['Relation Name']}: {query}")
                used.append(node.get("Index Name", node["Node Type"]))
    print(f"{what}: {len(queries)} queries, by {', '.join(dict.fromkeys(used))}", flush=True)
    return len(queries)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)
