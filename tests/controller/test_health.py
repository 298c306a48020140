"""The doctor, /healthz, /readyz and /metrics: each trouble is seen, and its line says what mends it."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test import Client
from voipbox.api import accounts, health
from voipbox.catalog.models import PbxServer
from voipbox.core import clock, config, database
from voipbox.core.errors import SetUpError
from voipbox.core.people import operator_of_this_machine
from voipbox.orders.models import WebhookDelivery, WebhookEndpoint

PARTS = {
    "database", "keys", "collection", "mail", "disk", "tmpfs", "clock", "daemons", "jobs", "mails", "webhooks", "purchases",
    "server pbx-one", "server pbx-two",
}  # fmt: skip


@pytest.fixture
def sound(catalog, tmp_path, monkeypatch, own_keys):
    """An installation with nothing to complain about: servers looked at, a daemon alive, mails into a folder."""
    facts = {"switch": "FreeSWITCH 1.10", "domains": 3}
    PbxServer.objects.update(surveyed_at=clock.now(), survey_error="", survey_facts=facts)
    monkeypatch.setattr(config.config(), "mail_url", f"folder:{tmp_path}")
    with connection.cursor() as cursor:
        # Jobs of tests that committed outlive them: nothing flushes the queue's own tables.
        for table in ("periodic_defers", "events", "jobs", "workers"):
            cursor.execute(f"DELETE FROM procrastinate_{table}")
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")


def doctor():
    return {finding.name: finding for finding in health.checks()}


def test_everything_is_looked_at_and_nothing_is_wrong(sound):
    found = doctor()
    assert set(found) == PARTS
    assert {name: one.says for name, one in found.items() if not one.good} == {}
    assert "tables known, switch FreeSWITCH 1.10 answers" in found["server pbx-one"].says


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def _late_job():
    sql("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'voipbox.send_mail', '{}')")
    sql("UPDATE procrastinate_events SET at = now() - interval '1 hour'")


def _failed_hook():
    endpoint = WebhookEndpoint.objects.create(url="https://billing.example.com/", secret="x")
    WebhookDelivery.objects.create(endpoint=endpoint, event="order.placed", payload={}, state="failed", next_try_at=clock.now())


def _ago(**some):
    return clock.now() - datetime.timedelta(**some)


TROUBLES = {
    "daemons": (lambda patch: sql("DELETE FROM procrastinate_workers"), "0 at work", "voipbox daemon"),
    "jobs": (lambda patch: _late_job(), "1 wait, the oldest for 36", "voipbox daemon"),
    "webhooks": (lambda patch: _failed_hook(), "1 given up", "voipbox webhook list"),
    "server pbx-one": (
        lambda patch: PbxServer.objects.filter(slug="pbx-one").update(survey_error="The event socket refuses the password."),
        "event socket", "voipbox server survey pbx-one",
    ),
    "server pbx-two": (
        lambda patch: PbxServer.objects.filter(slug="pbx-two").update(surveyed_at=_ago(hours=2)),
        "last looked at", "voipbox server survey pbx-two",
    ),
    "clock": (
        lambda patch: patch.setattr(clock, "database_now", lambda: _ago(seconds=-30)), "30.0 s from the database's", "NTP",
    ),
    "collection": (
        lambda patch: patch.setattr(config.config(), "collection_dir", config.config().state_dir), "no playbooks",
        "VOIPBOX_COLLECTION_DIR",
    ),
    "mail": (lambda patch: patch.setattr(config.config(), "mail_url", "carrier pigeon"), "not understood", "smtp://USER@HOST:PORT"),
    "disk": (lambda patch: patch.setattr(health, "_LEAST_DISK", 2**62), "MiB free", "VOIPBOX_STATE_DIR"),
    "tmpfs": (lambda patch: patch.setattr(config.config(), "run_dir", config.config().state_dir), "on a disk", "VOIPBOX_RUN_DIR"),
    "keys": (lambda patch: config.config().keys.chmod(0o644), "can be read by others", "chmod 600"),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_is_seen_and_its_line_says_the_fix(sound, monkeypatch, name):
    make, says, fix = TROUBLES[name]
    make(monkeypatch)
    found = doctor()
    assert [other for other, one in found.items() if not one.good] == [name]
    assert says in found[name].says
    assert fix in found[name].fix


def test_a_database_that_is_away_hides_nothing_else(sound, monkeypatch):
    def away():
        raise SetUpError("The database cannot be reached: no. Start it, or correct DATABASE_URL.")

    monkeypatch.setattr(database, "check_server", away)
    found = doctor()
    assert not found["database"].good and "Start it" in found["database"].fix
    assert {"collection", "mail", "disk", "tmpfs"} <= set(found)
    assert Client().get("/readyz").status_code == 503
    assert Client().get("/healthz").content == b"ok\n"


def test_every_finding_that_is_not_good_has_a_fix(catalog):
    for finding in health.checks():
        assert finding.good or finding.fix, finding


def test_metrics_and_the_doctor_are_for_tokens_that_may(sound, place):
    place()
    good = accounts.add_token("prometheus", ["metrics"], None, None, operator_of_this_machine())[1]
    wrong = accounts.add_token("other", ["orders:read"], None, None, operator_of_this_machine())[1]
    for path in ("/metrics", "/api/v1/health"):
        assert Client().get(path).status_code == 401
        assert Client(headers={"Authorization": "Bearer x"}).get(path).status_code == 401
        assert Client(headers={"Authorization": f"Bearer {wrong}"}).get(path).status_code == 403
        assert Client(headers={"Authorization": f"Bearer {good}"}).post(path).status_code == 405
    text = Client(headers={"Authorization": f"Bearer {good}"}).get("/metrics").content.decode()
    for line in (
        'voipbox_orders{status="pending"} 1.0', 'voipbox_mails{state="queued"} 1.0', "voipbox_daemons 1.0",
        'voipbox_server_ok{server="pbx-one"} 1.0', "voipbox_jobs_oldest_seconds ", "voipbox_jobs_waiting 1.0",
    ):  # fmt: skip
        assert line in text, text
    told = Client(headers={"Authorization": f"Bearer {good}"}).get("/api/v1/health").json()
    assert {finding["name"] for finding in told["findings"]} == PARTS
