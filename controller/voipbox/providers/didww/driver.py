# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider behind the protocol of voipbox.providers: each method hands on to the file that knows its matter."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import httpx

from voipbox.providers import protocol, records
from voipbox.providers.errors import ProviderError, Temporary
from voipbox.providers.papers import Address, Identity, Requirements, Verification
from voipbox.providers.records import (
    AccountField,
    Bought,
    Checked,
    Location,
    LocationKind,
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

from . import callbacks, requirements, settings
from .capacity import Capacity
from .client import Client
from .numbers import Owned
from .places import Places
from .purchase import Purchases
from .registration import Registrations
from .reservations import Reservations
from .search import Numbers
from .trunks import Trunks
from .usage import Usage

if TYPE_CHECKING:
    from voipbox.providers.models import ProviderAccount


class Didww:
    """One account at the second provider. Raises BadRequest at once for settings that are wrong, before any call."""

    slug: ClassVar[str] = "didww"
    label: ClassVar[str] = "DIDWW"
    buys: ClassVar[bool] = True
    regulates: ClassVar[bool] = True
    credential_fields: ClassVar[tuple[AccountField, ...]] = settings.CREDENTIAL_FIELDS
    option_fields: ClassVar[tuple[AccountField, ...]] = settings.OPTION_FIELDS
    production_hosts: ClassVar[frozenset[str]] = settings.PRODUCTION_HOSTS
    """Where an account that is marked as a sandbox may never lead."""

    def __init__(self, account: ProviderAccount, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings.read(account)
        self._client = Client(self._settings, transport)
        self._places = Places(self._client)
        self._stock = Numbers(self._client, self._settings)
        self._reservations = Reservations(self._client)
        self._purchases = Purchases(self._client)
        capacity = Capacity(self._client, self._settings)
        self._trunks = Trunks(self._client, capacity)
        self._owned = Owned(self._client, capacity, self._trunks)
        self._registrations = Registrations(self._client, self._places, self._owned)

    def __enter__(self) -> Didww:
        return self

    def __exit__(self, *details: object) -> None:
        self._client.close()

    def is_regulated(self, number: str) -> bool:
        """True for a number with one of the beginnings that the account names."""
        return bool(number) and number.startswith(self._settings.regulated)

    def check(self) -> Checked:
        """Log in, read the balance and the version."""
        try:
            amount, currency = self.balance()
        except ProviderError as error:
            return Checked(good=False, says=error.sentence)
        says = f"The login works, in version {self._settings.api_version} of the API. The balance is {amount} {currency}."
        return Checked(good=True, says=says, balance=amount, currency=currency)

    def balance(self) -> tuple[Decimal, str]:
        """What can be spent: the balance and the credit."""
        found = self._client.get("balance", None, "the balance").one
        amount = found.money("total_balance") if found else None
        if found is not None and amount is None:
            amount = found.money("balance")
        if amount is None:
            raise Temporary("The provider's answer holds no balance.")
        return amount, "USD"

    def locations(self, kind: LocationKind, parent: str = "") -> list[Location]:
        """Places of a kind inside a parent."""
        return self._places.of(kind, parent)

    def search(self, wanted: Search) -> list[Offer]:
        """Numbers and groups of numbers that can be bought."""
        return self._stock.search(wanted)

    def quote(self, offer: Offer, capacity: records.Capacity) -> Quote:
        """The price and availability now."""
        return self._stock.quote(offer, capacity)

    def reserve(self, offer: Offer, reference: str) -> Reservation | None:
        """Hold a number; None for an offer whose number the provider picks."""
        return self._reservations.make(offer, reference)

    def extend(self, reservation: str, offer: Offer, reference: str) -> Reservation | None:
        """Hold it anew. Raises NumberUnavailable when it was lost in between."""
        return self._reservations.renew(reservation, offer, reference)

    def unreserve(self, reservation: str) -> None:
        """Let it go."""
        self._reservations.drop(reservation)

    def purchase(self, wanted: Wanted) -> Bought:
        """Order once."""
        return self._purchases.send(wanted)

    def find_purchase(self, reference: str, number: str, order_id: str = "") -> list[Bought]:
        """Orders with our reference and their numbers."""
        return self._purchases.find(reference, number, order_id)

    def numbers(self) -> list[OwnedNumber]:
        """Every number of the account."""
        return self._owned.all()

    def number(self, number: str) -> OwnedNumber | None:
        """One of them."""
        return self._owned.one(number)

    def route(self, number: str, trunk: Trunk) -> None:
        """Number to trunk, with capacity and as caller id."""
        self._owned.route(number, trunk)

    def release(self, number: str) -> None:
        """Terminate it; it can be brought back at the provider for about a month."""
        self._owned.release(number)

    def ensure_trunk(self, wanted: TrunkWanted) -> Trunk:
        """Inbound and outbound trunk of one name."""
        return self._trunks.ensure(wanted)

    def leave_one(self, wanted: TrunkWanted) -> str:
        """Nothing: names of trunks are unique there."""
        return ""

    def rekey_trunk(self, wanted: TrunkWanted, old: Trunk) -> Trunk:
        """A second pair of trunks; numbers move to it by route."""
        return self._trunks.rekey(wanted, old)

    def drop_trunk(self, trunk: Trunk) -> None:
        """Remove both trunks."""
        self._trunks.drop(trunk)

    def registered(self, trunk: Trunk) -> bool | None:
        """The provider's trunks do not register."""
        return None

    def addresses(self) -> Sequence[str]:
        """As the account names them: the API tells names of points of presence, but no addresses."""
        return self._settings.addresses

    def usage(self, since: datetime.datetime, until: datetime.datetime) -> Iterable[UsageRow]:
        """Calls and fees."""
        return Usage(self._client).rows(since, until)

    def requirements(self, offer: Offer) -> Requirements | None:
        """What a number of this offer needs."""
        return requirements.of(self._client, offer)

    def ensure_identity(self, identity: Identity) -> str:
        """Identity by its reference."""
        return self._registrations.identity(identity)

    def ensure_address(self, address: Address) -> str:
        """Address by its reference."""
        return self._registrations.address(address)

    def upload(self, content: bytes, description: str) -> str:
        """A sealed file."""
        return self._registrations.upload(content, description)

    def ensure_proof(self, entity: str, entity_id: str, proof_type: str, files: Sequence[str]) -> str:
        """A proof of an identity or address."""
        return self._registrations.proof(entity, entity_id, proof_type, files)

    def ensure_permanent_document(self, identity_id: str, template: str, files: Sequence[str]) -> str:
        """A permanent document of an identity."""
        return self._registrations.permanent_document(identity_id, template, files)

    def validate(self, requirement: str, identity_id: str, address_id: str) -> tuple[str, ...]:
        """Dry run."""
        return self._registrations.validate(requirement, identity_id, address_id)

    def submit_registration(
        self,
        reference: str,
        number: str,
        address_id: str,
        onetime_files: Sequence[str] = (),
        service: str = "",
        callback_url: str = "",
    ) -> Verification:
        """Hand in a registration."""
        callback = callback_url or self._settings.callback_url
        return self._registrations.submit(reference, number, address_id, onetime_files, service, callback)

    def find_registration(self, reference: str) -> Verification | None:
        """The newest of a reference."""
        return self._registrations.find(reference)

    def registration(self, verification: str) -> Verification:
        """One by its id."""
        return self._registrations.one(verification)

    def verify_callback(self, url: str, payload: Mapping[str, str], signature: str) -> bool:
        """Signed with the callback secret, or, before October 2026, with the API key."""
        return callbacks.is_signed(self._settings.callback_secret or self._settings.api_key, url, payload, signature)


if TYPE_CHECKING:

    def _keeps_the_protocols(driver: Didww) -> None:
        _driver: protocol.Driver = driver
        _regulated: protocol.Regulated = driver
