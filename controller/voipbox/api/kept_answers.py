# SPDX-License-Identifier: GPL-3.0-or-later
"""Idempotency-Key: a repeated request gets the first one's answer and has no effect of its own."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from voipbox.core import clock
from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.models import ApiToken

from .models import KeptAnswer

_KEPT = datetime.timedelta(hours=24)
_LONGEST = 200


def forget_old() -> int:
    """Delete answers whose time is over; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=clock.now() - _KEPT).delete()[0]


def once(
    request: HttpRequest,
    work: Callable[[], tuple[int, Any]],
    render: Callable[[int, Any], HttpResponse],
    before: Callable[[str], None] = lambda key: None,
    undo: Callable[[], None] = lambda: None,
) -> HttpResponse:
    """Do the work, or give the answer that the same key got before.

    Parameters: request; work, which runs in a transaction; render; before, what must be asked of others first, outside of
    any transaction: it is given a name for this request, the same for the same key; undo, which takes back what before did
    when the work was refused.

    The answer is kept in the transaction of the work, so a crash leaves both or neither. The same key with another
    request is refused (422); one that is being worked on answers 409. Refusals are not kept: they had no effect.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        before(uuid.uuid4().hex)
        try:
            return render(*work())
        except Exception:
            undo()
            raise
    if len(key) > _LONGEST or not key.isprintable():
        raise Refused([Fault("Idempotency-Key", f"is 1 to {_LONGEST} printable characters")])
    token: ApiToken = request.voipbox_token  # type: ignore[attr-defined] # set by Bearer
    mark = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
    now = clock.now()
    forget_old()
    earlier = KeptAnswer.objects.filter(token=token, key=key)
    kept = earlier.first()
    if kept is None:
        try:
            before(f"{token.pk}:{hashlib.sha256(key.encode()).hexdigest()[:40]}")
        except Exception:
            # The same request may have ended meanwhile, and taken what this one was to ask for.
            kept = earlier.first()
            if kept is None:
                raise
    if kept is None:
        mine = False
        try:
            with transaction.atomic():
                kept = KeptAnswer.objects.create(token=token, key=key, request_hash=mark, created_at=now)
                mine = True
                status, body = work()
                answer = render(status, body)
                kept.status, kept.body = status, answer.content.decode()
                kept.save(update_fields=["status", "body"])
                return answer
        except Exception as error:
            if mine:
                undo()
                raise
            if not isinstance(error, IntegrityError) or "one_answer_a_key" not in str(error):
                raise
            kept = earlier.first()
    if kept is None or kept.status is None:
        raise MoveRefused("A request with this Idempotency-Key is being worked on. Ask again in a moment.")
    if kept.request_hash != mark:
        raise Refused([Fault("Idempotency-Key", "was used for another request")])
    return render(kept.status, json.loads(kept.body))
