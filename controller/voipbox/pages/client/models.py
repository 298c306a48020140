# SPDX-License-Identifier: GPL-3.0-or-later
"""What signing in needs beside people: counted attempts and second factors."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from voipbox.core.sealed import SealedText


class Attempt(models.Model):
    """One attempt at something that is limited. key: a hash of who or what it was about."""

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["kind", "key", "at"], name="client_attempts"), models.Index(fields=["at"]))


class SecondFactor(models.Model):
    """Codes of an authenticator app. It counts once it is confirmed.

    last_step: the time step of the last code that was taken, so that no code works twice; recovery: hashes of codes that
    work once without the app.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = SealedText()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    recovery = ArrayField(models.CharField(max_length=64), default=list, blank=True)
