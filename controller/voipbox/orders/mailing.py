# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending what is queued: each mail at most once, also when a daemon is killed at any moment.

A mail is claimed, and committed as such, before it is handed over. A mail found claimed by nobody alive is looked up
where the transport can tell, and is unknown otherwise: a person decides, it is never sent again by itself.
"""

from __future__ import annotations

import datetime
import logging
import smtplib
import uuid

from django.db import transaction
from django.db.models import Q, QuerySet

from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.core.errors import MoveRefused, NotAllowed
from voipbox.core.people import ACTING_STAFF, Actor

from . import audit
from .compose import compose
from .models import Mail
from .transport import Transport, Unclear, message, transport

log = logging.getLogger("voipbox.mail")
_LOOK = "look into the recipient's mailbox, then resend"
_ATTEMPTS = 8
_FIRST_PAUSE = 60  # seconds, doubled with each attempt
_ABANDONED = datetime.timedelta(minutes=2)
_PERMANENT = 500  # and above: replies of mail servers that say no for good


def send_queued() -> int:
    """Send every mail that is due; returns how many went out."""
    way = transport()
    _settle_abandoned(way)
    sent = 0
    while True:
        mail = _claim()
        if mail is None:
            return sent
        sent += _send(mail, way)


def _claim() -> Mail | None:
    """The next mail, marked as ours. One at a time: what is marked is what may have gone out."""
    moment = clock.now()
    with transaction.atomic():
        due = Mail.objects.select_for_update(skip_locked=True).filter(state=Mail.State.QUEUED, next_try_at__lte=moment)
        key = due.order_by("id").values_list("pk", flat=True).first()
        if key is None:
            return None
        Mail.objects.filter(pk=key).update(state=Mail.State.SENDING, claimed_at=moment)
    return Mail.objects.select_related("order__server").get(pk=key)


def _send(mail: Mail, way: Transport) -> bool:
    try:
        words = compose(mail)
        text = message(config().mail_from, mail.recipients, words.subject, words.text, words.html, mail.message_id)
    except Exception as error:  # a site's templates raise anything, and must not hold up other mails
        _postpone(mail, error)
        return False
    if not _ours(mail).update(subject=words.subject, attempts=mail.attempts + 1, claimed_at=clock.now()):
        return False
    mail.refresh_from_db(fields=["claimed_at"])
    try:
        way.send(text)
    except Unclear as error:
        _leave_unknown(mail, error)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _postpone(mail, error)
        return False
    _ours(mail).update(state=Mail.State.SENT, sent_at=clock.now(), error="", text=words.text, html=words.html)
    return True


def _ours(mail: Mail) -> QuerySet[Mail]:
    """The mail while it is the one that this process claimed: whoever took it for abandoned decides about it."""
    return Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING, claimed_at=mail.claimed_at)


def _postpone(mail: Mail, error: Exception) -> None:
    attempts = mail.attempts + 1
    final = attempts >= _ATTEMPTS or _refused_for_good(error)
    pause = datetime.timedelta(seconds=_FIRST_PAUSE * 2 ** (attempts - 1))
    words = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    log.warning("mail %s did not go out (attempt %s): %s", mail.pk, attempts, words)
    _ours(mail).update(
        state=Mail.State.FAILED if final else Mail.State.QUEUED, attempts=attempts, error=words, next_try_at=clock.now() + pause
    )


def _refused_for_good(error: Exception) -> bool:
    """True when the server wants none of the recipients; a reply below 500, such as greylisting, is for now."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= _PERMANENT for code, _ in error.recipients.values())


def _leave_unknown(mail: Mail, error: Exception) -> None:
    log.warning("mail %s may have gone out: %s", mail.pk, error)
    _ours(mail).update(state=Mail.State.UNKNOWN, error=f"{error}; {_LOOK}")


def _settle_abandoned(way: Transport) -> None:
    """Mails that were being handed over when their daemon died."""
    for mail in Mail.objects.filter(state=Mail.State.SENDING, claimed_at__lt=clock.now() - _ABANDONED):
        went = way.was_sent(mail.message_id)
        state = Mail.State.UNKNOWN if went is None else Mail.State.SENT if went else Mail.State.QUEUED
        error = f"the daemon died while it was handed over; {_LOOK}" if went is None else ""
        Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING, claimed_at=mail.claimed_at).update(
            state=state, error=error, sent_at=clock.now() if went else None, next_try_at=clock.now()
        )


def resend(mail: Mail, actor: Actor) -> Mail:
    """Queue a mail again, as a new one with today's words. Raises NotAllowed, MoveRefused."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Mails are sent again by staff. Nothing was sent.")
    if mail.state in (Mail.State.QUEUED, Mail.State.SENDING):
        raise MoveRefused(f"Mail {mail.pk} is still on its way. Nothing was sent.")
    with transaction.atomic():
        fresh = Mail.objects.create(
            order=mail.order, kind=mail.kind, key=f"{mail.kind}:{mail.order_id}:again:{uuid.uuid4()}", recipients=mail.recipients,
            context=mail.context, message_id=f"<{uuid.uuid4()}@voipbox>", next_try_at=clock.now(),
        )  # fmt: skip
        audit.write(actor, "resend_mail", mail.order, after={"mail": fresh.pk, "kind": mail.kind})
        jobs.defer("voipbox.send_mail", queueing_lock="send_mail")
    return fresh


def waiting() -> Q:
    """Mails that have not gone out yet."""
    return Q(state__in=[Mail.State.QUEUED, Mail.State.SENDING])
