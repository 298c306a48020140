# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider accounts as people set them up: credentials that are never shown again, options, and a test of the connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from voipbox.core.errors import Fault, NotAllowed, NotThere, Refused
from voipbox.core.people import Actor, Role
from voipbox.orders import audit
from voipbox.providers.drivers import driver_class, open_driver
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import AccountField, Checked

from . import balances, search

_LONGEST = 500


def find(slug: str) -> ProviderAccount:
    """The account of this name. Raises NotThere."""
    account = ProviderAccount.objects.filter(slug=slug).first()
    if account is None:
        raise NotThere(f"There is no provider account {slug}.")
    return account


def save(
    account: ProviderAccount, actor: Actor, options: Mapping[str, str] | None = None, credentials: Mapping[str, str] | None = None
) -> ProviderAccount:
    """Store an account with what a form or file gives. Raises Refused with every fault, NotAllowed.

    Parameters: account, new or changed, not yet saved; actor; options, by the driver's option fields, replaced as a whole
    where given (what is no field of the driver stays); credentials, by its credential fields: one that is left out or
    empty stays what it was.
    """
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed("Provider accounts are set up by administrators. Nothing was changed.")
    driver = driver_class(account.driver)
    faults = _unknown(driver.option_fields, options, "options") + _unknown(driver.credential_fields, credentials, "credentials")
    if options is not None:
        names = {each.name for each in driver.option_fields}
        rest = {name: value for name, value in account.options.items() if name not in names}
        account.options = {**rest, **{name: value.strip() for name, value in options.items() if value.strip()}}
    if credentials is not None:
        fresh = {name: value.strip() for name, value in credentials.items() if value and value.strip()}
        account.credentials = {**(account.credentials or {}), **fresh}
    faults += _missing(driver.option_fields, account.options, "options")
    if faults:
        raise Refused(faults)
    _refuse_unusable(account)
    with transaction.atomic():
        created = account.pk is None
        account.full_clean(exclude=["credentials"])
        account.save()
        stored = sorted(credentials or {})
        after = {"account": account.slug, "created": created, "options": account.options, "credentials": stored}
        audit.write(actor, "save_account", None, after=after)
    search.forget_places(account)
    return account


def test(account: ProviderAccount) -> Checked:
    """Log in, read the balance, and find out which address must be allow-listed; never raises for what it reports."""
    try:
        with open_driver(account) as driver:
            found = driver.check()
    except (ProviderError, Refused) as error:
        return Checked(False, error.sentence if isinstance(error, ProviderError) else str(error))
    if found.good:
        balances.read(account)
    return found


def has_credentials(account: ProviderAccount) -> dict[str, bool]:
    """Which of its secrets an account has; their values are shown to nobody."""
    known = account.credentials or {}
    return {each.name: bool(known.get(each.name)) for each in driver_class(account.driver).credential_fields}


def _unknown(fields: tuple[AccountField, ...], given: Mapping[str, Any] | None, where: str) -> list[Fault]:
    names = {each.name for each in fields}
    faults = []
    for name, value in (given or {}).items():
        if name not in names:
            faults.append(Fault(f"{where}.{name}", f"is no field of this driver; there are {', '.join(sorted(names)) or 'none'}"))
        elif not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
            faults.append(Fault(f"{where}.{name}", f"is at most {_LONGEST} printable characters"))
    return faults


def _missing(fields: tuple[AccountField, ...], options: Mapping[str, Any], where: str) -> list[Fault]:
    return [
        Fault(f"{where}.{each.name}", "is required")
        for each in fields
        if each.required and not each.default and not options.get(each.name)
    ]


def _refuse_unusable(account: ProviderAccount) -> None:
    """What the driver itself refuses, such as a production address for an account marked as a sandbox."""
    driver, known = driver_class(account.driver), account.credentials or {}
    if not driver.buys or any(each.required and not known.get(each.name) for each in driver.credential_fields):
        return
    try:
        with open_driver(account):
            pass
    except ProviderError as error:
        raise Refused(error.faults or [Fault("account", str(error))]) from None
