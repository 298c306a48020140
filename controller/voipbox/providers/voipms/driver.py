# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of the first provider. What each part does stands in the modules next to it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from voipbox.core.errors import Fault, Refused

from ..errors import BadRequest, Conflict, NotFound, ProviderError
from ..records import (
    AccountField,
    Bought,
    Capacity,
    Checked,
    Location,
    LocationKind,
    NumberState,
    Offer,
    OwnedNumber,
    Quote,
    Reservation,
    Search,
    Trunk,
    TrunkWanted,
    UsageRow,
    Wanted,
)
from . import offers, pops, purchases, trunks, usage
from .account import CREDENTIAL_FIELDS, OPTION_FIELDS, Settings, settings_of
from .client import Client
from .decoding import Row, e164, money, ten_digits, text
from .read_back import read_back

if TYPE_CHECKING:
    from ..models import ProviderAccount

_CURRENCY = "USD"


class VoipMs:
    """One account. Parameters: account. Entering raises Refused where its settings are wrong; nothing was sent then."""

    slug: ClassVar[str] = "voipms"
    label: ClassVar[str] = "VoIP.ms"
    buys: ClassVar[bool] = True
    regulates: ClassVar[bool] = False
    credential_fields: ClassVar[tuple[AccountField, ...]] = CREDENTIAL_FIELDS
    option_fields: ClassVar[tuple[AccountField, ...]] = OPTION_FIELDS

    def __init__(self, account: ProviderAccount) -> None:
        self.account = account
        self._open: tuple[Settings, Client] | None = None

    def __enter__(self) -> VoipMs:
        self._settings_and_client()
        return self

    def __exit__(self, *details: object) -> None:
        if self._open is not None:
            self._open[1].__exit__(*details)
            self._open = None

    def _settings_and_client(self) -> tuple[Settings, Client]:
        if self._open is None:
            settings = settings_of(self.account)
            self._open = settings, Client(settings)
        return self._open

    @property
    def _settings(self) -> Settings:
        return self._settings_and_client()[0]

    @property
    def _client(self) -> Client:
        return self._settings_and_client()[1]

    def is_regulated(self, number: str) -> bool:
        """Never: numbers of the United States and Canada work at once."""
        return False

    def check(self) -> Checked:
        """Log in, read the balance, hold the gateway's proxy against the POP. Says which address must be allow-listed."""
        address, balance = "", None
        try:
            address = text(self._client.read("getIP"), "ip")
            balance, _ = self.balance()
            pops.require_same(self._client, self._settings)
        except Refused as error:
            return Checked(False, f"The account's settings are not complete: {error}.", address=address)
        except ProviderError as error:
            where = f" The address to allow-list is {address}." if address and balance is None else ""
            return Checked(False, f"{error.sentence}{where}", balance, _CURRENCY, address)
        return Checked(True, f"The login works; the balance is {balance:.2f} {_CURRENCY}.", balance, _CURRENCY, address)

    def balance(self) -> tuple[Decimal, str]:
        """What is left, in USD."""
        row = self._client.read("getBalance").get("balance")
        amount = money(row, "current_balance") if isinstance(row, dict) else None
        if amount is None:
            raise ProviderError("The provider's answer to getBalance has no balance.")
        return amount, _CURRENCY

    def locations(self, kind: LocationKind, parent: str = "") -> list[Location]:
        """Countries; provinces or states; rate centres."""
        return offers.places(self._client, kind, parent)

    def search(self, wanted: Search) -> list[Offer]:
        """Numbers that can be bought now, in one call."""
        return offers.find(self._client, wanted)

    def quote(self, offer: Offer, capacity: Capacity) -> Quote:
        """The number is searched for again; a race with other buyers remains."""
        return offers.quote(self._client, offer, capacity)

    def reserve(self, offer: Offer, reference: str) -> Reservation | None:
        """None: the provider keeps no numbers for anybody."""
        return None

    def extend(self, reservation: str, offer: Offer, reference: str) -> Reservation | None:
        """None, likewise."""
        return None

    def unreserve(self, reservation: str) -> None:
        """Nothing, likewise."""

    def purchase(self, wanted: Wanted) -> Bought:
        """Order a number; see purchases.buy."""
        return purchases.buy(self._client, self._settings, wanted)

    def find_purchase(self, reference: str, number: str, order_id: str = "") -> list[Bought]:
        """The number whose note is our reference, with what it cost."""
        return purchases.found(self._client, reference, number)

    def numbers(self) -> list[OwnedNumber]:
        """Everything that the account pays for."""
        return [_owned(row) for row in self._client.rows("getDIDsInfo", "dids")]

    def number(self, number: str) -> OwnedNumber | None:
        """One of them."""
        row = purchases.owned_row(self._client, ten_digits(number))
        return None if row is None else _owned(row)

    def misplaced(self) -> list[OwnedNumber]:
        """Numbers whose POP is not the account's: calls to them never arrive, and the provider does not say so."""
        return [number for number in self.numbers() if number.pop != self._settings.pop]

    def route(self, number: str, trunk: Trunk) -> None:
        """Let a number lead to a sub-account, at the POP that its gateway registers to. Writes only what differs."""
        client, settings, did = self._client, self._settings, ten_digits(number)
        wanted = f"account:{trunk.username}"
        if not trunk.username.startswith(f"{settings.main}_"):
            words = f"{number} was not routed: {trunk.username} is no sub-account of {settings.main}."
            raise BadRequest(words, faults=[Fault("trunk", "is of another account")])
        pops.require_same(client, settings)
        row = purchases.owned_row(client, did)
        if row is None:
            raise NotFound(f"{number} was not routed: it is not among the account's numbers.")
        if text(row, "pop") != settings.pop:
            read_back(
                lambda: client.write("setDIDPOP", {"did": did, "pop": settings.pop}),
                lambda: text(purchases.owned_row(client, did) or {}, "pop") == settings.pop,
            )
        if text(row, "routing") != wanted:
            read_back(
                lambda: client.write("setDIDRouting", {"did": did, "routing": wanted}),
                lambda: text(purchases.owned_row(client, did) or {}, "routing") == wanted,
            )
        if (text(row, "pop"), text(row, "routing")) != (settings.pop, wanted):
            self._require_routed(number, wanted)

    def _require_routed(self, number: str, wanted: str) -> None:
        owned = self.number(number)
        if owned is None or owned.route != wanted or owned.pop != self._settings.pop:
            seen = f"it leads to {owned.route} at POP {owned.pop}" if owned else "it is not listed"
            raise Conflict(f"{number} was routed to {wanted} at POP {self._settings.pop}, but {seen}.")

    def release(self, number: str) -> None:
        """Cancel a number; the provider takes it back at once and for good."""
        purchases.give_back(self._client, self._settings, number)

    def ensure_trunk(self, wanted: TrunkWanted) -> Trunk:
        """A sub-account with the password that the caller gives."""
        return trunks.ensure(self._client, self._settings, wanted)

    def leave_one(self, wanted: TrunkWanted) -> str:
        """Of sub-accounts with one login the wanted one; see trunks.leave_one."""
        trunks.leave_one(self._client, self._settings, wanted)
        return trunks.login(self._settings, wanted.name)

    def rekey_trunk(self, wanted: TrunkWanted, old: Trunk) -> Trunk:
        """A second sub-account; numbers are moved to it by route once the PBX is registered with it. wanted has a new name."""
        if trunks.login(self._settings, wanted.name) == old.username:
            raise BadRequest(
                "No second trunk was made: it needs a name of its own, or the old one would be changed.",
                faults=[Fault("name", "is the old trunk's")],
            )
        return trunks.ensure(self._client, self._settings, wanted)

    def drop_trunk(self, trunk: Trunk) -> None:
        """Delete a sub-account."""
        trunks.drop(self._client, trunk)

    def registered(self, trunk: Trunk) -> bool | None:
        """Whether the provider sees the sub-account registered."""
        return trunks.registered(self._client, trunk)

    def addresses(self) -> Sequence[str]:
        """Every server's address: calls come from the one that the gateway registered to."""
        return sorted({pop.address for pop in pops.pops(self._client) if pop.address})

    def usage(self, since: datetime.datetime, until: datetime.datetime) -> Iterable[UsageRow]:
        """Calls and fees."""
        return usage.rows(self._client, since, until)


def _owned(row: Row) -> OwnedNumber:
    did = text(row, "did")
    return OwnedNumber(
        number=e164(did),
        state=NumberState.ACTIVE,
        id=did,
        reference=text(row, "note"),
        route=text(row, "routing"),
        pop=text(row, "pop"),
    )
