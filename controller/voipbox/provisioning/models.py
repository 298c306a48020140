# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs, what they printed, and what became of each order in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from voipbox.catalog.models import PbxServer
from voipbox.orders.models import Order


class Run(models.Model):
    """One run of the playbook provision.yml on one PBX server. died: its process ended while its daemon and the database were
    well, so that the cause may lie in what it worked on.
    """

    class State(models.TextChoices):
        """Where it stands. Lost: its process is gone without a result, and its orders were queued again."""

        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost"

    server = models.ForeignKey(PbxServer, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    machine = models.CharField(max_length=253, blank=True)
    process = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=200, blank=True)
    phase = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)
    died = models.BooleanField(default=False)
    orders: models.ManyToManyField[Order, RunOrder] = models.ManyToManyField(Order, through="RunOrder", related_name="runs")

    class Meta:
        indexes = (models.Index(fields=["server", "-id"], name="runs_by_server"),)
        constraints = (models.UniqueConstraint(fields=["server"], condition=Q(state="running"), name="one_run_a_server"),)

    def __str__(self) -> str:
        return f"run {self.pk}"


class RunOrder(models.Model):
    """One order in one run: what came out. result is empty while it runs."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="results")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="results")
    result = models.CharField(max_length=10, blank=True)
    changed = models.BooleanField(null=True)
    message = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["run", "order"], name="an_order_once_a_run"),)


class RunEvent(models.Model):
    """A piece of a run's output: what the terminal would have shown, never arguments or results."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    counter = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    task = models.CharField(max_length=200, blank=True)
    stdout = models.TextField()

    class Meta:
        ordering = ("counter",)
        constraints = (models.UniqueConstraint(fields=["run", "counter"], name="an_event_once_a_run"),)


class Plan(models.Model):
    """What provisioning would change for an order, asked in check mode. version: of the order it was made for.

    answer: lists of objects that would be created, updated and removed, and warnings.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="plans")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)
    words = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
