# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of an order against catalog, other orders and PBX servers; what passes is ready to be stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import BillingTerm, Bundle, Kind, PbxServer, Price, Product, ServerDomain
from voipbox.core import passwords
from voipbox.core.errors import Fault, Refused
from voipbox.core.models import User
from voipbox.core.people import Actor, Role
from voipbox.pricing import currency, priced
from voipbox.pricing.priced import NumberPrice
from voipbox.pricing.summary import Summary
from voipbox.providers.drivers import buys, driver_class
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Offer

from . import field_rules
from .dialled import dialling
from .intake import Amendment, OrderInput
from .models import Order, OrderItem
from .statuses import CLOSED

_LONGEST_LABEL = 40
_MOST_SEATS = 1000


@dataclass
class Line:
    """One item of an order, found in the catalog or held by the order that is corrected."""

    product: Product | None
    bundle: Bundle | None
    quantity: int
    position: int = 0
    price: Price | None = None
    _contents: list[tuple[Product, Bundle | None, int]] | None = None

    @property
    def thing(self) -> Product | Bundle:
        """The product or the bundle."""
        return self.product or self.bundle  # type: ignore[return-value] # one of both

    def contents(self) -> list[tuple[Product, Bundle | None, int]]:
        """The products in it, how they were ordered, and how many."""
        if self._contents is None:
            if self.product:
                self._contents = [(self.product, None, self.quantity)]
            else:
                assert self.bundle is not None
                inside = priced.contents(self.bundle)
                self._contents = [(product, self.bundle, many * self.quantity) for product, many in inside]
        return self._contents


@dataclass
class Checked:
    """An order that may be placed: its fields and what stands behind them."""

    given: OrderInput
    server: PbxServer
    lines: list[Line]
    domain: str
    seats: int
    first_extension: int
    provider: ProviderAccount | None = None
    term: BillingTerm | None = None
    client: User | None = None
    record: str = ""
    toll_classes: tuple[str, ...] = ()
    regulated: bool = False
    auto_run: bool = False
    summary: Summary = field(default_factory=Summary)

    def price(self) -> list[str]:
        """What the order comes to, in lines of text. The own price of a number is asked for when it is ordered."""
        told = self.summary.text()
        bought = self.provider is not None and buys(self.provider) and self.summary.number is None
        bundled = any(line.bundle and any(Kind(one.kind).is_number for one, _, _ in line.contents()) for line in self.lines)
        return [*told, "The price of the number itself is added when it is ordered"] if bought and not bundled else told


