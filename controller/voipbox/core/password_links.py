# SPDX-License-Identifier: GPL-3.0-or-later
"""Links that let a person set a password. Each works once: it is made from the present password, which it replaces."""

from __future__ import annotations

import datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from .config import config
from .models import User

_RESET = datetime.timedelta(hours=1)
_EPOCH = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)  # from which Django counts in its tokens


class _Generator(PasswordResetTokenGenerator):
    key_salt = "voipbox.core.password_links"

    def _now(self) -> datetime.datetime:
        """UTC without its zone, as the base class counts; it takes local time by itself."""
        return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.role}{user.is_active}"


_generator = _Generator()


def make(user: User) -> str:
    """A fresh link for a person, to be sent to nobody else."""
    return f"{config().base_url}/account/password/{urlsafe_base64_encode(str(user.pk).encode())}/{_generator.make_token(user)}/"


def user_of(who: str, token: str) -> User | None:
    """The person whose link this is, None when it does not work or no longer does.

    A first password may be set for as long as one-time links live, a forgotten one within an hour.
    """
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(who).decode()), is_active=True).first()
        moment = _EPOCH + datetime.timedelta(seconds=base36_to_int(token.split("-", maxsplit=1)[0]))
    except (ValueError, OverflowError):
        return None
    if user is None or not _generator.check_token(user, token):
        return None
    age = datetime.datetime.now(datetime.UTC) - moment
    return user if age <= lifetime(user) else None


def lifetime(user: User) -> datetime.timedelta:
    """How long a link for this person works."""
    return _RESET if user.has_usable_password() else datetime.timedelta(hours=config().link_hours)
