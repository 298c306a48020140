# SPDX-License-Identifier: GPL-3.0-or-later
"""People and tokens: made by administrators."""

from __future__ import annotations

import datetime

from django.db import IntegrityError, transaction

from voipbox.core import clock, identities, passwords
from voipbox.core.errors import Fault, NotAllowed, NotThere, Refused
from voipbox.core.models import ApiToken, User
from voipbox.core.people import Actor, Role
from voipbox.orders import audit, text_rules

from .scopes import SCOPES, allowed


def _only_administrators(actor: Actor) -> None:
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed("People and tokens are managed by administrators. Nothing was changed.")


def add_user(email: str, role: str, password: str | None, actor: Actor) -> User:
    """Add a person; without a password, one who cannot sign in until it is set. Raises Refused, NotAllowed."""
    _only_administrators(actor)
    cause = text_rules.email(email)
    if cause:
        raise Refused([Fault("email", cause)])
    user = User(username=email.lower(), email=email, role=role)
    if password:
        weak = passwords.weakness_for(password, user)
        if weak:
            raise Refused([Fault("password", weak)])
        user.set_password(password)
    else:
        user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            audit.write(actor, "user_add", after={"email": email, "role": role})
    except IntegrityError:
        raise Refused([Fault("email", f"{email} is there already")]) from None
    return user


def change_user(user: User, actor: Actor, role: str | None = None, active: bool | None = None) -> None:
    """Give a person another role, or let them in or not. Their sessions end with it. Raises Refused, NotAllowed."""
    _only_administrators(actor)
    if user.pk == actor.user_id:
        raise Refused([Fault("user", "is yourself; another administrator has to do this")])
    if role is not None and role not in {one.value for one in Role if one != Role.SYSTEM}:
        raise Refused([Fault("role", f"there is no {role}")])
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=user.pk)
        before = {"email": fresh.email, "role": fresh.role, "active": fresh.is_active}
        fresh.role = fresh.role if role is None else role
        fresh.is_active = fresh.is_active if active is None else active
        after = {"email": fresh.email, "role": fresh.role, "active": fresh.is_active}
        if after != before:
            fresh.save()
            audit.write(actor, "change_user", before=before, after=after)


def add_token(name: str, scopes: list[str], email: str | None, days: int | None, actor: Actor) -> tuple[ApiToken, str]:
    """Make a token; returns it and its value, which is kept nowhere. Raises Refused, NotAllowed."""
    _only_administrators(actor)
    faults = [Fault("scope", f"there is no {scope}") for scope in scopes if scope not in SCOPES]
    user = User.by_address(email).first() if email else None
    if email and user is None:
        faults.append(Fault("user", f"there is no {email}"))
    if user:
        beyond = sorted(set(scopes) - allowed(Role(user.role)))
        faults += [Fault("scope", f"{scope} is beyond a {user.role}") for scope in beyond if scope in SCOPES]
    if faults:
        raise Refused(faults)
    value = f"vb_{identities.token()}"
    expires = clock.now() + datetime.timedelta(days=days) if days else None
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name[:100], token_hash=identities.token_hash(value), hint=value[:8], scopes=sorted(set(scopes)), user=user,
            expires_at=expires,
        )  # fmt: skip
        audit.write(actor, "token_add", after={"token": token.pk, "name": name, "scopes": token.scopes})
    return token, value


def revoke_token(number: int, actor: Actor) -> None:
    """Let a token stop working. Raises NotThere, NotAllowed."""
    _only_administrators(actor)
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=number, revoked_at=None).update(revoked_at=clock.now()):
            raise NotThere(f"There is no working token {number}.")
        audit.write(actor, "token_revoke", after={"token": number})
