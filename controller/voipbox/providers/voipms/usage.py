# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and fees of an account. The provider gives whole days; the zone of its fees is not documented and taken as UTC."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal

from ..records import UsageRow
from .client import Client
from .decoding import Row, e164, moment, money, seconds, text

_LONGEST = datetime.timedelta(days=92)
_DAY = datetime.timedelta(days=1)
_CURRENCY = "USD"
_ANGLES = re.compile(r"<([^>]*)>")


def rows(client: Client, since: datetime.datetime, until: datetime.datetime) -> Iterator[UsageRow]:
    """Calls and fees from since (inclusive) to until (exclusive), each once."""
    seen: set[str] = set()
    for first, last in windows(since, until):
        days = {"date_from": f"{first:%Y-%m-%d}", "date_to": f"{last:%Y-%m-%d}"}
        calls = client.rows("getCDR", "cdr", **days, timezone="0", answered="1", noanswer="1", busy="1", failed="1")
        fees = client.rows("getTransactionHistory", "transactions", **days)
        for row in (*map(_call, calls), *filter(None, map(_fee, fees))):
            if since <= row.at < until and row.id not in seen:
                seen.add(row.id)
                yield row


def windows(since: datetime.datetime, until: datetime.datetime) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Ranges of days (both inclusive) that the provider takes, covering all of it."""
    first = since.astimezone(datetime.UTC).date()
    last = (until.astimezone(datetime.UTC) - datetime.timedelta(microseconds=1)).date()
    while first <= last:
        end = min(last, first + _LONGEST - _DAY)
        yield first, end
        first = end + _DAY


def _call(row: Row) -> UsageRow:
    inbound = text(row, "destination_type").upper().startswith("IN")
    at = moment(row, "date")
    caller, called = _caller(text(row, "callerid")), e164(text(row, "destination"))
    return UsageRow(
        id=f"call:{text(row, 'uniqueid') or _digest(at, caller, called, text(row, 'seconds'))}",
        at=at,
        kind="inbound" if inbound else "outbound",
        number=called if inbound else caller,
        peer=caller if inbound else called,
        seconds=seconds(row, "seconds"),
        amount=money(row, "total") or Decimal(0),
        currency=_CURRENCY,
        account=text(row, "account"),
        description=text(row, "description"),
    )


def _fee(row: Row) -> UsageRow | None:
    """A fee; None for money that was paid in. What a number gave back is a negative fee."""
    amount, kind = money(row, "ammount"), text(row, "type")
    if amount is None or (amount > 0 and not kind.startswith("DID")):
        return None
    number = re.sub(r"\D", "", kind) if kind.startswith("DID") else ""
    at, words = moment(row, "date"), text(row, "description")
    return UsageRow(
        # Calls and fees were seen with the same unique id, and so were two fees of one order.
        id=f"fee:{text(row, 'uniqueid')}:{_digest(at, kind, words, amount.normalize())}",
        at=at,
        kind="fee",
        number=e164(number),
        peer="",
        seconds=0,
        amount=-amount,
        currency=_CURRENCY,
        description=words,
    )


def _caller(written: str) -> str:
    """The number of "Name" <number>."""
    match = _ANGLES.search(written)
    return e164(match[1] if match else written)


def _digest(*parts: object) -> str:
    """Of decoded values: the same row may be written otherwise the next time."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]
