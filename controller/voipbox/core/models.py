# SPDX-License-Identifier: GPL-3.0-or-later
"""People who sign in, the tokens of programs, and the proof that keys and database belong together."""

from __future__ import annotations

import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from .people import STAFF, Actor, Role
from .sealed import SealedText


class User(AbstractUser):
    """A person. The role decides; Django's own flags follow it."""

    email = models.EmailField()
    role = models.CharField(
        max_length=16, choices=[(role.value, role.value) for role in Role if role != Role.SYSTEM], default=Role.CLIENT
    )

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_person_an_address"),)

    @classmethod
    def by_address(cls, email: str) -> models.QuerySet[User]:
        """The person with an address, whatever its case; nobody else, however alike other letters look to a database that
        compares capitals. The one way in which people are looked up."""
        return cls.objects.annotate(address=Lower("email")).filter(address=Lower(models.Value(email)))

    def save(self, *args: object, **kwargs: object) -> None:
        """Save with the flags that the role means."""
        self.is_staff = self.role in STAFF
        self.is_superuser = self.role == Role.ADMINISTRATOR
        super().save(*args, **kwargs)  # type: ignore[arg-type] # passed through

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What ties sessions to a person: a new password or another role ends them all."""
        tied = f"{self.role}:{self.password}"
        return salted_hmac("voipbox.core.models.User.session", tied, secret=secret, algorithm="sha256").hexdigest()

    def actor(self, acting_for: str = "") -> Actor:
        """This person as an actor."""
        return Actor(self.email or self.username, Role(self.role), self.pk, acting_for)


class ApiToken(models.Model):
    """A bearer token of a program. The token itself is shown once and kept as a hash."""

    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = ArrayField(models.CharField(max_length=32))
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def is_good(self, now: datetime.datetime) -> bool:
        """True while it is neither revoked nor too old, and its person may still come in."""
        alive = self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
        return alive and (self.user is None or self.user.is_active)


class KeyProof(models.Model):
    """One sealed word. Keys that do not open it belong to another database."""

    word = SealedText()
