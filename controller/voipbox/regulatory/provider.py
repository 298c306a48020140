# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider behind an order's registration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from voipbox.core.errors import MoveRefused
from voipbox.orders.models import Order
from voipbox.providers.drivers import driver_class, open_driver
from voipbox.providers.models import ProviderAccount
from voipbox.providers.protocol import Driver, Regulated


class RegulatedDriver(Driver, Regulated, Protocol):
    """A driver of a provider where numbers are regulated."""


def regulates(account: ProviderAccount | None) -> bool:
    """True where this program hands registrations in itself; elsewhere people do, and make the moves by hand."""
    return account is not None and driver_class(account.driver).regulates


@contextmanager
def opened(order: Order) -> Iterator[RegulatedDriver]:
    """The driver of an order's account. Raises MoveRefused where people register numbers by hand."""
    account = order.provider
    if account is None or not regulates(account):
        where = account.name if account else "an order without a provider"
        raise MoveRefused(f"Registrations at {where} are made by people: make the moves by hand. Nothing was changed.")
    with open_driver(account) as driver:
        yield cast("RegulatedDriver", driver)
