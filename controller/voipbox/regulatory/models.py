# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a regulated number's user, the documents, and how the registration stands."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q

from voipbox.core.sealed import SealedJSON, SealedText
from voipbox.orders.models import Order


def _mark() -> str:
    return secrets.token_hex(5)


class Registration(models.Model):
    """The registration of an order's number at its provider. Personal data is sealed and taken away some time after the
    decision; what was decided, when, and the provider's ids stay.

    mark: makes references at the provider ours, also beside another installation on the same account; who, where: identity
    and address as client_data describes them; revision: grows with each change of them;
    identity_version, address_version: count what was sent, so that a corrected one gets a reference of its own;
    place_id, place_level: the provider's regulatory area or city that the address was matched to; attempt: counts
    verifications; misses: times that an unknown one was looked for in vain; words: what staff should know, a sentence.
    """

    class State(models.TextChoices):
        """How the verification stands. sending: it may have been handed in; needs_person: nobody could find out."""

        OPEN = "open"
        SENDING = "sending"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        NEEDS_PERSON = "needs_person"

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="registration")
    mark = models.CharField(max_length=10, default=_mark)
    kind = models.CharField(max_length=10, blank=True, choices=[("personal", "personal"), ("business", "business")])
    who = SealedJSON()
    where = SealedJSON()
    service = SealedText(blank=True, default="")
    revision = models.PositiveIntegerField(default=0)
    requirements = models.JSONField(default=dict, blank=True)
    requirements_at = models.DateTimeField(null=True)
    place_level = models.CharField(max_length=10, blank=True)
    place_id = models.CharField(max_length=64, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=200, blank=True)
    identity_version = models.PositiveIntegerField(default=1)
    identity_id = models.CharField(max_length=64, blank=True)
    address_version = models.PositiveIntegerField(default=1)
    address_id = models.CharField(max_length=64, blank=True)
    proofs = models.JSONField(default=list, blank=True)
    permanent_id = models.CharField(max_length=64, blank=True)
    portal = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    attempt = models.PositiveIntegerField(default=0)
    misses = models.PositiveIntegerField(default=0)
    verification_id = models.CharField(max_length=64, blank=True)
    faults = models.JSONField(default=list, blank=True)
    words = models.TextField(blank=True)
    polls = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True)
    next_poll_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["next_poll_at"], condition=Q(next_poll_at__isnull=False), name="registrations_to_poll"),
            models.Index(fields=["verification_id"], name="registrations_by_verification"),
        )

    def __str__(self) -> str:
        return f"registration of order {self.order_id}"

    def reference(self, what: str, count: int) -> str:
        """Our name for something at the provider: ident, addr or verif with the order and a count."""
        return f"{what}-{self.mark}-{self.order_id}-{count}"


class Document(models.Model):
    """A file that somebody brought. Its content stands apart, so that lists never load it.

    proof_type: the provider's id of the kind of proof; issued_on: the date on a utility bill, as a person read it;
    file_id: the provider's; sent_at: when it went there.
    """

    class Entity(models.TextChoices):
        """What it is about: a proof of identity or address, or a form that the provider wants permanently or once."""

        IDENTITY = "identity"
        ADDRESS = "address"
        PERMANENT = "permanent"
        ONETIME = "onetime"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="documents")
    entity = models.CharField(max_length=10, choices=Entity.choices)
    proof_type = models.CharField(max_length=64, blank=True)
    name = SealedText()
    media_type = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    issued_on = models.DateField(null=True)
    added_by = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    file_id = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["order", "entity", "proof_type", "sha256"], condition=~Q(sha256=""), name="one_document_a_content"
            ),
        )

    def __str__(self) -> str:
        return f"document {self.pk}"


class Content(models.Model):
    """The bytes of a document, encrypted with a key of its own. That key is sealed, so a change of the installation's
    keys touches a line instead of every file, and without the line nobody reads the bytes."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="content")
    key = SealedText()
    token = models.BinaryField()
