# SPDX-License-Identifier: GPL-3.0-or-later
"""What has served its time and is not kept for ever: expired sessions and drafts, ended webhook deliveries, failed jobs."""

from __future__ import annotations

import datetime

from django.contrib.sessions.models import Session

from voipbox.core import clock, jobs
from voipbox.core.config import config

from .models import Draft, WebhookDelivery

State = WebhookDelivery.State


def run() -> int:
    """Delete it; returns how many rows. Orders, their audit and their mails stay."""
    now = clock.now()
    old = now - datetime.timedelta(days=config().event_days)
    ended = WebhookDelivery.objects.filter(state__in=[State.DELIVERED, State.FAILED], created_at__lt=old)
    jobs.defer("voipbox.forget_old_jobs", queueing_lock="forget_old_jobs")
    return sum(
        rows.delete()[0]
        for rows in (
            Session.objects.filter(expire_date__lt=now),
            Draft.objects.filter(order=None, expires_at__lt=now),
            ended,
        )
    )
