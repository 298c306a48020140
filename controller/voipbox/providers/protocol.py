# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller asks of a provider, whichever it is. Drivers translate to and from records.py and papers.py."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Protocol

from .papers import Address, Identity, Requirements, Verification
from .records import (
    AccountField,
    Bought,
    Capacity,
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

if TYPE_CHECKING:
    from .models import ProviderAccount


class Driver(Protocol):
    """One account at one provider. A driver is a context manager: it holds connections. Every method raises ProviderError."""

    slug: ClassVar[str]
    label: ClassVar[str]
    buys: ClassVar[bool]
    """True when numbers are bought there; False when the order brings its number and trunk."""
    regulates: ClassVar[bool]
    """True when some numbers need identity, address and documents; then the driver is a Regulated as well."""
    credential_fields: ClassVar[tuple[AccountField, ...]]
    option_fields: ClassVar[tuple[AccountField, ...]]

    def __init__(self, account: ProviderAccount) -> None: ...

    def __enter__(self) -> Driver: ...

    def __exit__(self, *details: object) -> None: ...

    def is_regulated(self, number: str) -> bool:
        """True when this number is known to be regulated without asking the provider."""
        ...

    def check(self) -> Checked:
        """Log in, read the balance and the version; never raises for what it reports."""
        ...

    def balance(self) -> tuple[Decimal, str]:
        """What is left, and the currency."""
        ...

    def locations(self, kind: LocationKind, parent: str = "") -> list[Location]:
        """Places of a kind, inside a parent (id). Cached by the caller."""
        ...

    def search(self, wanted: Search) -> list[Offer]:
        """Numbers that can be bought now, in at most three calls; an empty list where there are none."""
        ...

    def quote(self, offer: Offer, capacity: Capacity) -> Quote:
        """The price and availability now."""
        ...

    def reserve(self, offer: Offer, reference: str) -> Reservation | None:
        """Keep a number for us; None where the provider cannot. Raises NumberUnavailable."""
        ...

    def extend(self, reservation: str, offer: Offer, reference: str) -> Reservation | None:
        """Keep it longer; None where the provider cannot."""
        ...

    def unreserve(self, reservation: str) -> None:
        """Let a reservation go; one that lapsed already is no error."""
        ...

    def purchase(self, wanted: Wanted) -> Bought:
        """Buy, sending once: on a fresh connection, never retried. Raises OutcomeUnknown on any doubt."""
        ...

    def find_purchase(self, reference: str, number: str, order_id: str = "") -> list[Bought]:
        """Every purchase with our reference (read back), the empty list where there is none."""
        ...

    def numbers(self) -> list[OwnedNumber]:
        """Every number that the account pays for."""
        ...

    def number(self, number: str) -> OwnedNumber | None:
        """One of them, None where it is not ours."""
        ...

    def route(self, number: str, trunk: Trunk) -> None:
        """Let a number lead to a trunk, with capacity where it has none; repeatable."""
        ...

    def release(self, number: str) -> None:
        """Give a number back. Only a person asks for this; repeatable."""
        ...

    def ensure_trunk(self, wanted: TrunkWanted) -> Trunk:
        """Make the trunk or bring the one of this name to what is wanted; repeatable. wanted.on_asking is called right before
        one is asked for; what then raises Temporary or a Refusal made none. Raises PasswordUsed, Twins.
        """
        ...

    def leave_one(self, wanted: TrunkWanted) -> str:
        """Where a trunk came twice, because an answer was lost: let one go. Nothing else of it is changed.

        Returns its login, empty where logins are never twins. Raises Twins.
        """
        ...

    def rekey_trunk(self, wanted: TrunkWanted, old: Trunk) -> Trunk:
        """A second set of credentials for the same calls; the old one works until drop_trunk. Repeatable by name."""
        ...

    def drop_trunk(self, trunk: Trunk) -> None:
        """Remove a trunk; one that is gone is no error. Raises Conflict while numbers lead to it."""
        ...

    def registered(self, trunk: Trunk) -> bool | None:
        """Whether the provider sees the trunk registered; None where it does not register or cannot tell."""
        ...

    def addresses(self) -> Sequence[str]:
        """CIDR of everything the provider sends calls from."""
        ...

    def usage(self, since: datetime.datetime, until: datetime.datetime) -> Iterable[UsageRow]:
        """Calls and fees from since (inclusive) to until (exclusive)."""
        ...


class Regulated(Protocol):
    """What a driver has besides where numbers are regulated."""

    def requirements(self, offer: Offer) -> Requirements | None:
        """What a number of this offer needs, None where nothing."""
        ...

    def ensure_identity(self, identity: Identity) -> str:
        """Its id at the provider; found again by reference, so it is never made twice."""
        ...

    def ensure_address(self, address: Address) -> str:
        """Its id at the provider; found again by reference."""
        ...

    def upload(self, content: bytes, description: str) -> str:
        """Encrypt a file to the provider's keys and send it; its id."""
        ...

    def ensure_proof(self, entity: str, entity_id: str, proof_type: str, files: Sequence[str]) -> str:
        """Attach files to an identity or address; the proof's id."""
        ...

    def ensure_permanent_document(self, identity_id: str, template: str, files: Sequence[str]) -> str:
        """Attach a permanent document to an identity; its id."""
        ...

    def validate(self, requirement: str, identity_id: str, address_id: str) -> tuple[str, ...]:
        """Dry run of a registration: the provider's sentences about what is missing, empty when it would be taken."""
        ...

    def submit_registration(
        self,
        reference: str,
        number: str,
        address_id: str,
        onetime_files: Sequence[str] = (),
        service: str = "",
        callback_url: str = "",
    ) -> Verification:
        """Hand in a registration for an owned number. Raises OutcomeUnknown on doubt: read back with find_registration.

        callback_url: where the provider tells about it, or empty.
        """
        ...

    def find_registration(self, reference: str) -> Verification | None:
        """The newest registration with our reference."""
        ...

    def registration(self, verification: str) -> Verification:
        """One registration by its id."""
        ...

    def verify_callback(self, url: str, payload: Mapping[str, str], signature: str) -> bool:
        """Whether a callback is signed with the account's secret."""
        ...
