# SPDX-License-Identifier: GPL-3.0-or-later
"""Callbacks of providers. They are hints: a good signature makes this program read what it is about, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from voipbox.core.errors import NotAllowed, NotThere
from voipbox.numbers import advance
from voipbox.numbers.models import Purchase
from voipbox.providers.drivers import open_driver
from voipbox.providers.models import ProviderAccount

from . import provider
from .models import Registration
from .provider import RegulatedDriver
from .verification import FOLLOWED, ask

KINDS = ("orders", "address_verifications")
_LONGEST_ID = 64
State = Registration.State


def take(slug: str, kind: str, url: str, payload: Mapping[str, str], signature: str) -> int:
    """Check a callback and ask for the jobs that read; returns how many it is about. Raises NotThere, NotAllowed.

    Parameters: slug, of the account; kind, what it is about; url, the public one that was called, as the provider signed it;
    payload; signature.
    """
    account = ProviderAccount.objects.filter(slug=slug).first() if kind in KINDS else None
    if account is None or not provider.regulates(account):
        raise NotThere("There is no such address.")
    with open_driver(account) as driver:
        if not signature or not cast("RegulatedDriver", driver).verify_callback(url, payload, signature):
            raise NotAllowed("The signature does not fit.")
    about = payload.get("id", "")
    if not 1 <= len(about) <= _LONGEST_ID or payload.get("type", kind) != kind:
        raise NotAllowed("The content does not fit.")
    orders = _purchases(account, about) if kind == "orders" else _registrations(account, about)
    for order_id in orders:
        if kind == "orders":
            advance.callback(order_id)
        else:
            ask(order_id)
    return len(orders)


def _purchases(account: ProviderAccount, about: str) -> list[int]:
    """Orders whose open purchase it is; while its id is not known yet, those of all purchases of unknown outcome."""
    open_ones = Purchase.objects.filter(account=account, current=True, state__in=[Purchase.State.SENT, Purchase.State.UNKNOWN])
    named = open_ones.filter(ids__order=about)
    return list((named if named.exists() else open_ones.filter(ids={})).values_list("order_id", flat=True))


def _registrations(account: ProviderAccount, about: str) -> list[int]:
    """Orders whose registration it is; while its id is not known yet, those of all registrations of unknown outcome."""
    followed = Registration.objects.filter(order__provider=account, order__status__in=sorted(FOLLOWED))
    named = followed.filter(verification_id=about)
    unknown = followed.filter(state__in=[State.SENDING, State.NEEDS_PERSON])
    return list((named if named.exists() else unknown).values_list("order_id", flat=True))
