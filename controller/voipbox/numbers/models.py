# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of numbers: those on offer and held, those bought, and what they cost."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from voipbox.core.sealed import SealedJSON
from voipbox.orders.models import Order
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Capacity, Offer, Quote

from . import offers


class PlaceList(models.Model):
    """Places of an account as the provider listed them; they change rarely and every list costs a call."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    parent = models.CharField(max_length=100, blank=True)
    places = models.JSONField()
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "kind", "parent"], name="one_list_of_places"),)


class _Offered(models.Model):
    """A base for rows that keep an offer and how it is to be paid."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=16, blank=True)
    offer_data = models.JSONField()
    capacity_id = models.CharField(max_length=64)

    class Meta:
        abstract = True

    @property
    def offer(self) -> Offer:
        """The offer as it was when it was kept."""
        return offers.offer_from_json(self.offer_data)

    @property
    def capacity(self) -> Capacity:
        """The chosen capacity."""
        return offers.capacity_of(self.offer, self.capacity_id)


class Hold(_Offered):
    """A number that is kept for one customer: at the provider where it can, by this row otherwise.

    owner: such as draft:TOKEN-HASH or order:7. A number is held once; a row whose time is over holds nothing.
    """

    owner = models.CharField(max_length=100)
    reservation = models.CharField(max_length=100, blank=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="a_number_is_held_once"),)
        indexes = (models.Index(fields=["owner"], name="holds_by_owner"),)


class Choice(_Offered):
    """What number an order wants, what it is paid like, and the price that was agreed."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="choice")
    quote_data = models.JSONField(default=dict)

    @property
    def quote(self) -> Quote:
        """The price that was agreed."""
        return offers.quote_from_json(self.quote_data)


class Purchase(_Offered):
    """One attempt to buy a number: the ledger. Written and committed before anything is sent.

    current: False once the attempt is known to have bought nothing and another may follow. reference: ours, at the
    provider too. looks: how often an open outcome was read back.
    """

    class State(models.TextChoices):
        """Where an attempt stands."""

        PLANNED = "planned"
        SENT = "sent"
        CONFIRMED = "confirmed"
        REFUSED = "refused"
        UNKNOWN = "unknown"
        NEEDS_HUMAN = "needs_human"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="purchases")
    reference = models.CharField(max_length=40, unique=True)
    attempt = models.PositiveIntegerField()
    current = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    was_unknown = models.BooleanField(default=False)
    reservation = models.CharField(max_length=100, blank=True)
    ids = models.JSONField(default=dict)
    setup = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    monthly = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, default="USD")
    words = models.TextField(blank=True)
    looks = models.PositiveIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["order"], condition=Q(current=True), name="one_current_purchase_an_order"),
            models.UniqueConstraint(fields=["order", "attempt"], name="attempts_are_counted"),
        )
        indexes = (models.Index(fields=["next_look_at"], condition=Q(next_look_at__isnull=False), name="purchases_to_look_at"),)

    def __str__(self) -> str:
        return self.reference


class OrderTrunk(models.Model):
    """The trunk of an order at its provider. While it is re-keyed the former one is kept until it is dropped.

    asked_at: when the provider was last asked to make it, as long as it is not certain that nothing else comes of that: an
    answer that was lost may be followed by a second trunk of the same name much later.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="trunk")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    username = models.CharField(max_length=100, blank=True)
    ids = models.JSONField(default=dict)
    generation = models.PositiveIntegerField(default=1)
    wanted_password = SealedJSON()
    asked_at = models.DateTimeField(null=True)
    former = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["id"], condition=~Q(former={}), name="trunks_to_drop"),)


class Balance(models.Model):
    """What an account's balance was when it was read last."""

    account = models.OneToOneField(ProviderAccount, on_delete=models.CASCADE, related_name="last_balance")
    amount = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, default="USD")
    at = models.DateTimeField()
    low = models.BooleanField(default=False)
    error = models.TextField(blank=True)


class Finding(models.Model):
    """Something that reconcile found and a person has to decide. number or trunk (its name here) says what it is about."""

    class Kind(models.TextChoices):
        """What is wrong: a number that is paid without a tenant, a tenant whose number is gone, a number bought twice, a number
        that comes in elsewhere, a login that exists twice at the provider."""

        ORPHAN = "orphan"
        MISSING = "missing"
        DUPLICATE = "duplicate"
        MISROUTED = "misrouted"
        TWINS = "twins", "Login exists twice"

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.CharField(max_length=16, blank=True)
    trunk = models.CharField(max_length=40, blank=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="findings")
    words = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["account", "kind", "number", "trunk"], condition=Q(settled_at__isnull=True), name="one_open_finding"
            ),
        )

    @property
    def about(self) -> str:
        """The number or the trunk."""
        return self.number or self.trunk

    @property
    def advice(self) -> str:
        """What a person does about it."""
        return _ADVICE[self.Kind(self.kind)]

    @property
    def state(self) -> str:
        """open, or settled: by a person, or because it was gone when it was looked for again."""
        return "open" if self.settled_at is None else "settled"


_ADVICE = {
    Finding.Kind.ORPHAN: "It is paid and nobody uses it. Give it back to the provider, or order a tenant that uses it; then "
    "settle the finding.",
    Finding.Kind.MISSING: "Its calls do not come in. Ask the provider what became of it; give the client another number, or "
    "cancel the order.",
    Finding.Kind.DUPLICATE: "It was bought a second time. Give it back to the provider, or use it for another order; then settle "
    "the finding.",
    Finding.Kind.MISROUTED: "Calls come in at another place than the gateway. Correct the number's place in the provider's "
    "portal, then settle the finding.",
    Finding.Kind.TWINS: "Calls may fail while two have one login. Delete the one that is named as not ours, or as not wanted, in "
    "the provider's portal; a failed order is then retried. The finding settles itself once one is left.",
}


class Usage(models.Model):
    """A call or a fee, as a provider told it."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+")
    row_id = models.CharField(max_length=120)
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    number = models.CharField(max_length=32, blank=True)
    peer = models.CharField(max_length=64, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=12, decimal_places=6)
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=200, blank=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="usage")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "row_id"], name="a_row_is_counted_once"),)
        indexes = (models.Index(fields=["order", "at"], name="usage_by_order"), models.Index(fields=["at"], name="usage_by_time"))
