# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft costs as it stands: the summary beside every step."""

from __future__ import annotations

from decimal import Decimal

from voipbox.core.money import cents
from voipbox.numbers import offers, ordering
from voipbox.pricing import priced
from voipbox.pricing.priced import NumberPrice
from voipbox.pricing.summary import Summary

from . import content, shelves
from .content import Content


def summary(given: Content) -> Summary:
    """The same that placing would write into the order."""
    stock = shelves.stock(given.section(content.PRODUCTS).get("term") or "")
    wares = stock.all()
    things = []
    for item in given.items:
        ware = wares.get(f"bundle:{item['bundle']}" if item.get("bundle") else f"product:{item['product']}")
        if ware is not None:
            things.append(priced.Ordered(ware.thing, int(item.get("quantity", 1))))
    priced.price(things, stock.term)
    return priced.summarize(things, stock.term, _number(given))


def a_seat(shown: Summary, count: int) -> list[tuple[str, str, Decimal]]:
    """What extensions cost each: currency, how often, amount. Only what gives extensions and nothing else is counted."""
    found = []
    for one in shown.sums:
        seats = [line for line in one.lines if line.seats]
        for often in sorted({line.months for line in seats if line.recurring}):
            lines = [line for line in seats if line.months == often]
            found.append((one.currency, lines[0].often, cents(sum((line.recurring for line in lines), Decimal(0)) / count)))
    return found


def _number(given: Content) -> NumberPrice | None:
    """The number that was chosen, at the price that was quoted."""
    kept = given.section(content.NUMBER)
    if not given.buys or not kept.get("quote") or not kept.get("offer"):
        return None
    return ordering.number_price(
        offers.offer_from_json(kept["offer"]), kept.get("capacity", ""), offers.quote_from_json(kept["quote"])
    )
