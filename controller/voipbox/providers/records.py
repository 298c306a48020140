# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said between the controller and a provider's driver about places, offers, purchases, numbers, trunks and usage.

Numbers are E.164 with a plus. Money is Decimal in the named currency. Times are aware, in UTC.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from voipbox.core.money import cents, total


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
        """Setup and the first month, to the cent each, without VAT."""
        return total((self.setup, self.monthly))

    @property
    def vat(self) -> Decimal:
        """VAT of the subtotal, to the cent; 0 where the rate is not known."""
        return cents(self.subtotal * (self.vat_rate or Decimal(0)))

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
    calls at once; spend_limit, a day in USD, None: none; password, for providers that let us choose it; asked_at, when it
    was last asked for without a certain end, None: never; on_asking, called right before the provider is asked to make it."""

    name: str
    label: str
    pbx_host: str
    pbx_port: int = 5080
    pbx_addresses: tuple[str, ...] = ()
    channels: int = 10
    spend_limit: Decimal | None = None
    password: str = field(default="", repr=False)
    asked_at: datetime.datetime | None = None
    on_asking: Callable[[], None] | None = field(default=None, repr=False, compare=False)


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
