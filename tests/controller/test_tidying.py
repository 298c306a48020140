"""What has served its time goes: sessions, drafts, ended deliveries; secrets for the next page are sealed until then."""

from __future__ import annotations

import asyncio
import datetime
import re
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import RequestFactory
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.orders import drafts, tidying, webhooks
from voipbox.orders.models import Draft, WebhookDelivery
from voipbox.pages import once_shown

pytestmark = pytest.mark.django_db


def test_what_is_over_goes_and_the_rest_stays(place, people, actors):
    webhooks.create("https://192.0.2.7/hook", [], actors["dora"])
    place("alice")
    sent = WebhookDelivery.objects.get()
    sent.pk, sent.identity, sent.state = None, "6f9619ff-8b86-d011-b42d-00c04fc964ff", "delivered"
    sent.save()
    WebhookDelivery.objects.update(created_at=clock.now() - datetime.timedelta(days=config().event_days + 1))
    for _ in range(2):
        drafts.start(people["alice"], people["alice"])
        session = SessionStore()
        session.save()
    Draft.objects.filter(pk=Draft.objects.first().pk).update(expires_at=clock.now() - datetime.timedelta(minutes=1))
    Session.objects.filter(pk=session.session_key).update(expire_date=clock.now() - datetime.timedelta(minutes=1))
    assert tidying.run() == 3
    assert list(WebhookDelivery.objects.values_list("state", flat=True)) == ["queued"]
    assert (Draft.objects.count(), Session.objects.count()) == (1, 1)
    assert ProcrastinateJob.objects.filter(task_name="voipbox.forget_old_jobs").count() == 1


@pytest.mark.django_db(transaction=True)
def test_old_jobs_go_when_their_job_is_worked_on():
    for name in ("voipbox.nothing", "voipbox.nothing_too"):
        jobs.defer(name)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        cursor.execute("UPDATE procrastinate_events SET at = now() - make_interval(days => %s)", [config().event_days + 1])
        cursor.execute("INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'failed', now() FROM procrastinate_jobs "
                       "WHERE task_name = 'voipbox.nothing_too'")  # fmt: skip
    tidying.run()

    async def work():
        worker = app.with_connector(app.connector.get_worker_connector())
        async with worker.open_async():
            await worker.run_worker_async(queues=[jobs.DEFAULT], wait=False, install_signal_handlers=False, delete_jobs="always")

    asyncio.run(work())
    left = ProcrastinateJob.objects.filter(task_name__startswith="voipbox.nothing")
    assert list(left.values_list("task_name", flat=True)) == ["voipbox.nothing_too"]


def test_every_job_that_is_asked_for_by_name_exists():
    app.perform_import_paths()
    source = "".join(path.read_text(encoding="utf-8") for path in Path(jobs.__file__).parents[1].rglob("*.py"))
    asked = set(re.findall(r'defer\(\s*"([^"]+)"', source))
    assert len(asked) > 10
    assert (asked | set(jobs._QUEUES)) - set(app.tasks) == set()


@pytest.mark.django_db(transaction=True)
def test_each_periodic_job_is_put_into_a_queue_that_is_served_and_runs(place):
    app.perform_import_paths()
    periodic = [one.task for one in app.periodic_registry.periodic_tasks.values()]
    assert len(periodic) > 9
    for task in periodic:
        assert task.queue in {jobs.DEFAULT, jobs.CLOCK, *jobs._QUEUES.values()}, task.name
        task.func(timestamp=0)


def test_a_secret_for_the_next_page_is_sealed_and_shown_once():
    request = RequestFactory().get("/")
    request.session = SessionStore()
    once_shown.keep(request, "token", {"secret": "CANARY-1"})
    assert "CANARY" not in str(dict(request.session))
    assert once_shown.take(request, "token") == {"secret": "CANARY-1"}
    assert once_shown.take(request, "token") is None
    request.session["token"] = "sealed with a key that is gone"
    assert once_shown.take(request, "token") is None
