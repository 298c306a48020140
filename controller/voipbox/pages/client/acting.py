# SPDX-License-Identifier: GPL-3.0-or-later
"""Who acts behind a request: the person, or staff as a client."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from voipbox.core.errors import NotAllowed
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Actor, Role


def person(request: HttpRequest) -> User:
    """Who is signed in; for staff that acts as a client, the client."""
    return cast(User, request.user)


def hijacker(request: HttpRequest) -> User | None:
    """The member of staff that acts as a client, None where nobody does. Raises NotAllowed when that one may no longer."""
    history = request.session.get("hijack_history") or []
    if not history:
        return None
    found = User.objects.filter(pk=int(history[0]), is_active=True, role__in=sorted(ACTING_STAFF)).first()
    if found is None:
        raise NotAllowed("You may no longer act for clients. Sign out and in again. Nothing was changed.")
    return found


def reader(request: HttpRequest) -> Actor:
    """The actor that looks: what a client sees, staff that acts as the client sees too."""
    return person(request).actor()


def doer(request: HttpRequest, client: User | None = None) -> Actor:
    """The actor that the audit names. Parameters: client, whom staff orders for."""
    staff = hijacker(request)
    if staff is not None:
        return staff.actor(acting_for=person(request).email)
    user = person(request)
    return user.actor(acting_for=client.email if client and Role(user.role) in ACTING_STAFF else "")
