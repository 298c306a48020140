# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics for Prometheus, counted when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from voipbox.catalog.models import PbxServer
from voipbox.numbers.models import Purchase
from voipbox.orders.models import Mail, Order, WebhookDelivery
from voipbox.provisioning.models import Run

from .health import waiting_jobs


class _Counts(Collector):
    def collect(self) -> Iterator[Metric]:
        for name, text, model, column in (
            ("voipbox_orders", "Orders by status.", Order, "status"),
            ("voipbox_runs", "Runs by state.", Run, "state"),
            ("voipbox_mails", "Mails by state.", Mail, "state"),
            ("voipbox_webhooks", "Webhook deliveries by state.", WebhookDelivery, "state"),
            ("voipbox_purchases", "Attempts to buy a number by state.", Purchase, "state"),
        ):
            family = GaugeMetricFamily(name, text, labels=[column])
            for row in model.objects.order_by().values(column).annotate(number=Count("pk")):
                family.add_metric([row[column]], row["number"])
            yield family
        with connection.cursor() as cursor:
            cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
            jobs = GaugeMetricFamily("voipbox_jobs", "Jobs by status.", labels=["status"])
            for status, number in cursor.fetchall():
                jobs.add_metric([status], number)
            yield jobs
            waiting, age = waiting_jobs()
            yield GaugeMetricFamily("voipbox_jobs_waiting", "Jobs that could be worked on and are not.", value=waiting)
            yield GaugeMetricFamily("voipbox_jobs_oldest_seconds", "How long the oldest of them has waited.", value=age)
            cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'")
            row = cursor.fetchone()
            yield GaugeMetricFamily("voipbox_daemons", "Daemons at work.", value=row[0] if row else 0)
        servers = GaugeMetricFamily(
            "voipbox_server_ok", "Whether a PBX server could be worked with when last looked at.", labels=["server"]
        )
        for server in PbxServer.objects.filter(active=True):
            servers.add_metric([server.slug], float(bool(server.surveyed_at and not server.survey_error)))
        yield servers


def text() -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Counts())
    return generate_latest(registry)
