# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at number providers."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from voipbox.core.sealed import SealedJSON


def default_outbound() -> list[dict[str, Any]]:
    """National and toll-free calls of North America and the emergency numbers of the country of a tenant's number;
    international stays closed."""
    return [{"template": "nanp"}, {"template": "emergency"}, {"template": "toll_free_nanp"}]


def default_national_codes() -> list[str]:
    """North American providers send numbers of ten digits."""
    return ["1"]


class ProviderAccount(models.Model):
    """One account at one provider: how to reach it, and what a trunk to it looks like in a tenant file."""

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    driver = models.CharField(max_length=30)
    sandbox = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    auto_run = models.BooleanField(default=False)
    credentials = SealedJSON()
    options = models.JSONField(default=dict, blank=True)
    gateway_proxy = models.CharField(max_length=253)
    gateway_port = models.PositiveIntegerField(default=5060, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    gateway_transport = models.CharField(max_length=3, default="udp", choices=[("udp", "UDP"), ("tcp", "TCP"), ("tls", "TLS")])
    gateway_realm = models.CharField(max_length=253, blank=True)
    gateway_register = models.BooleanField(default=True)
    channels = models.PositiveIntegerField(default=10)
    addresses = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    outbound = models.JSONField(default=default_outbound, blank=True)
    national_codes = ArrayField(models.CharField(max_length=3), default=default_national_codes, blank=True)

    def __str__(self) -> str:
        return self.name