class _Check:
    """One order's check; every fault is collected before anything is refused."""

    def __init__(self, given: OrderInput, actor: Actor, instead_of: Order | None) -> None:
        self.given = given
        self.actor = actor
        self.instead_of = instead_of
        self.faults: list[Fault] = []

    def fault(self, name: str, cause: str) -> None:
        self.faults.append(Fault(name, cause))

    def others(self) -> Any:
        others = Order.objects.exclude(status__in=sorted(CLOSED))
        return others.exclude(pk=self.instead_of.pk) if self.instead_of else others

    def permitted(
        self, change: Amendment | None, server: PbxServer | None, lines: list[Line], classes: tuple[str, ...], reason: str
    ) -> None:
        """What the actor may not ask for. A correction is held to the rules where it changes something."""
        asked = asked_of(
            self.actor, server, packaged=packaged(lines), toll_classes=frozenset(classes),
            reason=reason or self.given.seats_reason or "",
        )  # fmt: skip
        if change is None:
            self.faults += field_rules.refusals(self.given, asked)
        elif self.instead_of is not None:
            held = _held(self.instead_of)
            self.faults += field_rules.refusals(change, asked, lambda path, value: path in held and held[path] == value)
            moved = server is not None and server.pk != self.instead_of.server_id
            if moved and change.domain in (None, held["domain"]) and self.given.domain:
                cause = field_rules.cause("domain", asked, self.given.domain)
                if cause:
                    self.fault("domain", cause)

    def server(self) -> PbxServer | None:
        if self.instead_of is not None and self.given.server == self.instead_of.server.slug:
            return self.instead_of.server
        if self.given.server:
            found = PbxServer.objects.filter(slug=self.given.server, active=True).first()
            if found is None:
                self.fault("server", f"there is no active PBX server {self.given.server}")
            return found
        found = PbxServer.objects.filter(active=True).order_by("-default", "id").first()
        if found is None:
            self.fault("server", "there is no active PBX server; add one to the catalog first")
        return found

    def term(self) -> BillingTerm | None:
        if self.instead_of is not None:
            return self.instead_of.term
        if not self.given.term:
            return None
        found = BillingTerm.objects.filter(slug=self.given.term).first()
        if found is None:
            self.fault("term", f"there is no billing term {self.given.term}")
        return found

    def lines(self, term: BillingTerm | None) -> list[Line]:
        if self.instead_of is not None:
            items: Iterable[OrderItem] = self.instead_of.items.select_related("product__group", "bundle").prefetch_related(
                "bundle__items__product__group"
            )
            return [Line(item.product, item.bundle, item.quantity) for item in items]
        found = []
        for position, item in enumerate(self.given.items):
            path = f"items[{position}]"
            if (item.product is None) == (item.bundle is None):
                self.fault(path, "names a product or a bundle, one of them")
                continue
            model: Any = Product if item.product else Bundle
            slug = item.product or item.bundle
            inside = [] if item.product else ["items__product__group"]
            thing = model.objects.filter(slug=slug, active=True).prefetch_related("prices", *inside).first()
            if thing is None:
                kind = "product" if item.product else "bundle"
                self.fault(f"{path}.{kind}", f"there is no {kind} {slug} to be ordered")
                continue
            found.append(Line(thing if item.product else None, thing if item.bundle else None, item.quantity, position))
        if not self.given.term:
            self.term_is_said(found)
        elif term is not None:
            self.priced(found, term)
        return found

    def priced(self, lines: list[Line], term: BillingTerm) -> None:
        """The price of each line, in the one currency that all have."""
        ordered = [priced.Ordered(line.thing, line.quantity) for line in lines]
        chosen = priced.price(ordered, term)
        for line, one in zip(lines, ordered, strict=True):
            line.price = one.price
            if not currency.prices_of(line.thing, term):
                self.fault(f"items[{line.position}]", f"{line.thing.slug} has no price on the term {term.slug}")
        if lines and not chosen:
            each = "; ".join(f"{one.thing.slug}: {', '.join(sorted(currency.prices_of(one.thing, term)))}" for one in lines)
            self.fault("items", f"are priced in no common currency ({each})")

    def term_is_said(self, lines: list[Line]) -> None:
        """Where the catalog prices by term, an order says which one: it holds the price that its client saw."""
        priced = [{price.term.slug for price in line.thing.prices.select_related("term")} for line in lines]
        if any(priced):
            common = sorted(set.intersection(*priced))
            choices = f"; there are {', '.join(common)}" if common else ""
            self.fault("term", f"is required: what is ordered is priced by billing term{choices}")

    def provider(self, lines: list[Line]) -> ProviderAccount | None:
        if self.instead_of is not None and self.instead_of.provider is not None:
            # Its number was agreed on at that account, wherever the product is bought today.
            return self.instead_of.provider
        numbers = []
        for position, line in enumerate(lines):
            for product, bundle, quantity in line.contents():
                if Kind(product.kind).is_number:
                    numbers.append((position, product, bundle, quantity))
        if not numbers:
            for name in ("number", "capacity", "trunk"):
                if getattr(self.given, name):
                    self.fault(name, "the order holds no number product; add one to its items")
            return None
        if len(numbers) > 1 or numbers[0][3] > 1:
            self.fault("items", "hold several numbers; an order has one, place a further order for another")
            return None
        position, product, bundle, _ = numbers[0]
        decision = explain(product, bundle)
        if decision.state != State.MAPPED:
            self.fault(
                f"items[{position}]",
                f"{product.slug} is not mapped to a provider, so it cannot be ordered. {decision.reason} "
                "Map it in the catalog first",
            )
        return decision.account

    def number(self, account: ProviderAccount | None, offer: Offer | None) -> bool:
        """Checks number and trunk; returns whether the number is regulated."""
        number = self.given.number
        if account is None:
            return False
        try:
            driver = driver_class(account.driver)(account)
        except ProviderError:
            self.fault("number", "cannot be bought at present: the account at its provider is not set up")
            return False
        unchanged = self.instead_of is not None and offer is None and not self.instead_of.number
        picked_by_provider = unchanged or (offer is not None and not offer.number)
        if not number and not picked_by_provider:
            self.fault("number", "is required for a number product")
            return False
        if number and self.others().filter(number=number).exists():
            self.fault("number", f"{number} is in another order")
        if driver.buys and self.given.trunk:
            self.fault("trunk", f"is made at {account.name} when the number is bought; leave it out")
        if not driver.buys and self.given.capacity:
            self.fault("capacity", f"is chosen for a number that is bought; the one at {account.name} is the client's own")
        if driver.slug == "own" and account.gateway_register and not self.given.trunk:
            known = self.instead_of.secrets.get("trunk") if self.instead_of else None
            if not known:
                self.fault("trunk", f"{account.name} needs the credentials of the trunk")
        if offer is not None:
            return offer.regulated
        if self.instead_of is not None and self.instead_of.number == (number or ""):
            return self.instead_of.regulated
        return driver.is_regulated(number or "")

    def seats(self, lines: list[Line], server: PbxServer | None, provider: ProviderAccount | None) -> tuple[int, int]:
        seats = self.given.seats or packaged(lines)
        if not seats:
            self.fault("seats", "is required: no product of the order gives extensions")
        if seats > _MOST_SEATS:
            self.fault("seats", f"more than {_MOST_SEATS}")
        first = self.given.first_extension or (server.first_extension if server else 1001)
        last = first + max(seats, 1) - 1
        if len(str(first)) != len(str(last)):
            self.fault("first_extension", f"the range {first} to {last} mixes lengths; begin lower")
        self.extension_numbers(first, last)
        self.dialled_numbers(first, min(last, first + _MOST_SEATS), provider, server)
        return seats, first

    def dialled_numbers(self, first: int, last: int, provider: ProviderAccount | None, server: PbxServer | None) -> None:
        """Extensions that are dialled for something else, and a tenant that could call out but not for help."""
        number = self.given.number or (self.instead_of.number if self.instead_of is not None else "")
        told = dialling(provider, server, number or "")
        named = {extension.number: place for place, extension in enumerate(self.given.extensions)}
        refused = told.refused(str(each) for each in range(first, last + 1))
        for extension, cause in refused.items():
            if extension in named:
                self.fault(f"extensions[{named[extension]}].number", cause)
        if refused:
            extension, cause = next(iter(refused.items()))
            self.fault("first_extension", f"the range {first} to {last} holds {extension}: {cause}")
        lack = told.lack()
        if lack and provider is not None:
            self.fault(
                "number",
                f"the tenant could call out but not for help: {lack}. Staff add the route template emergency to the outbound "
                f"routes of {provider.name}",
            )

    def extension_numbers(self, first: int, last: int) -> None:
        """Everything that is to be said of the numbers of the extensions: the range, and those that are named."""
        numbers = [extension.number for extension in self.given.extensions]
        for position, number in enumerate(numbers):
            if not (first <= int(number) <= last and str(int(number)) == number):
                self.fault(f"extensions[{position}].number", f"is outside of {first} to {last}")
            if number in numbers[:position]:
                self.fault(f"extensions[{position}].number", f"{number} stands twice")

    def domain(self, server: PbxServer) -> str:
        if self.given.domain:
            taken = self.taken(self.given.domain, server)
            if taken:
                self.fault("domain", taken)
            return self.given.domain
        base = label(self.given.company)
        for count in range(1, 1000):
            proposal = f"{base}{f'-{count}' if count > 1 else ''}.{server.base_domain}"
            if not self.taken(proposal, server) and not field_rules.is_reserved(proposal, machines()):
                return proposal
        self.fault("domain", f"no free name could be made from the company's; give one under {server.base_domain}")
        return ""

    def taken(self, domain: str, server: PbxServer) -> str | None:
        if self.others().filter(domain=domain).exists():
            return f"{domain} is in another order"
        there = ServerDomain.objects.filter(server=server, name=domain)
        if self.instead_of:
            there = there.exclude(uuid=self.instead_of.domain_uuid)
        if there.exists():
            return f"{domain} exists on {server.name} already"
        return None

    def admin(self) -> None:
        admin = self.given.admin
        if admin.method == "invitation" and admin.password:
            self.fault("admin.password", "is not given with an invitation")
        if (
            admin.method == "password"
            and not admin.password
            and not (self.instead_of and self.instead_of.secrets.get("admin_password"))
        ):
            self.fault("admin.password", "is required")
        kept = self.instead_of.secrets.get("admin_password") if self.instead_of else None
        if admin.password and admin.password != kept:
            given = self.given
            cause = passwords.weakness(admin.password, admin.email or given.email, admin.username, (given.contact, given.company))
            if cause:
                self.fault("admin.password", cause)

    def client(self) -> User | None:
        if not self.given.client:
            return None
        found = User.by_address(self.given.client).filter(role=Role.CLIENT, is_active=True).first()
        if found is None:
            self.fault("client", f"there is no client {self.given.client}")
        return found


