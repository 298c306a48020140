# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits on how often something may be tried: signing in, asking for mails, guessing codes.

Every attempt is counted before it is made, so that many at once do not slip through; a success takes the counts away.
"""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass

from django.http import HttpRequest

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.models import User
from voipbox.orders import text_rules

from .models import Attempt

_KEPT = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most so many attempts of a kind in so many minutes."""

    kind: str
    most: int
    minutes: int


SIGN_IN = Limit("sign-in", 10, 15)  # an account
SIGN_IN_FROM = Limit("sign-in-from", 60, 15)  # a network address
CODE = Limit("code", 5, 15)  # an account's second factor
MAIL_TO = Limit("mail-to", 3, 60)  # sign-up and reset mails to an address
MAIL_FROM = Limit("mail-from", 20, 60)
PASSWORD = Limit("password", 10, 15)  # asking again for the password of somebody who is signed in
DRAFT = Limit("draft", 60, 60)  # unfinished orders that somebody begins
SEARCH = Limit("search", 120, 10)  # number searches, which a provider answers


def take(limit: Limit, key: object) -> bool:
    """Count an attempt; False when there were too many, this one included."""
    moment, digest = clock.now(), _digest(key)
    Attempt.objects.create(kind=limit.kind, key=digest, at=moment)
    Attempt.objects.filter(at__lt=moment - _KEPT).delete()
    since = moment - datetime.timedelta(minutes=limit.minutes)
    return Attempt.objects.filter(kind=limit.kind, key=digest, at__gt=since).count() <= limit.most


def whose(email: str) -> object:
    """What attempts with an address are counted for: the person who is found by it, so that no spelling begins anew; the
    address as it was typed where there is nobody."""
    if text_rules.invisible(email):
        return f"nobody:{email}"
    return User.by_address(email).values_list("pk", flat=True).first() or f"nobody:{email}"


def clear(limit: Limit, key: object) -> None:
    """Forget the attempts after a success."""
    Attempt.objects.filter(kind=limit.kind, key=_digest(key)).delete()


def network_address(request: HttpRequest) -> str:
    """Where a request comes from. Behind a proxy, which https means here, it is what the proxy added last."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if config().secure else ""
    return forwarded.rsplit(",", maxsplit=1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _digest(key: object) -> str:
    return hashlib.sha256(str(key).lower().encode("utf-8", "surrogatepass")).hexdigest()
