# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: a bearer token becomes an actor with the scopes that both token and person have."""

from __future__ import annotations

import datetime

from django.http import HttpRequest
from ninja.security import HttpBearer

from voipbox.core import clock, identities
from voipbox.core.errors import NotAllowed
from voipbox.core.models import ApiToken
from voipbox.core.people import Actor, Role

from . import rate
from .scopes import allowed, role_of_program

_NOTED_EVERY = datetime.timedelta(minutes=5)


class Bearer(HttpBearer):
    """Authentication by token; wrong, revoked and old ones alike are answered with 401."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor of a token, None for one that does not work."""
        found = ApiToken.objects.select_related("user").filter(token_hash=identities.token_hash(token)).first()
        now = clock.now()
        if found is None or not found.is_good(now):
            return None
        rate.count(found, now)
        if found.last_used_at is None or now - found.last_used_at > _NOTED_EVERY:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.voipbox_token = found  # type: ignore[attr-defined] # for kept answers
        scopes = frozenset(found.scopes)
        if found.user is None:
            return Actor(f"token {found.name}", role_of_program(scopes), None, scopes=scopes)
        role = Role(found.user.role)
        return Actor(found.user.email, role, found.user.pk, scopes=scopes & allowed(role))


def actor_with(request: HttpRequest, scope: str) -> Actor:
    """The caller, who must have a scope. Raises NotAllowed."""
    actor: Actor = request.auth  # type: ignore[attr-defined] # set by django-ninja
    if actor.scopes is not None and scope not in actor.scopes:
        raise NotAllowed(f"This token does not allow {scope}. Nothing was changed.")
    return actor
