# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls from the provider's exports, fees from its orders and the history of numbers."""

from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import io
import time
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal

from voipbox.core import clock
from voipbox.core.errors import Fault
from voipbox.providers.errors import AccessDenied, BadRequest, Temporary
from voipbox.providers.records import UsageRow

from . import document
from .client import Client, at
from .document import Resource
from .purchase import costs
from .trunks import user_of

POLL_SECONDS = 2.0
PATIENCE_SECONDS = 300.0
_GZIP = b"\x1f\x8b"
_TIME, _TOTAL, _CALL = "Date/Time Start (UTC)", "Total (USD)", "Call ID"
_COLUMNS = {
    "cdr_in": (_TIME, "Source", "Destination DID", "Duration (sec)", _TOTAL, _CALL),
    "cdr_out": (_TIME, "CLI", "Destination Number", "Billing Duration (sec)", "Charged (USD)", _CALL),
}
"""What must be there; columns were renamed before, so that they are found by name and missed aloud."""
_HISTORY = datetime.timedelta(days=89, hours=23)
_CURRENCY = "USD"
ZERO = Decimal(0)


class Usage:
    """What the account used."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def rows(self, since: datetime.datetime, until: datetime.datetime) -> Iterator[UsageRow]:
        """Calls and fees from since (inclusive) to until (exclusive); of renewals, those of the last 90 days, which is what the
        provider keeps. Raises BadRequest for a time without a zone, or before what it keeps of calls."""
        for name, moment in (("since", since), ("until", until)):
            if moment.tzinfo is None:
                raise BadRequest("A time without a zone. Nothing was asked.", faults=[Fault(name, "has no time zone")])
        since, until = since.astimezone(datetime.UTC), until.astimezone(datetime.UTC)
        users = self._users()
        for kind in _COLUMNS:
            yield from self._calls(kind, since, until, users)
        yield from self._fees(since, until)

    def _users(self) -> dict[str, str]:
        """User names by the names of trunks: the files of calls tell only the latter."""
        try:
            trunks = self._client.all("voice_out_trunks", None, "the names of the trunks")
        except AccessDenied:
            return {}  # an account without outbound trunks
        return {trunk.text("name"): user_of(trunk) for trunk in trunks}

    def _calls(
        self, kind: str, since: datetime.datetime, until: datetime.datetime, users: Mapping[str, str]
    ) -> Iterator[UsageRow]:
        url = self._export(kind, since, until)
        content = self._client.download(url, "a file of calls")
        try:
            text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8-sig")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            raise Temporary("The provider's file of calls cannot be read; it is asked for again.") from None
        reader = csv.DictReader(io.StringIO(text))
        missing = [name for name in _COLUMNS[kind] if name not in (reader.fieldnames or ())]
        if missing:
            raise BadRequest(
                f"The provider's file of calls has no column {', '.join(missing)}: its form changed. Nothing was counted."
            )
        for row in reader:
            found = _call(kind, row, users)
            if since <= found.at < until:
                yield found

    def _export(self, kind: str, since: datetime.datetime, until: datetime.datetime) -> str:
        """Have a file made and wait for it; its address."""
        attributes = {"export_type": kind, "filters": {"from": _written(since), "to": _written(until)}}
        made = self._client.create("exports", attributes, doing="a file of calls").one
        patience = time.monotonic() + PATIENCE_SECONDS
        while made is not None and made.text("status").lower() != "completed":
            if time.monotonic() > patience:
                raise Temporary("The provider has not made the file of calls yet.")
            time.sleep(POLL_SECONDS)
            made = self._client.get(at("exports", made.id), None, "a file of calls").one
        if made is None or not made.text("url"):
            raise Temporary("The provider names no file of calls.")
        return made.text("url")

    def _fees(self, since: datetime.datetime, until: datetime.datetime) -> Iterator[UsageRow]:
        numbers: dict[str, list[str]] = {}
        monthly: dict[str, Decimal] = {}
        for page in self._client.pages("dids", {"include": "order"}, "the numbers of the account"):
            for did in page.resources:
                order = page.relative(did, "order")
                if order is not None:
                    numbers.setdefault(order.id, []).append(did.text("number"))
                    monthly[did.text("number")] = costs(order)[1] or ZERO
        span = {"filter[created_at_gteq]": _iso(since), "filter[created_at_lteq]": _iso(until)}
        kept = {**span, "filter[created_at_gteq]": _iso(max(since, clock.now() - _HISTORY)), "filter[action]": "renewed"}
        for order in self._client.all("orders", span, "the orders of a time"):
            at = document.moment(order.attributes.get("created_at"))
            if at is not None and since <= at < until and order.text("status") != "canceled":
                yield _order(order, at, numbers.get(order.id, []))
        for event in self._client.all("did_history", kept, "the renewals of a time"):
            at = document.moment(event.attributes.get("created_at"))
            if at is not None and since <= at < until:
                number = event.text("did_number")
                told = monthly.get(number)
                words = "Renewal, at the monthly price of its order" if told else "Renewal; the provider does not tell its price"
                yield UsageRow(f"history:{event.id}", at, "fee", f"+{number}", "", 0, told or ZERO, _CURRENCY, description=words)


def _order(order: Resource, at: datetime.datetime, numbers: list[str]) -> UsageRow:
    words = f"Order {order.text('reference')} ({order.text('description') or 'no description'}, {order.text('status')})"
    number = f"+{numbers[0]}" if len(numbers) == 1 else ""
    return UsageRow(f"order:{order.id}", at, "fee", number, "", 0, order.money("amount") or ZERO, _CURRENCY, description=words)


def _call(kind: str, row: Mapping[str, str | None], users: Mapping[str, str]) -> UsageRow:
    def said(name: str) -> str:
        return (row.get(name) or "").strip()

    at = document.moment(said(_TIME))
    if at is None:
        raise BadRequest(
            f"The provider's file of calls has the time {said(_TIME)!r}: its form changed. Nothing more was counted."
        )
    inbound = kind == "cdr_in"
    ours, peer = (
        (said("Destination DID"), said("Source")) if inbound else (said("CLI") or said("Source"), said("Destination Number"))
    )
    seconds = document.decimal(said("Duration (sec)" if inbound else "Billing Duration (sec)"))
    trunk = said("Voice IN Trunk" if inbound else "Voice OUT Trunk")
    call = said(_CALL) or hashlib.sha256("\n".join(f"{name}={value}" for name, value in row.items()).encode()).hexdigest()[:32]
    return UsageRow(
        id=":".join((kind, call, said("Attempt") or "1", at.strftime("%Y%m%d%H%M%S"))),
        at=at,
        kind="inbound" if inbound else "outbound",
        number=_plus(ours),
        peer=_plus(peer),
        seconds=int(seconds or 0),
        amount=document.decimal(said(_TOTAL if inbound else "Charged (USD)")) or ZERO,
        currency=_CURRENCY,
        account=users.get(trunk, trunk),
        description=said("Status"),
    )


def _plus(number: str) -> str:
    return f"+{number}" if number.isascii() and number.isdigit() else number


def _written(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _iso(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
