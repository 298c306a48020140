# SPDX-License-Identifier: GPL-3.0-or-later
"""One person, found by an e-mail address: who it is, and erasing what table.KINDS says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Lower

from voipbox.core.errors import MoveRefused, NotThere
from voipbox.core.models import ApiToken, User
from voipbox.core.people import Actor, Role
from voipbox.numbers.models import Usage
from voipbox.orders import audit
from voipbox.orders.models import AuditEvent, Draft, Mail, Order, WebhookDelivery
from voipbox.orders.statuses import CLOSED, Status
from voipbox.regulatory import purge

from . import periods
from .table import BOOKS, PROOF

_SENDING = Mail.State.SENDING


@dataclass
class Report:
    """What an erasure did: what is gone and how much of it, what is kept and why."""

    erased: dict[str, int] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """Somebody as this installation knows them. orders: those that are the person's own; named: others that name the address."""

    email: str
    user: User | None
    orders: Sequence[Order]
    named: Sequence[Order]


def find(email: str) -> Person:
    """The person with an address, whatever its case. Raises NotThere when nothing here names it."""
    email = email.strip()
    user = User.by_address(email).first()
    wanted = Lower(Value(email))
    rows = Order.objects.alias(contact_address=Lower("email")).select_related("client", "server", "provider")
    mine = Q(client=None, contact_address=wanted)
    own = list(rows.filter(mine | Q(client=user) if user else mine).order_by("pk"))
    text = Order.objects.alias(admin=Lower("admin_email"), mail=Lower("email"), texts=Lower(Cast("extensions", TextField())))
    quoted = f'"{email.lower()}"'
    naming = text.filter(Q(admin=wanted) | Q(mail=wanted) | Q(texts__contains=quoted)).exclude(pk__in=[one.pk for one in own])
    person = Person(email, user, own, list(naming.order_by("pk")))
    if user is None and not own and not person.named and not mails(person).exists() and not drafts(person).exists():
        raise NotThere(f"Nothing here names {email}. Nothing was changed.")
    return person


def mails(person: Person) -> QuerySet[Mail]:
    """Mails to the person alone, and those about the person's orders."""
    alone = Mail.objects.annotate(whom=Lower(Cast("recipients", TextField()))).filter(
        whom__in=[f"{{{person.email.lower()}}}", f'{{"{person.email.lower()}"}}']
    )
    return Mail.objects.filter(Q(pk__in=alone.values("pk")) | Q(order__in=person.orders)).order_by("pk")


def drafts(person: Person) -> QuerySet[Draft]:
    """Unfinished orders that the person began, or that are for the person."""
    return (
        Draft.objects.filter(Q(client=person.user) | Q(started_by=person.user), order=None)
        if person.user
        else Draft.objects.none()
    )


def erase(email: str, actor: Actor) -> Report:
    """Erase a person, in one transaction; what is kept is told with its reason, and a second time changes nothing more.

    An order that is open, or whose phone system runs, keeps what it needs, and its client the account.
    Raises NotThere; MoveRefused for the last administrator.
    """
    report = Report()
    with transaction.atomic():
        person = find(email)
        _must_not_be_the_last(person.user)
        closed = [one for one in person.orders if one.status in CLOSED]
        live = [one for one in person.orders if one.status not in CLOSED]
        _orders(person, closed, live, report, actor)
        _words(person, live, report)
        if person.user is not None:
            _account(person.user, live, report)
        told = AuditEvent.objects.annotate(who=Lower("actor")).filter(
            Q(who=person.email.lower()) | Q(user=person.user) if person.user else Q(who=person.email.lower())
        )
        if told.exists():
            report.kept["what the audit says of acts"] = PROOF
        report.erased = {what: count for what, count in report.erased.items() if count}
        if report.erased:
            audit.write(actor, "person_erased", after={"erased": report.erased, "orders": [one.pk for one in person.orders]})
    return report


