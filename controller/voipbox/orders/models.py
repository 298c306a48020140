# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders and what belongs to them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from voipbox.catalog.models import BillingTerm, Bundle, PbxServer, Product
from voipbox.core.sealed import SealedJSON, SealedText
from voipbox.pricing.summary import Line, Summary, from_json
from voipbox.providers.models import ProviderAccount

from .statuses import BADGES, CLOSED, Badge, Status

_LIVE = ~Q(status__in=sorted(CLOSED))
_READY = Q(status__in=["approved", "active"])


class Order(models.Model):
    """An order for one tenant. Orders are never deleted; actions.py is the only writer of the status."""

    class AdminMethod(models.TextChoices):
        """How the admin user gets a password."""

        PASSWORD = "password"
        INVITATION = "invitation"

    reference = models.CharField(max_length=64, unique=True, null=True, blank=True)
    status = models.CharField(max_length=32, choices=[(status.value, badge.text) for status, badge in BADGES.items()])
    regulated = models.BooleanField(default=False)
    source = models.CharField(max_length=16)
    placed_by = models.CharField(max_length=200)
    client = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    company = models.CharField(max_length=100)
    contact = models.CharField(max_length=100)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=20)
    server = models.ForeignKey(PbxServer, on_delete=models.PROTECT, related_name="orders")
    provider = models.ForeignKey(ProviderAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    term = models.ForeignKey(BillingTerm, null=True, blank=True, on_delete=models.PROTECT)
    number = models.CharField(max_length=16, blank=True)
    domain = models.CharField(max_length=253)
    domain_uuid = models.UUIDField(default=uuid.uuid4)
    seats = models.PositiveIntegerField()
    first_extension = models.PositiveIntegerField()
    extensions = models.JSONField(default=list, blank=True)
    price = models.JSONField(default=dict, blank=True)
    record = models.CharField(max_length=8, blank=True)
    toll_classes = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    admin_username = models.CharField(max_length=64)
    admin_email = models.EmailField(max_length=254)
    admin_method = models.CharField(max_length=10, choices=AdminMethod.choices)
    admin_group = models.CharField(max_length=64)
    time_zone = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    secrets = SealedJSON()
    version = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    provider_tries = models.PositiveIntegerField(default=0)
    run_misses = models.PositiveIntegerField(default=0)
    run_deaths = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    status_since = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="assigned_orders"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["domain"], condition=_LIVE, name="one_live_order_a_domain"),
            models.UniqueConstraint(fields=["number"], condition=_LIVE & ~Q(number=""), name="one_live_order_a_number"),
        )
        indexes = (
            models.Index(fields=["server", "id"], condition=_READY, name="orders_ready"),
            models.Index(fields=["status", "-id"], name="orders_by_status"),
            models.Index(fields=["client", "-id"], name="orders_by_client"),
        )

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def badge(self) -> Badge:
        """Text and colour of its status."""
        return BADGES[Status(self.status)]

    @property
    def summary(self) -> Summary:
        """The price that was agreed; of an order from before prices were kept whole, that of its items."""
        if self.price:
            return from_json(self.price)
        return Summary(tuple(item.line for item in self.items.select_related("product", "bundle", "order__term")))

    @property
    def extension_numbers(self) -> list[str]:
        """The numbers of its extensions, the first to the last."""
        return [str(self.first_extension + seat) for seat in range(self.seats)]

    @property
    def has_trunk(self) -> bool:
        """True when the tenant gets a trunk and a number."""
        return self.provider_id is not None


class OrderItem(models.Model):
    """A product or bundle that was ordered, with what it cost then."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT)
    bundle = models.ForeignKey(Bundle, null=True, blank=True, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField(default=1)
    currency = models.CharField(max_length=3, blank=True)
    setup = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    recurring = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    class Meta:
        ordering = ("id",)

    @property
    def line(self) -> Line:
        """As a line of a summary, without VAT, which was not kept with it."""
        thing, count, term = self.product or self.bundle, self.quantity, self.order.term
        label = f"{count} \N{MULTIPLICATION SIGN} {thing}" if count > 1 else str(thing)
        return Line(
            "product" if self.product else "bundle", label, currency=self.currency, setup=self.setup * count,
            recurring=self.recurring * count, months=term.months if term else 1, priced=bool(self.currency),
        )  # fmt: skip


class Note(models.Model):
    """What somebody wrote on an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(auto_now_add=True)
    author = models.CharField(max_length=200)
    text = models.TextField(max_length=4000)

    class Meta:
        ordering = ("id",)


class AuditEvent(models.Model):
    """Who did what. The database refuses to change or delete a row."""

    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="audit")
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    acting_for = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    run = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("id",)


class Mail(models.Model):
    """A mail to be sent, or sent. What it said is sealed: it may hold a link to credentials."""

    class State(models.TextChoices):
        """Where it stands; unknown means that a crash left open whether it went out."""

        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        UNKNOWN = "unknown"
        FAILED = "failed"

    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=80, unique=True)
    recipients = ArrayField(models.EmailField(max_length=254))
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    context = models.JSONField(default=dict)
    message_id = models.CharField(max_length=120)
    subject = models.CharField(max_length=250, blank=True)
    text = SealedText(blank=True)
    html = SealedText(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["next_try_at"], condition=Q(state__in=["queued", "sending"]), name="mails_to_send"),)


class CredentialsLink(models.Model):
    """A link that shows the credentials of an order once. Its token is kept as a hash."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Draft(models.Model):
    """An order that is still being written. What was typed is sealed; of its link the hash finds it.

    token: the link's, sealed, so that its owner can be led back; version: grows with each change, so that a second
    window is noticed; order: what became of it, then the rest is empty.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    token = SealedText()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="drafts")
    data = SealedJSON()
    version = models.PositiveIntegerField(default=0)
    order = models.OneToOneField(Order, null=True, on_delete=models.PROTECT, related_name="draft")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"draft {self.pk}"


class WebhookEndpoint(models.Model):
    """Somebody who wants to be told about orders."""

    url = models.URLField(max_length=500)
    secret = SealedText()
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one endpoint. The identity stays the same over all attempts."""

    class State(models.TextChoices):
        """Where it stands."""

        QUEUED = "queued"
        SENDING = "sending"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    identity = models.UUIDField(default=uuid.uuid4, unique=True)
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    status_code = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["next_try_at"], condition=Q(state__in=["queued", "sending"]), name="webhooks_to_send"),)
