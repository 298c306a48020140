"""What has served its time goes: sessions, drafts, ended deliveries; secrets for the next page are sealed until then."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from procrastinate.contrib.django.models import ProcrastinateJob
from voipbox.core import clock
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
    job = ProcrastinateJob.objects.get(task_name__endswith="remove_old_jobs")
    assert job.args == {"max_hours": config().event_days * 24, "remove_failed": True}


def test_a_secret_for_the_next_page_is_sealed_and_shown_once():
    request = RequestFactory().get("/")
    request.session = SessionStore()
    once_shown.keep(request, "token", {"secret": "CANARY-1"})
    assert "CANARY" not in str(dict(request.session))
    assert once_shown.take(request, "token") == {"secret": "CANARY-1"}
    assert once_shown.take(request, "token") is None
    request.session["token"] = "sealed with a key that is gone"
    assert once_shown.take(request, "token") is None
