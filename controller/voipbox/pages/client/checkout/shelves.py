# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be ordered, with its price on a billing term, and why something cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import BillingTerm, Bundle, Kind, Price, Product
from voipbox.pricing import currency


@dataclass(frozen=True)
class Ware:
    """A product or bundle on a shelf.

    Parameters: kind, product or bundle; problem, why it cannot be ordered, for staff only; contents, what a bundle holds;
    price, on the chosen term, None where it has none.
    """

    kind: str
    thing: Product | Bundle
    price: Price | None
    problem: str = ""
    contents: tuple[str, ...] = ()
    has_number: bool = False

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.kind}:{self.thing.slug}"

    @property
    def orderable(self) -> bool:
        """True when nothing stands against it."""
        return not self.problem

    @property
    def setup(self) -> Decimal:
        """Once."""
        return self.price.setup if self.price else Decimal(0)

    @property
    def recurring(self) -> Decimal:
        """Each time."""
        return self.price.recurring if self.price else Decimal(0)


@dataclass
class Shelves:
    """The storefront on one term."""

    term: BillingTerm | None
    terms: list[BillingTerm]
    bundles: list[Ware] = field(default_factory=list)
    packages: list[Ware] = field(default_factory=list)
    numbers: list[Ware] = field(default_factory=list)
    features: list[Ware] = field(default_factory=list)

    def all(self) -> dict[str, Ware]:
        """Everything by its key."""
        return {ware.key: ware for ware in [*self.bundles, *self.packages, *self.numbers, *self.features]}


_SHELF = {Kind.EXTENSIONS: "packages", Kind.NUMBER_FIRST: "numbers", Kind.NUMBER_SECOND: "numbers", Kind.FEATURE: "features"}


def stock(term_slug: str) -> Shelves:
    """The storefront on a term, the shortest one where there is none of this name."""
    terms = list(BillingTerm.objects.filter(price__isnull=False).distinct().order_by("months"))
    term = next((one for one in terms if one.slug == term_slug), terms[0] if terms else None)
    shelves = Shelves(term, terms)
    for bundle in Bundle.objects.filter(active=True).prefetch_related("items__product__group", "prices__term"):
        shelves.bundles.append(_bundle(bundle, term))
    for product in Product.objects.filter(active=True).select_related("group").prefetch_related("prices__term", "bundles"):
        getattr(shelves, _SHELF[Kind(product.kind)]).append(_product(product, term))
    for shelf in (shelves.bundles, shelves.packages, shelves.numbers, shelves.features):
        shelf.sort(key=lambda ware: (not ware.orderable, ware.recurring, ware.thing.slug))
    return shelves


def _product(product: Product, term: BillingTerm | None) -> Ware:
    price = _price(product, term)
    problem = _no_price(product, price, term)
    number = Kind(product.kind).is_number
    if number and not problem:
        problem = _unmapped(product, None)
    return Ware("product", product, price, problem, has_number=number)


def _bundle(bundle: Bundle, term: BillingTerm | None) -> Ware:
    price = _price(bundle, term)
    items = list(bundle.items.all())
    problem = _no_price(bundle, price, term)
    for item in items:
        if Kind(item.product.kind).is_number and not problem:
            problem = _unmapped(item.product, bundle)
    contents = tuple(
        f"{item.quantity} \N{MULTIPLICATION SIGN} {item.product.name}" if item.quantity > 1 else item.product.name
        for item in items
    )
    return Ware("bundle", bundle, price, problem, contents, any(Kind(item.product.kind).is_number for item in items))


def _price(thing: Product | Bundle, term: BillingTerm | None) -> Price | None:
    found = currency.prices_of(thing, term)
    return found.get(currency.usual(found))


def _no_price(thing: Product | Bundle, price: Price | None, term: BillingTerm | None) -> str:
    return f"{thing.slug} has no price on the term {term.slug}." if term is not None and price is None else ""


def _unmapped(product: Product, bundle: Bundle | None) -> str:
    decision = explain(product, bundle)
    return "" if decision.state == State.MAPPED else f"{product.slug} is not mapped to a provider. {decision.reason}"