def _must_not_be_the_last(user: User | None) -> None:
    if user is None or user.role != Role.ADMINISTRATOR or not user.is_active:
        return
    if not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists():
        raise MoveRefused(f"{user.email} is the last administrator. Make another one first. Nothing was changed.")


def _orders(person: Person, closed: list[Order], live: list[Order], report: Report, actor: Actor) -> None:
    names = [one.pk for one in closed]
    report.erased["orders without their people"] = periods.empty_people(
        Order.objects.filter(pk__in=names).exclude(admin_email="", phone="")
    )
    report.erased["calls"] = (
        Usage.objects.filter(order__in=names).exclude(peer="", description="").update(peer="", description="")
    )
    done = [one for one in live if one.status == Status.COMPLETED]
    report.erased["registrations with their documents"] = sum(purge.of_order(one, actor) for one in [*closed, *done])
    for one in closed:
        if one.email:
            report.kept[f"company, contact and address of order {one.pk}"] = BOOKS
    for one in live:
        report.kept[f"order {one.pk}, {one.badge.text}"] = "it is open or its phone system runs; end it, then erase again"
    admin = Lower(Value(person.email))
    gone = [one.pk for one in person.named if one.status in CLOSED]
    mine = Order.objects.alias(admin=Lower("admin_email")).filter(pk__in=gone, admin=admin)
    report.erased["names in orders of others"] = mine.update(admin_email="", admin_username="") + _unnamed(person, gone)
    for one in person.named:
        if one.status not in CLOSED:
            report.kept[f"the address in order {one.pk} of somebody else"] = "its phone system uses it; correct the order"
        elif one.email.lower() == person.email.lower():
            report.kept[f"company, contact and address of order {one.pk}"] = BOOKS


def _unnamed(person: Person, names: list[int]) -> int:
    count = 0
    for order in Order.objects.filter(pk__in=names).select_for_update():
        left = [one for one in order.extensions if str(one.get("email", "")).lower() != person.email.lower()]
        if left != order.extensions:
            count += Order.objects.filter(pk=order.pk).update(extensions=left)
    return count


def _words(person: Person, live: list[Order], report: Report) -> None:
    report.erased["unfinished orders"] = drafts(person).delete()[0]
    about = mails(person).exclude(order__in=live)
    if about.filter(state=_SENDING).exists():
        report.kept["a mail that is being sent"] = "it may be on its way; erase again in a few minutes"
    report.erased["mails"] = Mail.objects.filter(pk__in=about.exclude(state=_SENDING).values("pk")).delete()[0]
    if mails(person).filter(order__in=live).exists():
        report.kept["mails about open orders"] = "they go with the order"
    closed = [one.pk for one in person.orders if one.status in CLOSED]
    told = WebhookDelivery.objects.filter(payload__order__id__in=closed).exclude(state=WebhookDelivery.State.SENDING)
    report.erased["deliveries to webhooks"] = told.delete()[0]


def _account(user: User, live: list[Order], report: Report) -> None:
    report.erased["sessions"] = _sessions(user)
    if any(one.client_id == user.pk for one in live):
        report.kept["the account"] = "the person follows open orders with it"
        return
    name = f"erased-{user.pk}"
    if user.username == name:
        return
    report.erased["tokens"] = ApiToken.objects.filter(user=user).delete()[0]
    factor = getattr(user, "second_factor", None)
    if factor is not None:
        factor.delete()
    # The password first: it ends what is still signed in with a copied session.
    report.erased["accounts"] = User.objects.filter(pk=user.pk).update(
        password=make_password(None), username=name, email=f"{name}@erased.invalid", first_name="", last_name="", is_active=False
    )


def _sessions(user: User) -> int:
    mine = [one.pk for one in Session.objects.iterator() if str(one.get_decoded().get("_auth_user_id")) == str(user.pk)]
    return Session.objects.filter(pk__in=mine).delete()[0]
