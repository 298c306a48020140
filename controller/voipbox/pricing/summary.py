# SPDX-License-Identifier: GPL-3.0-or-later
"""The price of an order, line by line, with VAT and totals. Made once when an order is priced; kept with it as JSON.

Every amount is rounded when its line is made, VAT once for all lines of a rate and currency: whoever adds up what is
shown gets the totals that are shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from voipbox.core.money import cents, total

Kind = Literal["product", "bundle", "number"]
_DECIMALS = ("setup", "recurring", "vat_rate", "per_minute")


@dataclass(frozen=True)
class Line:
    """A thing and what it costs.

    Parameters: kind; label; detail; currency; setup, once; recurring, each time; months, how often that comes, 0: once;
    vat_rate, 0.15 is 15 %; per_minute, of calls to a number, not in any total; seats, how many it gives where it gives
    nothing else; included, the name of the bundle in whose price it is; priced, False where no price is known.
    """

    kind: Kind
    label: str
    detail: str = ""
    currency: str = ""
    setup: Decimal = Decimal(0)
    recurring: Decimal = Decimal(0)
    months: int = 1
    vat_rate: Decimal = Decimal(0)
    per_minute: Decimal | None = None
    seats: int = 0
    included: str = ""
    priced: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "setup", cents(self.setup))
        object.__setattr__(self, "recurring", cents(self.recurring))

    @property
    def at_once(self) -> Decimal:
        """What is paid on the first day, without VAT."""
        return self.setup + self.recurring

    @property
    def often(self) -> str:
        """How often the recurring part comes, in words that follow an amount."""
        return {0: "once", 1: "a month", 3: "a quarter", 12: "a year"}.get(self.months, f"every {self.months} months")


@dataclass(frozen=True)
class Vat:
    """VAT of the lines of one rate. percent: as it is shown; base: what it is reckoned on; labels: of these lines."""

    percent: str
    base: Decimal
    amount: Decimal
    labels: tuple[str, ...]
    of_all: bool


@dataclass
class Sum:
    """The lines of one currency together."""

    currency: str
    lines: list[Line] = field(default_factory=list)

    @property
    def setup(self) -> Decimal:
        """Once."""
        return total(line.setup for line in self.lines)

    @property
    def recurring(self) -> list[tuple[str, Decimal]]:
        """How often, and how much; what is paid once beside setup comes first."""
        months = sorted({line.months for line in self.lines if line.recurring})
        return [(often(count), total(line.recurring for line in self.lines if line.months == count)) for count in months]

    @property
    def subtotal(self) -> Decimal:
        """What is paid on the first day, without VAT."""
        return total(line.at_once for line in self.lines)

    @property
    def vats(self) -> list[Vat]:
        """VAT by rate, each with the part of the sum that it stands on; a rate of nothing is left out."""
        found = []
        for rate in sorted({line.vat_rate for line in self.lines if line.vat_rate}):
            lines = [line for line in self.lines if line.vat_rate == rate and line.at_once]
            base = total(line.at_once for line in lines)
            if base:
                labels = tuple(line.label for line in lines)
                of_all = base == self.subtotal
                found.append(Vat(f"{(rate * 100).normalize():f}", base, cents(base * rate), labels, of_all))
        return found

    @property
    def vat(self) -> Decimal:
        """All VAT of what is paid on the first day."""
        return total(vat.amount for vat in self.vats)

    @property
    def total(self) -> Decimal:
        """What is paid on the first day."""
        return self.subtotal + self.vat


@dataclass(frozen=True)
class Summary:
    """Everything that is ordered, and what it comes to, one sum a currency."""

    lines: tuple[Line, ...] = ()

    @property
    def sums(self) -> list[Sum]:
        """One a currency."""
        found: dict[str, Sum] = {}
        for line in self.lines:
            if line.priced and not line.included:
                found.setdefault(line.currency, Sum(line.currency)).lines.append(line)
        return list(found.values())

    @property
    def number(self) -> Line | None:
        """The line of the number that is bought."""
        return next((line for line in self.lines if line.kind == "number"), None)

    def with_number(self, number: Line | None) -> Summary:
        """The same with another number; one that is in a bundle's price stays in it."""
        kept = tuple(line for line in self.lines if line.kind != "number")
        before = self.number
        if number is not None and before is not None and before.included:
            number = included(number, before.included)
        return replace(self, lines=(*kept, number) if number else kept)

    @property
    def mark(self) -> str:
        """A short text that differs when any price does: what a page showed is compared with what would be ordered."""
        content = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text."""
        return {"lines": [{name: _plain(value) for name, value in asdict(line).items()} for line in self.lines]}

    def text(self) -> list[str]:
        """The summary in lines of plain text, for mails and the command line."""
        told = [f"{line.label}: {worth(line)}" for line in self.lines]
        for one in self.sums:
            told += [f"{label}: {amount} {one.currency}" for label, amount in one.recurring]
            told += [f"Setup: {one.setup} {one.currency}"] if one.setup else []
            told += [f"{says(vat, one.currency)}: {vat.amount} {one.currency}" for vat in one.vats]
            told.append(f"Total of the first payment: {one.total} {one.currency}")
        return told


def often(months: int) -> str:
    """How often something is paid, in words."""
    return {0: "Once", 1: "Monthly", 3: "Quarterly", 12: "Yearly"}.get(months, f"Every {months} months")


def worth(line: Line) -> str:
    """What a line costs, in words."""
    if line.included:
        return f"included in {line.included}"
    if not line.priced:
        return "price on request"
    setup = f" and {line.setup} {line.currency} setup" if line.setup else ""
    minute = f", calls {line.per_minute.normalize():f} {line.currency} a minute" if line.per_minute else ""
    return f"{line.recurring} {line.currency} {line.often}{setup}{minute}"


def says(vat: Vat, currency: str) -> str:
    """VAT in words: its rate, and on what part of the sum it stands."""
    part = "" if vat.of_all else f" on {vat.base} {currency} ({', '.join(vat.labels)})"
    return f"VAT {vat.percent} %{part}"


def included(line: Line, bundle: str) -> Line:
    """A line whose price is in that of a bundle."""
    return replace(line, setup=Decimal(0), recurring=Decimal(0), included=bundle, currency="")


def from_json(content: Mapping[str, Any]) -> Summary:
    """The summary that was kept."""
    return Summary(tuple(_line(line) for line in content.get("lines", ())))


def _line(kept: Mapping[str, Any]) -> Line:
    values: dict[str, Any] = {
        name: Decimal(value) if name in _DECIMALS and value is not None else value for name, value in kept.items()
    }
    return Line(**values)


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value
