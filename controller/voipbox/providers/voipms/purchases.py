# SPDX-License-Identifier: GPL-3.0-or-later
"""Buying a number, finding out whether it was bought, and giving it back.

The provider has no idempotency key, and its answer to an order is one word. Our reference stands in the number's note:
what getDIDsInfo says is the only truth about an order.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from voipbox.core import clock
from voipbox.core.errors import Fault

from ..errors import BadRequest, NumberUnavailable, OutcomeUnknown, ProviderError, Refusal
from ..records import Bought, PurchaseState, Wanted
from .account import Settings
from .client import Client
from .decoding import Row, e164, moment, money, ten_digits, text
from .error_table import NOT_OBTAINED
from .offers import FLAT, PER_MINUTE

_REFERENCE = re.compile(r"[a-z0-9-]{1,40}")
_DAY = datetime.timedelta(days=1)
_LAST = datetime.datetime.max.replace(tzinfo=datetime.UTC)
_NOWHERE = "none:"


def buy(client: Client, settings: Settings, wanted: Wanted) -> Bought:
    """Order a number, leading nowhere yet. Sent once; raises OutcomeUnknown on any doubt.

    Whether a second order for an owned number is charged again is not documented, so it is never sent.
    """
    did = _checked(wanted)
    owned = owned_row(client, did)
    if owned is not None:
        return _adopted(wanted, did, owned)
    parameters = {
        "did": did,
        "routing": _NOWHERE,
        "pop": settings.pop,
        "dialtime": settings.dial_time,
        "cnam": "0",
        "billing_type": wanted.capacity.id,
        "note": wanted.reference,
    }
    if settings.dry_run:
        client.write("orderDID", {**parameters, "test": "1"})
        raise Refusal(f"The provider would sell {wanted.offer.number}, but the account is set to a dry run: nothing was bought.")
    try:
        client.order("orderDID", parameters)
    except OutcomeUnknown:
        raise
    except ProviderError as error:
        if type(error) is not ProviderError and error.code.lower() not in NOT_OBTAINED:
            raise
        refused = error
    else:
        return _bought(wanted.reference, did)
    return _after_refusal(client, wanted, did, refused)


def _after_refusal(client: Client, wanted: Wanted, did: str, refused: ProviderError) -> Bought:
    """Read back before a number counts as not obtained. A word that is not known counts as a doubt."""
    try:
        row = owned_row(client, did)
    except ProviderError as error:
        words = f"{refused} Whether it was bought could not be read back: {error}"
    else:
        if row is not None:
            return _adopted(wanted, did, row, refused.code)
        if type(refused) is not ProviderError:
            raise refused
        words = f"{refused} The number is not listed, but what this answer means is not known."
    raise OutcomeUnknown(words, refused.code)


def _adopted(wanted: Wanted, did: str, row: Row, code: str = "") -> Bought:
    """An owned number is this purchase when it has our reference. Raises NumberUnavailable where it has not."""
    if text(row, "note") == wanted.reference:
        return _bought(wanted.reference, did)
    raise NumberUnavailable(f"{wanted.offer.number} is this account's already, for something else; nothing was bought.", code)


def found(client: Client, reference: str, number: str) -> list[Bought]:
    """The numbers whose note is our reference. Raises OutcomeUnknown for one that was charged and is not listed."""
    did = ten_digits(number) if number else ""
    rows = client.rows("getDIDsInfo", "dids", **({"did": did} if did else {}))
    ours = [row for row in rows if text(row, "note") == reference]
    if ours:
        return [_with_costs(client, reference, row) for row in ours]
    if did and not rows and _charges(client, did, clock.now() - _DAY, clock.now() + _DAY):
        raise OutcomeUnknown(f"{number} is not among the account's numbers, but a fee for it stands in the account's history.")
    return []


def owned_row(client: Client, did: str) -> Row | None:
    """The row of an owned number, by its ten digits."""
    for row in client.rows("getDIDsInfo", "dids", did=did):
        if e164(text(row, "did")) == f"+1{did}":
            return row
    return None


def give_back(client: Client, settings: Settings, number: str) -> None:
    """Cancel a number, at once and for good; one that is not ours is left alone."""
    did = ten_digits(number)
    if owned_row(client, did) is None:
        return
    parameters = {"did": did, "cancelcomment": "released", "portout": "0"}
    if settings.dry_run:
        client.write("cancelDID", {**parameters, "test": "1"})
        raise Refusal(f"The provider would take {number} back, but the account is set to a dry run: it was kept.")
    try:
        client.write("cancelDID", parameters, empty_is_success=True)
    except OutcomeUnknown:
        if owned_row(client, did) is not None:
            raise


def _checked(wanted: Wanted) -> str:
    """The ten digits of what is wanted. Raises BadRequest before anything is sent."""
    faults = []
    if not _REFERENCE.fullmatch(wanted.reference):
        faults.append(Fault("reference", "must be at most 40 of a-z, 0-9 and -"))
    if wanted.capacity.id not in (PER_MINUTE, FLAT):
        faults.append(Fault("capacity", f"there are {PER_MINUTE} (per minute) and {FLAT} (flat)"))
    if not wanted.offer.number:
        # A back-order answers with neither a number nor an id and takes no note, so it could never be found again.
        faults.append(Fault("number", "this provider's orders name a number; back-orders there cannot be traced"))
    if faults:
        raise BadRequest(f"Nothing was ordered: {'; '.join(map(str, faults))}.", faults=faults)
    return ten_digits(wanted.offer.number)


def _bought(reference: str, did: str, setup: Decimal | None = None, monthly: Decimal | None = None) -> Bought:
    return Bought(PurchaseState.COMPLETED, reference, (e164(did),), {"did": did}, setup, monthly)


def _with_costs(client: Client, reference: str, row: Row) -> Bought:
    """A bought number with what it cost, as far as the account's history says."""
    did = text(row, "did")
    ordered = text(row, "order_date")
    if not ordered:
        return _bought(reference, did)
    at = moment(row, "order_date")
    fees = _charges(client, e164(did).removeprefix("+1"), at, min(at, _LAST - _DAY) + _DAY)
    setup = [-fee for words, fee in fees if "setup" in words]
    monthly = [-fee for words, fee in fees if "month" in words]
    return _bought(reference, did, sum(setup, Decimal(0)) if setup else None, sum(monthly, Decimal(0)) if monthly else None)


def _charges(client: Client, did: str, first: datetime.datetime, last: datetime.datetime) -> list[tuple[str, Decimal]]:
    """Descriptions and amounts of a number's fees. The history's type is the word DID and the number."""
    rows = client.rows("getTransactionHistory", "transactions", date_from=f"{first:%Y-%m-%d}", date_to=f"{last:%Y-%m-%d}")
    fees = []
    for row in rows:
        amount = money(row, "ammount")
        if text(row, "type").removeprefix("DID").strip() in (did, f"1{did}") and amount is not None and amount < 0:
            fees.append((text(row, "description").lower(), amount))
    return fees
