# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox account ..., numbers ...: provider accounts, search, the purchase ledger, reconcile, usage."""

from __future__ import annotations

import argparse
import sys

from .base import SubParsers, add, group, read_text, table

_KINDS = ("country", "region", "city", "area")


def register(commands: SubParsers) -> None:
    """Add the commands."""
    _register_accounts(group(commands, "account", "accounts at number providers"))
    numbers = group(commands, "numbers", "search numbers, look into purchases, compare with the providers")
    places = add(numbers, "places", "countries, regions or cities that have numbers", _places)
    places.add_argument("account")
    places.add_argument("kind", choices=_KINDS)
    places.add_argument("--parent", default="", help="id of the place around it")
    search = add(numbers, "search", "numbers that can be bought now", _search)
    search.add_argument("account")
    search.add_argument("--country", required=True, help="ISO code or id")
    search.add_argument("--region", default="")
    search.add_argument("--city", default="")
    search.add_argument("--pattern", default="", help="digits with a star, such as *555*")
    search.add_argument("--limit", type=int, default=20)
    ledger = add(numbers, "ledger", "every attempt to buy a number", _ledger)
    ledger.add_argument("--order", type=int)
    ledger.add_argument("--open", action="store_true", help="only those whose outcome is open")
    settle = add(numbers, "settle", "say how an open purchase ended", _settle)
    settle.add_argument("purchase", type=int)
    settle.add_argument("outcome", choices=("bought", "not-bought"))
    settle.add_argument("--number", default="", help="which one, where the provider picked it")
    settle.add_argument("--reason", required=True)
    _register_care(numbers)


def _register_accounts(accounts: SubParsers) -> None:
    add(accounts, "list", "list accounts, their balance and whether they can be used", _accounts)
    credentials = add(accounts, "credentials", "store credentials from a file; they are never shown again", _credentials)
    credentials.add_argument("account")
    credentials.add_argument("file", help="YAML with the driver's fields, - for standard input")
    test = add(accounts, "test", "log in and read the balance", _test)
    test.add_argument("account")


def _register_care(numbers: SubParsers) -> None:
    reconcile = add(numbers, "reconcile", "compare numbers at the providers with the orders now", _reconcile)
    reconcile.add_argument("account", nargs="?")
    add(numbers, "findings", "what a person has to decide", _findings)
    finding = add(numbers, "settle-finding", "say that a finding is dealt with", _settle_finding)
    finding.add_argument("finding", type=int)
    finding.add_argument("--reason", required=True)
    release = add(numbers, "release", "give a number back to its provider; this cannot be undone", _release)
    release.add_argument("account")
    release.add_argument("number")
    release.add_argument("--confirm", required=True, metavar="NUMBER", help="the same number once more")
    release.add_argument("--reason", required=True)
    usage = add(numbers, "usage", "calls and fees of a month as CSV, a line a tenant, provider and kind", _usage)
    usage.add_argument("month", help="YYYY-MM")
    usage.add_argument("--fetch", action="store_true", help="ask the providers for what is new first")


