# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller asks of a provider, whichever it is. Drivers translate to and from these types.

Numbers are E.164 with a plus. Money is Decimal in the named currency. Times are aware, in UTC.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from .models import ProviderAccount


@dataclass(frozen=True)
class AccountField:
    """A field of an account's form. Parameters: name, key in credentials (secret) or options; choices, value and label."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class LocationKind(enum.StrEnum):
    """Levels of places."""

    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    AREA = "area"


@dataclass(frozen=True)
class Location:
    """A place that numbers belong to. id is the provider's; code is ISO 3166 for countries, the postal one for regions."""

    kind: LocationKind
    id: str
    name: str
    code: str = ""
    has_numbers: bool = True


@dataclass(frozen=True)
class Search:
    """What a number should be like. Parameters: country, region, city, ids of Location; pattern, such as *555*: digits
    with a star at either end or both; number, exactly this one; limit, how many offers."""

    country: str
    region: str = ""
    city: str = ""
    pattern: str = ""
    number: str = ""
    limit: int = 50


class CapacityKind(enum.StrEnum):
    """How calls to a number are paid."""

    PER_MINUTE = "per_minute"
    UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Capacity:
    """One way to pay for a number. id: the provider's plan or SKU; channels: calls at once that it includes, None: not said."""

    id: str
    kind: CapacityKind
    label: str
    setup: Decimal
    monthly: Decimal
    per_minute: Decimal | None = None
    channels: int | None = None
    currency: str = "USD"


@dataclass(frozen=True)
class Offer:
    """A number that can be bought, or, where number is empty, one that the provider picks from a group.

    token: what the driver needs to reserve and buy it; opaque to everybody else, JSON.
    """

    number: str
    country: str
    region: str
    city: str
    capacities: tuple[Capacity, ...]
    regulated: bool = False
    features: tuple[str, ...] = ()
    restrictions: str = ""
    lead_time: str = ""
    token: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quote:
    """What one capacity of an offer costs now. vat_rate: 0.15 is 15 %, None: the provider tells it only afterwards."""

    available: bool
    setup: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)
    per_minute: Decimal | None = None
    currency: str = "USD"
    vat_rate: Decimal | None = None

    @property
    def subtotal(self) -> Decimal:
        """Setup and the first month, without VAT."""
        return self.setup + self.monthly

    @property
    def vat(self) -> Decimal:
        """VAT of the subtotal, to the cent; 0 where the rate is not known."""
        return (self.subtotal * (self.vat_rate or Decimal(0))).quantize(Decimal("0.01"))

    @property
    def total(self) -> Decimal:
        """What is paid at once."""
        return self.subtotal + self.vat


@dataclass(frozen=True)
class Reservation:
    """A number that the provider keeps for us until a moment."""

    id: str
    expires_at: datetime.datetime


@dataclass(frozen=True)
class Wanted:
    """A purchase. Parameters: reference, ours, unique an attempt, at most 40 of [a-z0-9-]; offer and capacity, what;
    reservation, id of one that holds, or empty; back_order, True to wait for a number that is out of stock (only when the
    customer asked for it); callback_url, where the provider tells about it, or empty."""

    reference: str
    offer: Offer
    capacity: Capacity
    reservation: str = ""
    back_order: bool = False
    callback_url: str = ""


class PurchaseState(enum.StrEnum):
    """What a provider says of a purchase."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Bought:
    """A purchase as the provider has it. numbers: E.164, empty while pending; ids: the provider's, such as order and did;
    setup and monthly: what it really cost, VAT included, None: not said."""

    state: PurchaseState
    reference: str
    numbers: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    setup: Decimal | None = None
    monthly: Decimal | None = None
    currency: str = "USD"


class NumberState(enum.StrEnum):
    """How an owned number stands; UNKNOWN is a word of the provider that this program does not know."""

    ACTIVE = "active"
    AWAITING_REGISTRATION = "awaiting_registration"
    BLOCKED = "blocked"
    TERMINATED = "terminated"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class OwnedNumber:
    """A number that the account pays for. reference: ours, where the provider keeps it; route: where it leads, as the
    provider writes it; pop: id of the point of presence, first provider only."""

    number: str
    state: NumberState
    id: str = ""
    reference: str = ""
    route: str = ""
    pop: str = ""
    monthly: Decimal | None = None


@dataclass(frozen=True)
class TrunkWanted:
    """A trunk for one tenant. Parameters: name, ours, unique an account and stable, at most 32 of [a-z0-9-]; label, for
    people; pbx_host and pbx_port, where the provider sends calls; pbx_addresses, which may use the trunk (CIDR); channels,
    calls at once; spend_limit, a day in USD, None: none; password, for providers that let us choose it."""

    name: str
    label: str
    pbx_host: str
    pbx_port: int = 5080
    pbx_addresses: tuple[str, ...] = ()
    channels: int = 10
    spend_limit: Decimal | None = None
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Trunk:
    """A trunk as the provider has it. ids: the provider's, such as account, inbound and outbound; password: empty where
    the provider does not tell it again."""

    name: str
    username: str
    ids: Mapping[str, str]
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class UsageRow:
    """A call or a fee. kind: inbound, outbound or fee; account: the trunk's user name where the provider says it; id: the
    provider's, unique in the account, so that the same row is never counted twice."""

    id: str
    at: datetime.datetime
    kind: str
    number: str
    peer: str
    seconds: int
    amount: Decimal
    currency: str
    account: str = ""
    description: str = ""


@dataclass(frozen=True)
class Checked:
    """What "test connection" found. address: the one to allow-list, where the provider tells it."""

    good: bool
    says: str
    balance: Decimal | None = None
    currency: str = "USD"
    address: str = ""


@dataclass(frozen=True)
class AreaNeed:
    """How near an identity's address must be to the number: world_wide, country, area or city; empty: not said."""

    level: str = ""


@dataclass(frozen=True)
class ProofType:
    """A document that the provider takes. entity: identity or address."""

    id: str
    name: str
    entity: str


@dataclass(frozen=True)
class PersonNeed:
    """What one kind of client must bring. fields: mandatory fields in our names (birth_date, personal_tax_id, id_number,
    vat_id, company_reg_number, country ...); proofs: how many of each entity; templates: ids and names of permanent
    documents; onetime: name of a one-time document, empty: none."""

    area: AreaNeed = AreaNeed()
    fields: tuple[str, ...] = ()
    identity_proofs: int = 0
    address_proofs: int = 0
    proof_types: tuple[ProofType, ...] = ()
    template: tuple[str, str] | None = None
    onetime: str = ""


@dataclass(frozen=True)
class Requirements:
    """What a number needs before it works. identity_type: any, personal or business; restriction: plain text."""

    id: str
    identity_type: str
    personal: PersonNeed
    business: PersonNeed
    service_description: bool = False
    restriction: str = ""


@dataclass(frozen=True)
class Identity:
    """Who uses the number. fields: further ones in our names. reference: ours, for finding it again."""

    reference: str
    kind: str
    first_name: str
    last_name: str
    phone: str
    country: str
    company: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """Where the number is used. country: ISO code; area and city_id: the provider's regulatory places where it wants them."""

    reference: str
    identity_id: str
    country: str
    city: str
    postal_code: str
    street: str
    area: str = ""
    city_id: str = ""


@dataclass(frozen=True)
class Verification:
    """A registration that was handed in. state: pending, approved or rejected, or the provider's own word where it is none
    of these; faults: why it was rejected."""

    id: str
    state: str
    reference: str = ""
    faults: tuple[str, ...] = ()


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
        """Make the trunk or bring the one of this name to what is wanted; repeatable."""
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