def check(
    given: OrderInput,
    actor: Actor,
    instead_of: Order | None = None,
    change: Amendment | None = None,
    offer: Offer | None = None,
    reason: str = "",
    number_price: NumberPrice | None = None,
) -> Checked:
    """An order checked against everything that is known. Raises Refused with all faults; nothing is written.

    Parameters: given; actor, who asks: the rules differ by role (field_rules); instead_of, the order that it corrects, and
    change, what is corrected; offer, the number that is to be bought, where one is, and number_price, what it costs; reason,
    for a correction.
    """
    one = _Check(given, actor, instead_of)
    server, term = one.server(), one.term()
    lines = one.lines(term)
    provider = one.provider(lines)
    regulated = one.number(provider, offer)
    products = [product for line in lines for product, _, _ in line.contents()]
    given_classes = sorted({name for product in products for name in product.toll_allow})
    classes = tuple(instead_of.toll_classes if instead_of else given_classes)
    one.permitted(change, server, lines, classes, reason)
    seats, first = one.seats(lines, server, provider)
    domain = one.domain(server) if server else ""
    one.admin()
    client = one.client()
    if given.reference and instead_of is None and Order.objects.filter(reference=given.reference).exists():
        one.fault("reference", f"{given.reference} was placed already")
    if one.faults or server is None:
        raise Refused(one.faults)
    recorded = next((product.record or "all" for product in products if product.feature == "call-recording"), "")
    return Checked(
        given, server, lines, domain, seats, first, provider, term, client,
        record=instead_of.record if instead_of else recorded,
        toll_classes=classes,
        regulated=regulated,
        auto_run=bool(lines) and _runs_by_itself(lines, provider),
        summary=_summary(lines, term, instead_of, number_price),
    )  # fmt: skip


