# SPDX-License-Identifier: GPL-3.0-or-later
"""The time, in one place, so that tests can move it."""

from __future__ import annotations

import datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime.datetime:
    """The present in UTC, with its zone."""
    return timezone.now()


def database_now() -> datetime.datetime:
    """The present by the database's clock, which all machines share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    moment: datetime.datetime = row[0]
    return moment
