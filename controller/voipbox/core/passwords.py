# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a password of a person must be: Django's own validators, with what is known of the person, in our words."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from .config import config
from .models import User


def weakness(password: str, email: str = "", username: str = "", names: Sequence[str] = ()) -> str | None:
    """Why a password is too weak for somebody, as a cause beside the field's name; None for a good one.

    Parameters: password; email and username, of the person; names, at most two: of the person, of the company.
    """
    first, last = [*names, "", ""][:2]
    return weakness_for(password, User(email=email, username=username, first_name=first, last_name=last))


def weakness_for(password: str, user: User) -> str | None:
    """The same for a person of this installation."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        codes = {one.code for one in error.error_list}
        if "password_too_short" in codes:
            return f"is too short: take at least {config().password_min_length} characters"
        if "password_too_similar" in codes:
            return "is too like the person's name or address: take another one"
        return "is one of those that everybody tries first: take another one"
    return None
