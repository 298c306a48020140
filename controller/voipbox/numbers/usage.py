# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and fees of all providers in one table, and as CSV by tenant and month, for billing."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable, Iterator

from django.db.models import Count, Sum

from voipbox.core import clock, sheets
from voipbox.core.errors import Fault, Refused
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED
from voipbox.providers.drivers import buys, open_driver
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import UsageRow

from .models import OrderTrunk, Usage

# By number: the order, since when and until when it had it.
_Users = dict[str, list[tuple[int, datetime.datetime, datetime.datetime | None]]]
_COLUMNS = ("month", "order", "domain", "company", "provider", "kind", "count", "seconds", "amount", "currency")
_BATCH = 500
_BACK = datetime.timedelta(days=3)  # rows appear late; the same row is never counted twice
_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


def fetch(account: ProviderAccount, since: datetime.datetime | None = None) -> int:
    """Fetch what is new of an account; returns how many rows were. Raises ProviderError."""
    now = clock.now()
    last = Usage.objects.filter(account=account).order_by("-at").values_list("at", flat=True).first()
    begin = since or (last - _BACK if last else now - datetime.timedelta(days=31))
    users = _users(account)
    trunks = dict(OrderTrunk.objects.filter(account=account).exclude(username="").values_list("username", "order_id"))
    before = Usage.objects.filter(account=account).count()
    with open_driver(account) as driver:
        for batch in _batches(driver.usage(begin, now)):
            Usage.objects.bulk_create((_row(account, one, users, trunks) for one in batch), ignore_conflicts=True)
    return Usage.objects.filter(account=account).count() - before


def fetch_all() -> None:
    """Every active account where numbers are bought."""
    for account in ProviderAccount.objects.filter(active=True):
        if buys(account):
            fetch(account)


def as_csv(month: str) -> str:
    """One line a tenant, provider, kind and currency of a month (YYYY-MM, UTC). Raises Refused."""
    found = _MONTH.fullmatch(month)
    if not found:
        raise Refused([Fault("month", "is written as YYYY-MM")])
    begin = datetime.datetime(int(found[1]), int(found[2]), 1, tzinfo=datetime.UTC)
    end = (begin + datetime.timedelta(days=32)).replace(day=1)
    rows = (
        Usage.objects.filter(at__gte=begin, at__lt=end)
        .values("order_id", "order__domain", "order__company", "account__slug", "kind", "currency")
        .annotate(count=Count("id"), seconds=Sum("seconds"), amount=Sum("amount"))
        .order_by("order__domain", "account__slug", "kind")
    )
    return sheets.text(
        _COLUMNS,
        (
            [
                month, row["order_id"], row["order__domain"], row["order__company"], row["account__slug"], row["kind"],
                row["count"], row["seconds"], row["amount"], row["currency"],
            ]
            for row in rows
        ),
    )  # fmt: skip


def _batches(rows: Iterable[UsageRow]) -> Iterator[list[UsageRow]]:
    waiting = iter(rows)
    while batch := list(itertools.islice(waiting, _BATCH)):
        yield batch


def _users(account: ProviderAccount) -> _Users:
    """The orders that have or had a number, the latest first: a number that was given up is used again."""
    found: _Users = {}
    for order in Order.objects.filter(provider=account).exclude(number="").order_by("-created_at", "-pk"):
        until = order.status_since if order.status in CLOSED else None
        found.setdefault(order.number.lstrip("+"), []).append((order.pk, order.created_at, until))
    return found


def _user_at(users: list[tuple[int, datetime.datetime, datetime.datetime | None]], moment: datetime.datetime) -> int | None:
    """Whose the number was then; what fits nobody's time is for the one who has it now, if anybody has."""
    for order, since, until in users:
        if since <= moment and (until is None or moment <= until):
            return order
    return next((order for order, _, until in users if until is None), None)


def _row(account: ProviderAccount, row: UsageRow, users: _Users, trunks: dict[str, int]) -> Usage:
    order = trunks.get(row.account) or _user_at(users.get(row.number.lstrip("+"), []), row.at)
    return Usage(
        account=account, row_id=row.id[:120], at=row.at, kind=row.kind, number=row.number[:32], peer=row.peer[:64],
        seconds=row.seconds, amount=row.amount, currency=row.currency, description=row.description[:200], order_id=order,
    )  # fmt: skip
