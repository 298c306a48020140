# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in by e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from voipbox.core.models import User


class ByEmail(ModelBackend):
    """Django's own check of a password, for people who are found by their address."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The person, or None. An unknown address takes as long as a wrong password."""
        del request, kwargs
        if not username or password is None:
            return None
        user = User.by_address(username).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
