# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is ordered to its price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from voipbox.catalog.models import BillingTerm, Bundle, Kind, Price, Product
from voipbox.core.config import config
from voipbox.providers.records import Quote

from . import currency, summary
from .summary import Line, Summary


@dataclass(frozen=True)
class NumberPrice:
    """A number that is bought, at the price that its provider says. label: as people know it; detail: how it is paid."""

    label: str
    detail: str
    quote: Quote

    def line(self) -> Line:
        """As a line of its own. VAT is the provider's where it is known, else the shop's."""
        quote = self.quote
        rate = quote.vat_rate if quote.vat_rate is not None else shop_vat()
        return Line(
            "number", self.label, self.detail, quote.currency, quote.setup, quote.monthly, 1, rate, per_minute=quote.per_minute
        )


@dataclass
class Ordered:
    """A product or bundle, how many, and the price that was found for it, None where there is none."""

    thing: Product | Bundle
    quantity: int
    price: Price | None = None


def shop_vat() -> Decimal:
    """The rate of VAT on what clients order here: 0.15 is 15 %."""
    return config().vat_percent / 100


def price(things: Sequence[Ordered], term: BillingTerm | None) -> str:
    """Find the price of each thing in the one currency that all share; returns that currency, empty where there is none.

    Things without any price on the term stay without one.
    """
    found = [currency.prices_of(one.thing, term) for one in things]
    chosen = currency.common([prices for prices in found if prices])
    for one, prices in zip(things, found, strict=True):
        one.price = prices.get(chosen)
    return chosen


def summarize(things: Sequence[Ordered], term: BillingTerm | None, number: NumberPrice | None = None) -> Summary:
    """The price of what is ordered. A bundle that holds the number has its price in the own one."""
    lines = [_line(one, term) for one in things]
    if number is not None:
        line, holder = number.line(), _holder(things)
        lines.append(summary.included(line, holder.name) if holder else line)
    return Summary(tuple(lines))


def contents(bundle: Bundle) -> list[tuple[Product, int]]:
    """The products of a bundle and how many of each; asked once where they were fetched before."""
    return [(item.product, item.quantity) for item in bundle.items.all()]


def _line(one: Ordered, term: BillingTerm | None) -> Line:
    thing, count = one.thing, one.quantity
    inside = contents(thing) if isinstance(thing, Bundle) else [(thing, 1)]
    seats = sum(product.seats * many * count for product, many in inside)
    only_seats = all(product.kind == Kind.EXTENSIONS for product, _ in inside)
    detail = [f"{many} \N{MULTIPLICATION SIGN} {product.name}" if many > 1 else product.name for product, many in inside]
    return Line(
        "bundle" if isinstance(thing, Bundle) else "product",
        thing.name if count == 1 else f"{count} \N{MULTIPLICATION SIGN} {thing.name}",
        ", ".join(detail) if isinstance(thing, Bundle) else "",
        one.price.currency if one.price else "",
        one.price.setup * count if one.price else Decimal(0),
        one.price.recurring * count if one.price else Decimal(0),
        term.months if term else 1,
        shop_vat(),
        seats=seats if only_seats else 0,
        priced=one.price is not None,
    )


def _holder(things: Sequence[Ordered]) -> Bundle | None:
    """The bundle that holds the number."""
    for one in things:
        if isinstance(one.thing, Bundle) and any(Kind(product.kind).is_number for product, _ in contents(one.thing)):
            return one.thing
    return None
