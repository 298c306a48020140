# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are kept, so that a repeated request has one effect."""

from __future__ import annotations

from django.db import models

from voipbox.core.models import ApiToken


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
