# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol that a provider's driver keeps, and the drivers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from voipbox.core.errors import Fault, Refused

if TYPE_CHECKING:
    from .models import ProviderAccount


class Driver(Protocol):
    """What the controller asks of a provider."""

    slug: str
    label: str

    def is_regulated(self, account: ProviderAccount, number: str) -> bool:
        """True when this number (E.164) needs identity, address and documents before it works."""
        ...


class OwnTrunk:
    """The order brings its number and its trunk credentials: nothing is bought."""

    slug = "own"
    label = "Own trunk"

    def is_regulated(self, account: ProviderAccount, number: str) -> bool:
        """Never: the number works already."""
        return False


class Practice:
    """A provider to try the workflow with: people say what it reports. Numbers under options.regulated are regulated."""

    slug = "practice"
    label = "Practice provider"

    def is_regulated(self, account: ProviderAccount, number: str) -> bool:
        """True for a number that begins with one of the prefixes in options.regulated."""
        return number.startswith(tuple(account.options.get("regulated") or ())) if number else False


DRIVERS: dict[str, Driver] = {driver.slug: driver for driver in (OwnTrunk(), Practice())}


def driver_of(account: ProviderAccount) -> Driver:
    """The driver of an account. Raises Refused for one that this program does not have."""
    try:
        return DRIVERS[account.driver]
    except KeyError:
        raise Refused(
            [Fault("provider", f"{account.name} wants the driver {account.driver}; there are {', '.join(sorted(DRIVERS))}")]
        ) from None
