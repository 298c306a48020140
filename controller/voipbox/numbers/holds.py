# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping a number for one customer while the order is written, so that two are never offered the same one.

Where the provider reserves, its reservation is the truth and its end ours; elsewhere our own row is. Our row is written
before the reservation is asked for, so that two of our customers never race at the provider.
"""

from __future__ import annotations

import datetime

from django.db import IntegrityError, transaction

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import BadRequest, NumberUnavailable, ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Offer, Search

from . import offers
from .models import Hold
from .search import find, taken_numbers

_ALTERNATIVES = 8


def take(account: ProviderAccount, offer: Offer, owner: str, capacity_id: str = "") -> Hold:
    """Hold a number for its owner, who lets go of any other one. Raises Refused (number), ProviderError.

    Parameters: account; offer; owner, such as draft:HASH; capacity_id, how it is to be paid, the cheapest without one.
    """
    capacity = offers.capacity_of(offer, capacity_id)
    if offer.number and offer.number in taken_numbers([offer.number], owner):
        raise _gone(offer)
    hold = _claim(account, offer, owner, capacity.id)
    for other in Hold.objects.filter(owner=owner).exclude(pk=hold.pk):
        drop(other)
    if not offer.number or hold.reservation:
        return hold
    try:
        with open_driver(account) as driver:
            reservation = driver.reserve(offer, f"hold-{hold.pk}")
    except NumberUnavailable:
        hold.delete()
        raise _gone(offer) from None
    except ProviderError:
        hold.delete()
        raise
    if reservation is not None:
        hold.reservation, hold.expires_at = reservation.id, reservation.expires_at
        if not _keep(hold):
            drop(hold)  # its owner let go of it meanwhile: the reservation must not outlive that
            raise _gone(offer)
    return hold


def extend(hold: Hold) -> Hold:
    """Keep it longer. Raises Refused (number) when it is gone meanwhile, ProviderError."""
    if hold.reservation:
        with open_driver(hold.account) as driver:
            try:
                fresh = driver.extend(hold.reservation, hold.offer, f"hold-{hold.pk}")
            except NumberUnavailable:
                hold.delete()
                raise _gone(hold.offer) from None
        if fresh is not None:
            hold.reservation, hold.expires_at = fresh.id, fresh.expires_at
    else:
        hold.expires_at = _until()
    if not _keep(hold):
        raise _gone(hold.offer)
    return hold


def drop(hold: Hold) -> None:
    """Let a number go. A reservation that cannot be cancelled now lapses by itself."""
    hold.delete()
    if hold.reservation:
        try:
            with open_driver(hold.account) as driver:
                driver.unreserve(hold.reservation)
        except ProviderError:
            return


def alternatives(account: ProviderAccount, offer: Offer, owner: str = "") -> list[Offer]:
    """Like numbers, the nearest first: same city, then same region, then same country; in each those that share most of
    their leading digits with the one that is gone, then by number. Raises ProviderError."""
    scope = offer.token.get("place") or {}
    country = str(scope.get("country") or offer.country)
    region, city = str(scope.get("region") or ""), str(scope.get("city") or "")
    searches = [
        Search(country, region, city, limit=50),
        Search(country, region, limit=50),
        Search(country, limit=50),
    ]
    found: dict[str, Offer] = {}
    for search in dict.fromkeys(searches):
        try:
            near = [one for one in find(account, search, owner) if one.number and one.number != offer.number]
        except BadRequest:
            break  # the first provider searches no whole country
        near.sort(key=lambda one: (-_shared(one.number, offer.number), one.number))
        for one in near:
            found.setdefault(one.number, one)
        if len(found) >= _ALTERNATIVES:
            break
    return list(found.values())[:_ALTERNATIVES]


def of(owner: str) -> Hold | None:
    """What an owner holds now."""
    return Hold.objects.select_related("account").filter(owner=owner, expires_at__gt=clock.now()).first()


def sweep() -> int:
    """Remove rows whose time is over by a day; returns how many."""
    return Hold.objects.filter(expires_at__lt=clock.now() - datetime.timedelta(days=1)).delete()[0]


def _claim(account: ProviderAccount, offer: Offer, owner: str, capacity_id: str) -> Hold:
    """Our own row, at most one a number."""
    now = clock.now()
    fields = {"account": account, "offer_data": offers.offer_to_json(offer), "capacity_id": capacity_id}
    with transaction.atomic():
        if offer.number:
            Hold.objects.filter(number=offer.number, expires_at__lte=now).delete()
        mine = Hold.objects.select_for_update().filter(owner=owner, number=offer.number).first()
        if mine is not None:
            for name, value in fields.items():
                setattr(mine, name, value)
            if not mine.reservation:
                mine.expires_at = _until()
            mine.save()
            return mine
        try:
            with transaction.atomic():
                return Hold.objects.create(number=offer.number, owner=owner, expires_at=_until(), **fields)
        except IntegrityError:
            raise _gone(offer) from None


def _keep(hold: Hold) -> bool:
    """Write a hold's reservation and end; False when it is gone, or somebody else's by now."""
    mine = Hold.objects.filter(pk=hold.pk, owner=hold.owner)
    return bool(mine.update(reservation=hold.reservation, expires_at=hold.expires_at))


def _until() -> datetime.datetime:
    return clock.now() + datetime.timedelta(minutes=config().hold_minutes)


def _gone(offer: Offer) -> Refused:
    return Refused([Fault("number", f"{offer.number or 'this number'} was just taken by somebody else; choose another one")])


def _shared(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def must_be_alive(hold: Hold) -> Hold:
    """The hold, unless its time is over. Raises MoveRefused."""
    if hold.expires_at <= clock.now():
        raise MoveRefused(f"The time for {hold.number or 'the number'} is over. Choose a number again; nothing was ordered.")
    return hold
