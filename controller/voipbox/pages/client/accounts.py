# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to accounts of people: signing up, inviting, setting passwords."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from voipbox.core import passwords
from voipbox.core.config import config
from voipbox.core.errors import Fault, NotAllowed, Refused
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Actor, Role
from voipbox.orders import audit, mail_queue, text_rules


def sign_up(email: str, name: str) -> User:
    """Make a client's account that a link completes; for an address that has one, mail that. Raises Refused, NotAllowed.

    The answer is the same in both cases: nobody learns who has an account.
    """
    if config().sign_up == "closed":
        raise NotAllowed(f"Accounts are made by invitation here; {config().write_to_us}. Nothing was changed.")
    _refuse(email, name)
    with transaction.atomic():
        known = User.by_address(email).first()
        if known is not None:
            mail_queue.add_for_person("known" if known.has_usable_password() else "sign_up", known)
            return known
        user = _client(email, name)
        audit.write(user.actor(), "sign_up", after={"email": user.email})
        mail_queue.add_for_person("sign_up", user)
    return user


def invite(email: str, name: str, actor: Actor) -> User:
    """A client that staff makes and who is mailed a one-time link; one that is there already is simply returned.

    Raises Refused for an address of staff, NotAllowed.
    """
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Clients are invited by staff. Nothing was changed.")
    _refuse(email, name)
    with transaction.atomic():
        known = User.by_address(email).first()
        if known is not None:
            if known.role != Role.CLIENT or not known.is_active:
                raise Refused([Fault("client", f"{email} is no client")])
            return known
        user = _client(email, name)
        audit.write(actor, "invite", after={"email": user.email})
        mail_queue.add_for_person("invitation", user)
    return user


def ask_reset(email: str) -> None:
    """Mail a link for a new password where there is an account; nobody learns whether there is."""
    user = User.by_address(email).filter(is_active=True).first()
    if user is not None:
        with transaction.atomic():
            mail_queue.add_for_person("reset" if user.has_usable_password() else "sign_up", user)


def set_password(user: User, password: str, actor: Actor) -> None:
    """Give a person a new password; all sessions end. Raises Refused."""
    cause = passwords.weakness_for(password, user)
    if cause:
        raise Refused([Fault("password", cause)])
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=user.pk)
        first = not fresh.has_usable_password()
        fresh.set_password(password)
        fresh.save()
        audit.write(actor, "password", after={"user": fresh.email})
        if not first:
            mail_queue.add_for_person("changed", fresh)
    user.password = fresh.password


def _client(email: str, name: str) -> User:
    user = User(username=email.lower(), email=email, role=Role.CLIENT, first_name=name)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Refused([Fault("email", "could not be taken; try once more")]) from None
    return user


def _refuse(email: str, name: str) -> None:
    unsendable = "holds =?, which mails cannot carry" if "=?" in email else ""
    faults = [
        Fault("email", text_rules.email(email) or unsendable),
        Fault("name", (text_rules.spoken(name) or "") if name else ""),
    ]
    if any(fault.cause for fault in faults):
        raise Refused([fault for fault in faults if fault.cause])
