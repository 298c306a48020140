# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a token may ask: counted a minute, in the database, so that all processes of the web server agree."""

from __future__ import annotations

import datetime

from django.db import connection

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import VoipboxError
from voipbox.core.models import ApiToken

from .models import TokenMinute

_COUNT = (
    "INSERT INTO api_tokenminute (token_id, minute, calls) VALUES (%s, %s, 1) "
    "ON CONFLICT ON CONSTRAINT one_count_a_minute DO UPDATE SET calls = api_tokenminute.calls + 1 RETURNING calls"
)


class TooMany(VoipboxError):
    """A token asked too often. seconds: until it may ask again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"This token asked too often. Nothing was changed. Ask again in {seconds} s.")


def count(token: ApiToken, now: datetime.datetime) -> None:
    """Count a call. Raises TooMany."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [token.pk, minute])
        (calls,) = cursor.fetchone()
    if calls > config().api_per_minute:
        raise TooMany(max(1, 60 - now.second))


def forget_old() -> int:
    """Delete the counts of past minutes; returns how many."""
    return TokenMinute.objects.filter(minute__lt=clock.now() - datetime.timedelta(minutes=5)).delete()[0]
