# SPDX-License-Identifier: GPL-3.0-or-later
"""Balances of provider accounts: read by the hour and after purchases, with an alarm before calls stop."""

from __future__ import annotations

from decimal import Decimal

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Refused
from voipbox.providers.drivers import buys, open_driver
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount

from . import notices
from .models import Balance


def read(account: ProviderAccount) -> Balance:
    """Read one balance and tell staff when it falls under the alarm. A provider that does not answer is noted, not raised."""
    now = clock.now()
    amount: Decimal | None = None
    currency, error = "USD", ""
    try:
        with open_driver(account) as driver:
            amount, currency = driver.balance()
    except ProviderError as fault:
        error = fault.sentence
    except Refused as fault:
        error = f"The account cannot be used: {fault}."
    before = Balance.objects.filter(account=account).first()
    limit = Decimal(str(account.options.get("balance_alarm") or config().balance_alarm))
    low = amount < limit if amount is not None else bool(before and before.low)
    values = {"currency": currency, "at": now, "low": low, "error": error}
    if amount is not None:
        values["amount"] = amount
    balance, _ = Balance.objects.update_or_create(account=account, defaults=values)
    if low and amount is not None and not (before and before.low):
        notices.tell_staff(
            f"balance:{account.pk}:{now:%Y%m%dT%H%M%S}",
            f"The balance at {account.name} is low",
            [f"{amount} {currency} are left; the alarm is at {limit}. At nothing, numbers stop ringing and no one reports it."],
        )
    return balance


def read_all() -> None:
    """Every active account where numbers are bought."""
    for account in ProviderAccount.objects.filter(active=True):
        if buys(account):
            read(account)
