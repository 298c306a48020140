# SPDX-License-Identifier: GPL-3.0-or-later
"""The drivers there are, by their slugs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from voipbox.core import interactive
from voipbox.core.errors import Fault, Refused

from .didww.driver import Didww
from .errors import Busy
from .protocol import Driver
from .records import AccountField
from .voipms.driver import VoipMs

if TYPE_CHECKING:
    from .models import ProviderAccount


class Basic(Protocol):
    """What every driver has; one that buys has all of protocol.Driver."""

    slug: ClassVar[str]
    label: ClassVar[str]
    buys: ClassVar[bool]
    regulates: ClassVar[bool]
    credential_fields: ClassVar[tuple[AccountField, ...]]
    option_fields: ClassVar[tuple[AccountField, ...]]

    def __init__(self, account: ProviderAccount) -> None: ...

    def is_regulated(self, number: str) -> bool:
        """True when this number (E.164) is known to be regulated without asking the provider."""
        ...


class OwnTrunk:
    """The order brings its number and its trunk credentials: nothing is bought."""

    slug: ClassVar[str] = "own"
    label: ClassVar[str] = "Own trunk"
    buys: ClassVar[bool] = False
    regulates: ClassVar[bool] = False
    credential_fields: ClassVar[tuple[AccountField, ...]] = ()
    option_fields: ClassVar[tuple[AccountField, ...]] = ()

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account

    def is_regulated(self, number: str) -> bool:
        """Never: the number works already."""
        return False


class Practice:
    """A provider to try the workflow with: people say what it reports. Numbers under options.regulated are regulated."""

    slug: ClassVar[str] = "practice"
    label: ClassVar[str] = "Practice provider"
    buys: ClassVar[bool] = False
    regulates: ClassVar[bool] = False
    credential_fields: ClassVar[tuple[AccountField, ...]] = ()
    option_fields: ClassVar[tuple[AccountField, ...]] = ()

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account

    def is_regulated(self, number: str) -> bool:
        """True for a number that begins with one of the prefixes in options.regulated."""
        return number.startswith(tuple(self.account.options.get("regulated") or ())) if number else False


DRIVERS: dict[str, type[Basic]] = {driver.slug: driver for driver in (OwnTrunk, Practice, VoipMs, Didww)}


def driver_class(slug: str) -> type[Basic]:
    """The driver of this name. Raises Refused for one that this program does not have."""
    try:
        return DRIVERS[slug]
    except KeyError:
        raise Refused([Fault("driver", f"there is no driver {slug}; there are {', '.join(sorted(DRIVERS))}")]) from None


def buys(account: ProviderAccount) -> bool:
    """True when numbers are bought at this account."""
    return driver_class(account.driver).buys


@contextlib.contextmanager
def open_driver(account: ProviderAccount) -> Iterator[Driver]:
    """The driver of an account where numbers are bought, in a with statement. Raises Refused, Busy."""
    found = driver_class(account.driver)
    if not found.buys:
        raise Refused([Fault("provider", f"{account.name} ({found.label}) is no account where numbers are bought")])
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(interactive.place(account.pk))
        except interactive.Full:
            raise Busy(f"Too many questions to {account.name} are under way.") from None
        yield stack.enter_context(cast("type[Driver]", found)(account))
