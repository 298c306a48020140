# SPDX-License-Identifier: GPL-3.0-or-later
"""What an order costs: the summary that stands beside every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from voipbox.core.config import config

from . import content, shelves
from .content import Content

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """A thing and what it costs. months: how often the recurring part comes, 0: once; vat_rate: 0.15 is 15 %."""

    label: str
    detail: str
    currency: str
    setup: Decimal
    recurring: Decimal
    months: int
    vat_rate: Decimal
    priced: bool = True

    @property
    def at_once(self) -> Decimal:
        """What is paid on the first day, without VAT."""
        return self.setup + self.recurring

    @property
    def vat(self) -> Decimal:
        """Its VAT, to the cent."""
        return (self.at_once * self.vat_rate).quantize(_CENT, ROUND_HALF_UP)


@dataclass
class Sum:
    """The lines of one currency together."""

    currency: str
    lines: list[Line] = field(default_factory=list)

    @property
    def setup(self) -> Decimal:
        """Once."""
        return _total([line.setup for line in self.lines])

    @property
    def recurring(self) -> list[tuple[str, Decimal]]:
        """How often, and how much."""
        months = sorted({line.months for line in self.lines if line.recurring})
        return [(often(count), _total([line.recurring for line in self.lines if line.months == count])) for count in months]

    @property
    def vat(self) -> Decimal:
        """Of everything that is paid on the first day."""
        return _total([line.vat for line in self.lines])

    @property
    def vat_percent(self) -> str:
        """The rate where all lines share one, else empty."""
        rates = {line.vat_rate for line in self.lines}
        return f"{(rates.pop() * 100).normalize():f}" if len(rates) == 1 else ""

    @property
    def total(self) -> Decimal:
        """What is paid on the first day."""
        return _total([line.at_once for line in self.lines]) + self.vat


@dataclass
class Summary:
    """Everything that was chosen, and what it comes to, one sum a currency."""

    lines: list[Line]

    @property
    def sums(self) -> list[Sum]:
        """One a currency."""
        found: dict[str, Sum] = {}
        for line in self.lines:
            if line.priced:
                found.setdefault(line.currency, Sum(line.currency)).lines.append(line)
        return list(found.values())


def often(months: int) -> str:
    """How often something is paid, in words."""
    return {0: "Once", 1: "Monthly", 3: "Quarterly", 12: "Yearly"}.get(months, f"Every {months} months")


def summary(given: Content) -> Summary:
    """What a draft costs as it stands."""
    section = given.section(content.PRODUCTS)
    stock = shelves.stock(section.get("term") or "")
    wares, vat = stock.all(), config().vat_percent / 100
    lines = []
    for item in given.items:
        ware = wares.get(f"bundle:{item['bundle']}" if item.get("bundle") else f"product:{item['product']}")
        if ware is None:
            continue
        quantity = int(item.get("quantity", 1))
        lines.append(
            Line(
                ware.thing.name if quantity == 1 else f"{quantity} \N{MULTIPLICATION SIGN} {ware.thing.name}",
                ", ".join(ware.contents),
                ware.price.currency if ware.price else "",
                ware.setup * quantity,
                ware.recurring * quantity,
                stock.term.months if stock.term else 1,
                vat,
                ware.price is not None,
            )
        )
    return Summary(lines + _number(given, vat))


def _number(given: Content, vat: Decimal) -> list[Line]:
    """The number that is held, at the price that was quoted."""
    quoted = given.section(content.NUMBER).get("quote")
    if not given.buys or not quoted:
        return []
    rate = Decimal(quoted["vat_rate"]) if quoted.get("vat_rate") is not None else vat
    number = given.section(content.NUMBER)
    label = number.get("number") or f"A number in {number.get('place') or 'the area'}"
    return [
        Line(
            label,
            number.get("capacity_label", ""),
            quoted["currency"],
            Decimal(quoted["setup"]),
            Decimal(quoted["monthly"]),
            1,
            rate,
        )
    ]


def _total(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
