# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages for clients: staff has others, or acts as the client."""

from __future__ import annotations

from django.http import HttpRequest

from voipbox.core.errors import NotAllowed
from voipbox.core.models import User
from voipbox.core.people import Role

from . import acting


def client_of(request: HttpRequest) -> User:
    """The client whose page it is. Raises NotAllowed for staff, and for staff that may no longer act for clients."""
    acting.hijacker(request)
    user = acting.person(request)
    if user.role != Role.CLIENT:
        raise NotAllowed("These are pages of clients. Look at orders in the queue, or act as the client. Nothing was changed.")
    return user
