# SPDX-License-Identifier: GPL-3.0-or-later
"""In which currency something is paid, where the catalog has prices in several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voipbox.catalog.models import BillingTerm, Bundle, Price, Product
from voipbox.core.config import config


def prices_of(thing: Product | Bundle, term: BillingTerm | None) -> dict[str, Price]:
    """The prices of a thing on a term, by currency."""
    if term is None:
        return {}
    return {price.currency: price for price in thing.prices.all() if price.term_id == term.pk}


def common(priced: Sequence[Iterable[str]]) -> str:
    """The currency in which everything is priced: the shop's own where it is among several, else the first by name; empty
    where there is none.

    Parameters: priced, the currencies of each thing.
    """
    sets = [set(currencies) for currencies in priced]
    return usual(set.intersection(*sets)) if sets else ""


def usual(currencies: Iterable[str]) -> str:
    """One of some currencies: the shop's own, else the first by name; empty for none."""
    found = sorted(currencies)
    own = config().currency
    return own if own in found else (found[0] if found else "")
