# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox's provider knows: its stock, the account, what the account owns and did."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from . import places
from .places import RateCentre

USERNAME = "ops@reseller.example"
PASSWORD = "Sandbox-Api-Pass-1"
MAIN_ACCOUNT = "100001"


@dataclass
class Settings:
    """How the provider behaves where facts differ or are not known.

    rows: list or index_map; one_as_object: a single row comes bare; scalars: strings, numbers or mixed; flags: digits,
    words (yes/no) or letters (Y/N); empty: code (no_did ...) or absent (success without the key); messages: errors carry a
    sentence; empty_deletes: deletes answer with an empty body; gone_code: answer to an order for a number that is gone;
    repeat_orders: refuse (did_in_use) or charge (again); slow: seconds of a method after it took effect; caller: the
    address that calls seem to come from; allowed: addresses that may call; api_enabled; did_limit; offset: hours of the
    provider's own clock before UTC, in which it writes dates of orders and fees; user_name_limit: characters; registers_at:
    id of a POP at which every sub-account counts as registered, for labs whose switch does not speak SIP; old_passwords:
    refuse those that a login had or was asked to have (used_password), or take them.
    """

    rows: str = "list"
    one_as_object: bool = False
    scalars: str = "mixed"
    flags: str = "digits"
    empty: str = "code"
    messages: bool = True
    empty_deletes: bool = False
    gone_code: str = "invalid_did"
    repeat_orders: str = "refuse"
    slow: dict[str, float] = field(default_factory=dict)
    caller: str = "203.0.113.10"
    allowed: list[str] = field(default_factory=lambda: ["203.0.113.10"])
    api_enabled: bool = True
    did_limit: int = 1000
    offset: int = 0
    user_name_limit: int = 12
    registers_at: str = ""
    old_passwords: str = "refuse"

    def change(self, given: Mapping[str, Any]) -> None:
        """Set some of them. Raises ValueError for a name or kind that does not fit."""
        known = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"There is no setting {name}; there are {', '.join(known)}.")
            if not isinstance(value, known[name]):
                raise ValueError(f"The setting {name} is a {known[name].__name__}.")
        for name, value in given.items():
            setattr(self, name, value)


@dataclass
class Stock:
    """A number that can be bought. Toll-free ones have no rate centre and no flat plan."""

    did: str
    centre: RateCentre | None
    monthly: Decimal
    minute: Decimal
    setup: Decimal
    flat_monthly: Decimal | None = None
    flat_setup: Decimal | None = None
    sms: bool = True
    priced: bool = True


@dataclass
class Registration:
    """A gateway that registered."""

    pop: str
    address: str
    at: datetime.datetime


@dataclass
class State:
    """Everything. owned: rows of getDIDsInfo by number; subs: rows of getSubAccounts by id, because a login may exist twice;
    passwords: by full account name, digests of all that a login ever had."""

    settings: Settings
    username: str = USERNAME
    password: str = PASSWORD
    main: str = MAIN_ACCOUNT
    balance: Decimal = Decimal("112.192790")
    stock: dict[str, Stock] = field(default_factory=dict)
    kinds: dict[str, Stock] = field(default_factory=dict)
    owned: dict[str, dict[str, Any]] = field(default_factory=dict)
    subs: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, set[str]] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    back_orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    transactions: list[dict[str, Any]] = field(default_factory=list)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(99785))

    def logins(self, account: str) -> list[dict[str, Any]]:
        """The sub-accounts of a full account name: none, one, or twins."""
        return [row for row in self.subs.values() if row["account"] == account]

    def sell(self, did: str) -> None:
        """Take a number out of stock; it is remembered for the day it comes back."""
        self.kinds[did] = self.stock.pop(did)

    def take_back(self, did: str) -> None:
        """Put a number into stock again."""
        if did in self.kinds:
            self.stock[did] = self.kinds[did]

    def charge(self, at: datetime.datetime, kind: str, description: str, amount: Decimal) -> None:
        """Take money, and write it into the history."""
        self.balance -= amount
        self.transactions.append(
            {"date": at, "uniqueid": f"12964421x{next(self.ids)}", "type": kind, "description": description, "ammount": -amount}
        )


def fresh(seed: Mapping[str, Any] | None = None) -> State:
    """The first state, changed by a seed.

    A seed may say: username, password, main, balance; settings, as Settings has them; stock, a list of numbers
    {did, province or state, ratecenter} added to the sandbox's own; only_stock, True to leave its own out; no_prices, a
    list of toll-free numbers whose prices are blank.
    """
    seed = dict(seed or {})
    state = State(Settings())
    state.settings.change(seed.pop("settings", {}))
    for name in ("username", "password", "main"):
        setattr(state, name, str(seed.pop(name, getattr(state, name))))
    state.balance = Decimal(str(seed.pop("balance", state.balance)))
    if not seed.pop("only_stock", False):
        _fill(state)
    for given in seed.pop("stock", []):
        region, country = (given["province"], "CA") if "province" in given else (given["state"], "US")
        state.stock[given["did"]] = _priced(given["did"], RateCentre(country, region, given["ratecenter"]))
    for did in seed.pop("no_prices", ["8335550108"]):
        if did in state.stock:
            state.stock[did].priced = False
    if seed:
        raise ValueError(f"The seed has {', '.join(sorted(seed))}, which is not known.")
    return state


def _fill(state: State) -> None:
    for centre in places.RATE_CENTRES:
        for code in centre.codes:
            for last in range(100, 200):
                did = f"{code}5550{last}"
                state.stock[did] = _priced(did, centre)
    for code in places.TOLL_FREE_CODES:
        for last in range(100, 120):
            did = f"{code}5550{last}"
            state.stock[did] = Stock(did, None, Decimal("0.99"), Decimal("0.0200"), Decimal("0.00"))


def _priced(did: str, centre: RateCentre) -> Stock:
    sms = int(did[-1]) % 3 != 0
    if centre.country == "CA":
        return Stock(did, centre, Decimal("0.85"), Decimal("0.0090"), Decimal("0.40"), Decimal("4.25"), Decimal("0.40"), sms)
    return Stock(did, centre, Decimal("0.99"), Decimal("0.01"), Decimal("0.50"), Decimal("4.95"), Decimal("1.00"), sms)
