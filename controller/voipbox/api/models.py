# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a token: its answers, so that a repeated request has one effect, and how often it asked."""

from __future__ import annotations

from django.db import models

from voipbox.core.models import ApiToken


class TokenMinute(models.Model):
    """How often a token asked in a minute."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE)
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "minute"], name="one_count_a_minute"),)


class KeptAnswer(models.Model):
    """The answer to a request with an Idempotency-Key; status is empty while the request is worked on."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="one_answer_a_key"),)