def _summary(lines: list[Line], term: BillingTerm | None, held: Order | None, number: NumberPrice | None) -> Summary:
    """The price of what is ordered; a correction keeps what was agreed, but for another number."""
    if held is None:
        return priced.summarize([priced.Ordered(line.thing, line.quantity, line.price) for line in lines], term, number)
    return held.summary.with_number(number.line()) if number else held.summary


def asked_of(actor: Actor, server: PbxServer | None, **more: Any) -> field_rules.Asked:
    """What the field rules look at, of somebody who orders on a server. more: further fields of Asked."""
    if server is None:
        return field_rules.Asked(actor, **more)
    above = server.host_variables.get("fusionpbx_allow_superadmin") is True
    return field_rules.Asked(actor, server.base_domain, server.language, above, machines(), **more)


def machines() -> frozenset[str]:
    """Host names and base domains of all PBX servers: no tenant is called so."""
    rows = PbxServer.objects.values_list("base_domain", "host_variables")
    return frozenset(name for base, variables in rows for name in (base, str(variables.get("ansible_host", "")).lower()))


def packaged(lines: Iterable[Line]) -> int:
    """The seats that products give."""
    return sum(product.seats * quantity for line in lines for product, _, quantity in line.contents())


def _held(order: Order) -> dict[str, Any]:
    """What an order holds, by the paths of an amendment."""
    plain = ("company", "contact", "email", "phone", "number", "domain", "seats", "first_extension")
    admin = {f"admin.{name}": getattr(order, f"admin_{name}") for name in ("username", "method", "email", "group")}
    return {
        **{name: getattr(order, name) for name in plain},
        **admin,
        "admin.time_zone": order.time_zone,
        "admin.language": order.language,
        "server": order.server.slug,
    }


def free_domain(company: str, wanted: str | None, server: PbxServer, actor: Actor) -> tuple[str, list[Fault]]:
    """A tenant's domain on a server, made of the company's name where none is wanted, and what stands against it."""
    given = OrderInput.model_construct(company=company, contact="", email="", phone="", items=[], domain=wanted)
    one = _Check(given, actor, None)
    if wanted:
        cause = field_rules.cause("domain", asked_of(actor, server), wanted)
        if cause:
            one.fault("domain", cause)
    return one.domain(server), one.faults


def _runs_by_itself(lines: list[Line], provider: ProviderAccount | None) -> bool:
    """True when the provider says so, or each thing ordered does."""
    if provider is not None and provider.auto_run:
        return True
    return all(line.thing.auto_run for line in lines)


def label(company: str) -> str:
    """A company's name as the first label of a domain: Café Ünlü & Co. becomes cafe-unlu-co."""
    plain = unicodedata.normalize("NFKD", company).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_LABEL].strip("-")
    return words or "tenant"
