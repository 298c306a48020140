# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a person decides: how an open purchase ended, that a number is given back, that a finding is settled."""

from __future__ import annotations

import logging

from django.db import transaction

from voipbox.core import clock, jobs
from voipbox.core.errors import Fault, MoveRefused, NotAllowed, NotThere, Refused
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.core.session_lock import ACCOUNTS, SessionLock
from voipbox.orders import audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Bought, PurchaseState

from . import ledger
from .models import Finding, Purchase

log = logging.getLogger("voipbox.numbers")
State = Purchase.State
_OPEN = (State.UNKNOWN, State.NEEDS_HUMAN, State.SENT)
_PATIENCE = 5.0  # seconds that a person waits for a purchase which is being sent or read back


def settle_purchase(purchase_id: int, bought: bool, actor: Actor, reason: str, number: str = "") -> Purchase:
    """Say how an open purchase ended. Raises NotThere, NotAllowed, Refused, MoveRefused, ProviderError.

    Parameters: purchase_id; bought, what the person saw in the provider's portal; actor; reason, for the audit; number,
    E.164, which one it was where the provider picked it. That it is ours is checked at the provider before it counts.
    """
    _staff(actor, "Purchases are settled")
    _needs(reason)
    purchase = Purchase.objects.select_related("account", "order").filter(pk=purchase_id).first()
    if purchase is None:
        raise NotThere(f"There is no purchase {purchase_id}.")
    with SessionLock(ACCOUNTS, purchase.account_id) as lock:
        if not lock.take(_PATIENCE):
            raise MoveRefused(
                f"Purchases at {purchase.account.name} are on their way just now, perhaps this one. Nothing was changed; look at "
                "it again in a minute."
            )
        purchase.refresh_from_db()
        if purchase.state not in _OPEN:
            raise _settled(purchase)
        found = _seen(purchase, number or purchase.number) if bought else None
        if not bought:
            _must_not_be_listed(purchase)
        with transaction.atomic():
            before = purchase.state
            if not ledger.settle(purchase, found, f"{actor.label} settled it: {reason}"):
                raise _settled(purchase)
            audit.write(
                actor, "settle_purchase", purchase.order, reason=reason,
                before={"purchase": purchase.reference, "state": before}, after={"state": purchase.state},
            )  # fmt: skip
            if not bought:
                ledger.retire(purchase)
            jobs.advance(purchase.order_id)
    return purchase


def _seen(purchase: Purchase, number: str) -> Bought:
    """The number as the provider lists it for us. Raises Refused, ProviderError."""
    with open_driver(purchase.account) as driver:
        owned = driver.number(number) if number else None
    if owned is None:
        raise Refused([Fault("number", f"{number or 'the number'} is not among those of {purchase.account.name}")])
    return Bought(PurchaseState.COMPLETED, purchase.reference, (number,), {"did": owned.id} if owned.id else {})


def _must_not_be_listed(purchase: Purchase) -> None:
    """Another number would be bought after "not bought": what the provider lists under our reference speaks against it.

    One that cannot be asked, or does not understand the question, keeps no person from deciding. Raises Refused.
    """
    try:
        with open_driver(purchase.account) as driver:
            found = driver.find_purchase(purchase.reference, purchase.number, purchase.ids.get("order", ""))
    except ProviderError as error:
        log.warning("purchase %s is settled without the provider's word: %s", purchase.reference, error)
        return
    if any(one.state != PurchaseState.CANCELED for one in found):
        raise Refused([Fault("bought", f"{purchase.account.name} lists {purchase.reference}: settle it as bought")])


def _settled(purchase: Purchase) -> MoveRefused:
    return MoveRefused(f"Purchase {purchase.reference} is {purchase.get_state_display()} by now. Nothing was changed.")


def release(account_id: int, number: str, confirm: str, actor: Actor, reason: str) -> None:
    """Give a number back to its provider, which cannot be undone. Raises Refused, NotAllowed, NotThere, ProviderError.

    Parameters: account_id; number, E.164; confirm, the same number typed once more; actor; reason.
    """
    _staff(actor, "Numbers are given back")
    _needs(reason)
    if confirm != number:
        raise Refused([Fault("confirm", "is not the number; type the number that is to be given back")])
    account = ProviderAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotThere(f"There is no provider account {account_id}.")
    user = Order.objects.filter(number=number, provider=account).exclude(status__in=sorted(CLOSED)).first()
    if user is not None:
        raise MoveRefused(f"{number} is used by order {user.pk} ({user.domain}). Cancel that first; nothing was changed.")
    with transaction.atomic():
        audit.write(actor, "release_number", None, before={"account": account.slug, "number": number}, reason=reason)
    with open_driver(account) as driver:
        driver.release(number)
    Finding.objects.filter(account=account, number=number, settled_at=None).update(settled_at=clock.now())


def settle_finding(finding_id: int, actor: Actor, reason: str) -> Finding:
    """Say that a finding is dealt with. Raises NotAllowed, NotThere, Refused."""
    _staff(actor, "Findings are settled")
    _needs(reason)
    finding = Finding.objects.filter(pk=finding_id).first()
    with transaction.atomic():
        moment = clock.now()
        if finding is None or not Finding.objects.filter(pk=finding_id, settled_at=None).update(settled_at=moment):
            raise NotThere(f"There is no open finding {finding_id}.")
        finding.settled_at = moment
        audit.write(actor, "settle_finding", finding.order, before={"finding": finding.words}, reason=reason)
    return finding


def _staff(actor: Actor, what: str) -> None:
    if actor.role not in ACTING_STAFF:
        raise NotAllowed(f"{what} by staff. Nothing was changed.")


def _needs(reason: str) -> None:
    if not reason.strip():
        raise Refused([Fault("reason", "is required: the audit says why")])