def _accounts(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import accounts
    from voipbox.numbers.models import Balance
    from voipbox.providers.models import ProviderAccount

    balances = {one.account_id: one for one in Balance.objects.all()}
    rows = []
    for account in ProviderAccount.objects.order_by("slug"):
        secrets = accounts.has_credentials(account)
        stored = ", ".join(name for name, there in secrets.items() if there) or ("none stored" if secrets else "-")
        balance = balances.get(account.pk)
        left = f"{balance.amount} {balance.currency}{' LOW' if balance.low else ''}" if balance else ""
        rows.append(
            (
                account.slug, account.name, account.driver, "sandbox" if account.sandbox else "",
                "yes" if account.active else "no", stored, left,
            )
        )  # fmt: skip
    table(rows, ("account", "name", "driver", "", "active", "credentials", "balance"))
    return 0


def _credentials(arguments: argparse.Namespace) -> int:
    from voipbox.core.errors import Fault, Refused
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import accounts
    from voipbox.orders import batch

    content = batch.one(read_text(arguments.file))
    if not isinstance(content, dict):
        raise Refused([Fault("file", "is no mapping of the driver's fields")])
    given = {str(name): str(value) for name, value in content.items()}
    account = accounts.save(accounts.find(arguments.account), operator_of_this_machine(), credentials=given)
    print(f"{account.slug}: stored {', '.join(sorted(given))}. Test them: voipbox account test {account.slug}")
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import accounts

    found = accounts.test(accounts.find(arguments.account))
    balance = f" Balance {found.balance} {found.currency}." if found.balance is not None else ""
    address = f" Address to allow-list: {found.address}." if found.address else ""
    print(f"{'ok' if found.good else 'NOT USABLE'}: {found.says}{balance}{address}")
    return 0 if found.good else 1


def _places(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import accounts, search
    from voipbox.providers.records import LocationKind

    found = search.places(accounts.find(arguments.account), LocationKind(arguments.kind), arguments.parent)
    table([(one.id, one.code, one.name, "" if one.has_numbers else "no numbers") for one in found], ("id", "code", "name", ""))
    return 0


def _search(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import accounts, search
    from voipbox.providers.records import Search

    wanted = Search(arguments.country, arguments.region, arguments.city, arguments.pattern, limit=arguments.limit)
    rows = []
    for offer in search.find(accounts.find(arguments.account), wanted):
        for capacity in offer.capacities:
            rows.append(
                (
                    offer.number or "(the provider picks)", offer.region, offer.city, capacity.id, capacity.label, capacity.setup,
                    capacity.monthly, capacity.currency, "regulated" if offer.regulated else "",
                )
            )  # fmt: skip
    table(rows, ("number", "region", "city", "capacity", "", "setup", "monthly", "", ""))
    return 0


def _ledger(arguments: argparse.Namespace) -> int:
    from voipbox.numbers.models import Purchase

    rows = Purchase.objects.select_related("account").order_by("id")
    if arguments.order:
        rows = rows.filter(order_id=arguments.order)
    if arguments.open:
        rows = rows.filter(state__in=[Purchase.State.SENT, Purchase.State.UNKNOWN, Purchase.State.NEEDS_HUMAN])
    table(
        [(one.pk, one.order_id, one.account.slug, one.number, one.state, one.reference, one.words) for one in rows],
        ("purchase", "order", "account", "number", "state", "reference", "says"),
    )
    return 0


def _settle(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import decisions

    purchase = decisions.settle_purchase(
        arguments.purchase, arguments.outcome == "bought", operator_of_this_machine(), arguments.reason, arguments.number
    )
    print(f"Purchase {purchase.reference} is {purchase.state}.")
    return 0


def _reconcile(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import accounts
    from voipbox.numbers.reconcile import reconcile
    from voipbox.providers.drivers import buys
    from voipbox.providers.models import ProviderAccount

    chosen = [accounts.find(arguments.account)] if arguments.account else list(ProviderAccount.objects.filter(active=True))
    for account in chosen:
        if buys(account):
            fresh = reconcile(account)
            print(f"{account.slug}: {len(fresh)} new findings", *(f"  {one.words}" for one in fresh), sep="\n")
    return 0


def _findings(arguments: argparse.Namespace) -> int:
    from voipbox.numbers.models import Finding

    rows = Finding.objects.filter(settled_at=None).select_related("account")
    table(
        [(one.pk, one.kind, one.account.slug, one.about, one.order_id or "", one.words, one.advice) for one in rows],
        ("finding", "kind", "account", "about", "order", "says", "what to do"),
    )
    return 0


def _settle_finding(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import decisions

    decisions.settle_finding(arguments.finding, operator_of_this_machine(), arguments.reason)
    return 0


def _release(arguments: argparse.Namespace) -> int:
    from voipbox.core.people import operator_of_this_machine
    from voipbox.numbers import accounts, decisions

    account = accounts.find(arguments.account)
    decisions.release(account.pk, arguments.number, arguments.confirm, operator_of_this_machine(), arguments.reason)
    print(f"{arguments.number} was given back to {account.name}.")
    return 0


def _usage(arguments: argparse.Namespace) -> int:
    from voipbox.numbers import usage

    if arguments.fetch:
        usage.fetch_all()
    sys.stdout.write(usage.as_csv(arguments.month))
    return 0
