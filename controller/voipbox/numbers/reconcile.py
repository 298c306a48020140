# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing what a provider has with what orders say: numbers that are paid without a tenant, tenants whose number is gone,
numbers that were bought twice, logins that exist twice. Findings are for people: nothing is released or bought by itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from voipbox.core import clock
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED, Status
from voipbox.orders.steps import Step
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import Twins
from voipbox.providers.models import ProviderAccount
from voipbox.providers.protocol import Driver
from voipbox.providers.records import NumberState

from . import notices, trunks
from .models import Finding, OrderTrunk, Purchase

Kind = Finding.Kind
_LATE = datetime.timedelta(days=7)  # after a doubt: how long a purchase that seemed not to be is looked for


def reconcile(account: ProviderAccount) -> list[Finding]:
    """Compare one account; returns the findings that are new. Raises ProviderError."""
    now = clock.now()
    with open_driver(account) as driver:
        owned = {number.number: number for number in driver.numbers()}
        duplicates = list(_duplicates(driver, account))
        doubled = _leave_one(driver, account)
    live = {
        order.number: order
        for order in Order.objects.filter(provider=account).exclude(status__in=sorted(CLOSED)).exclude(number="")
    }
    settled = {
        purchase.number: purchase.order
        for purchase in Purchase.objects.filter(account=account, state=Purchase.State.CONFIRMED).select_related("order")
    }
    found: list[tuple[Finding.Kind, str, Order | None, str]] = []
    for number, entry in sorted(owned.items()):
        if number not in live and entry.state != NumberState.TERMINATED:
            order = settled.get(number)
            whose = f"it was bought for order {order.pk}, which is {order.status}" if order else "no order knows it"
            found.append((Kind.ORPHAN, number, order, f"{number} is paid at {account.name}, and {whose}."))
    for number, order in sorted(live.items()):
        if order.status != "completed":
            continue
        there = owned.get(number)
        if there is None or there.state == NumberState.TERMINATED:
            words = f"{number} of {order.domain} is gone at {account.name}: calls do not come in."
            found.append((Kind.MISSING, number, order, words))
        elif there.pop and account.options.get("pop") and there.pop != str(account.options["pop"]):
            words = f"{number} of {order.domain} comes in at another place than its gateway."
            found.append((Kind.MISROUTED, number, order, words))
    return [*_store(account, found + duplicates, now), *doubled]


def look_for_twins(account: ProviderAccount) -> list[Finding]:
    """Logins that came twice after an answer was lost: one goes, or a person is asked. Returns findings that are new.

    Raises ProviderError.
    """
    if not _doubtful_trunks(account):
        return []
    with open_driver(account) as driver:
        return _leave_one(driver, account)


def tell_twins(order: Order, twins: Twins) -> Finding | None:
    """A login that exists twice: a finding that names both, and one mail to staff. None when it is open already."""
    assert order.provider is not None
    now = clock.now()
    with transaction.atomic():
        finding, fresh = Finding.objects.get_or_create(
            account=order.provider, kind=Kind.TWINS, number="", trunk=twins.login[:40], settled_at=None,
            defaults={"order": order, "words": str(twins), "first_seen_at": now, "last_seen_at": now},
        )  # fmt: skip
        if not fresh:
            Finding.objects.filter(pk=finding.pk).update(last_seen_at=now, words=str(twins))
            return None
        notices.tell_staff(
            f"twins:{finding.pk}", f"A login at {order.provider.name} needs a look", [finding.words, finding.advice]
        )
    return finding


def settle_twins(account: ProviderAccount, login: str) -> None:
    """One is left, or none: nothing waits for a person any more."""
    Finding.objects.filter(account=account, kind=Kind.TWINS, trunk=login, settled_at=None).update(settled_at=clock.now())


def _doubtful_trunks(account: ProviderAccount) -> list[OrderTrunk]:
    """Trunks that may come a second time, or did; not those that are being made right now."""
    at_work = Q(order__step__in=(Step.TRUNK, Step.REKEY)) & ~Q(order__status=Status.FAILED)
    told = Q(order__findings__kind=Kind.TWINS, order__findings__settled_at=None)
    rows = OrderTrunk.objects.filter(Q(asked_at__isnull=False) | told, account=account).exclude(at_work).distinct()
    return list(rows.select_related("order__server", "order__provider"))


def _leave_one(driver: Driver, account: ProviderAccount) -> list[Finding]:
    fresh = []
    for row in _doubtful_trunks(account):
        asked_at = row.asked_at
        try:
            login = driver.leave_one(trunks.wanted(row.order, row))
        except Twins as twins:
            finding = tell_twins(row.order, twins)
            fresh += [finding] if finding else []
            continue
        settle_twins(account, login)
        if asked_at is not None and asked_at < clock.now() - _LATE:
            OrderTrunk.objects.filter(pk=row.pk, generation=row.generation, asked_at=asked_at).update(asked_at=None)
    return fresh


def tell_orphan(purchase: Purchase) -> None:
    """A number that was bought for an order which was closed meanwhile: a finding at once, and one mail to staff."""
    order, name = purchase.order, purchase.account.name
    words = (
        f"{purchase.number} was bought at {name} for order {order.pk}, which is {order.status}. It is paid: give it back, or use "
        "it for another order."
    )
    now = clock.now()
    with transaction.atomic():
        Finding.objects.get_or_create(
            account=purchase.account, kind=Kind.ORPHAN, number=purchase.number, settled_at=None,
            defaults={"order": order, "words": words, "first_seen_at": now, "last_seen_at": now},
        )  # fmt: skip
        notices.tell_staff(f"orphan:{purchase.pk}", f"A number at {name} needs a look", [words])


def _duplicates(driver: Driver, account: ProviderAccount) -> Iterable[tuple[Finding.Kind, str, Order | None, str]]:
    """Attempts that were taken for not bought after a doubt, and whose purchase turned up late."""
    since = clock.now() - _LATE
    doubtful = Purchase.objects.filter(account=account, was_unknown=True, created_at__gt=since).select_related("order")
    for purchase in doubtful:
        found = [number for one in driver.find_purchase(purchase.reference, purchase.number) for number in one.numbers]
        if purchase.state == Purchase.State.REFUSED:
            extra = [number for number in found if number != purchase.order.number]
        else:
            extra = found[1:]
        for number in extra:
            yield (
                Kind.DUPLICATE, number, purchase.order,
                f"{number} was bought late under {purchase.reference} beside the number of order {purchase.order_id}. It is "
                "held and paid; give it back or use it for another order.",
            )  # fmt: skip


def _store(
    account: ProviderAccount, found: list[tuple[Finding.Kind, str, Order | None, str]], now: datetime.datetime
) -> list[Finding]:
    fresh = []
    doubled = {number for kind, number, _, _ in found if kind == Kind.DUPLICATE}
    with transaction.atomic():
        for kind, number, order, words in found:
            if kind == Kind.ORPHAN and number in doubled:
                continue
            finding, created = Finding.objects.get_or_create(
                account=account, kind=kind, number=number, settled_at=None,
                defaults={"order": order, "words": words, "first_seen_at": now, "last_seen_at": now},
            )  # fmt: skip
            if created:
                fresh.append(finding)
            else:
                Finding.objects.filter(pk=finding.pk).update(last_seen_at=now, words=words)
        gone = Finding.objects.filter(account=account, settled_at=None, last_seen_at__lt=now).exclude(kind=Kind.TWINS)
        gone.update(settled_at=now)
        if fresh:
            notices.tell_staff(f"findings:{fresh[0].pk}", f"Numbers at {account.name} need a look", [one.words for one in fresh])
    return fresh
