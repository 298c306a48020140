# SPDX-License-Identifier: GPL-3.0-or-later
"""Which provider account a product is bought at: the rules, their priority, and why.

Priority: the rule of the group (for standalone products alone), then of the product, then of the bundle. A group's rule
leaves products inside bundles out, as the bulk mapping by group of the older system did.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from voipbox.core.errors import Fault, Refused
from voipbox.providers.models import ProviderAccount

from .models import Bundle, Kind, Mapping, Product, ProductGroup

# Drivers that a kind of number may be bought at; any other driver of the program is for trying or brings its own trunk.
_FIRST_AND_SECOND = {"voipms": Kind.NUMBER_FIRST, "didww": Kind.NUMBER_SECOND}


class State(enum.StrEnum):
    """How a product stands."""

    DEFAULT = "Default"
    MAPPED = "Mapped"
    INVALID = "Invalid"


@dataclass
class Decision:
    """What was decided for a product and why.

    rule: "group SLUG", "product SLUG" or "bundle SLUG", empty where no rule applies; steps: what was looked at, in order.
    """

    state: State
    account: ProviderAccount | None = None
    rule: str = ""
    steps: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """One sentence."""
        return self.steps[-1] if self.steps else ""


def explain(product: Product, bundle: Bundle | None = None) -> Decision:
    """Which account a product is bought at, ordered alone or as part of a bundle."""
    decision = Decision(State.DEFAULT)
    bundles = [bundle] if bundle else list(product.bundles.all())
    group_rule = Mapping.objects.filter(group_id=product.group_id).select_related("account").first()
    if group_rule is None:
        decision.steps.append(f"The group {product.group.slug} has no rule.")
    elif bundles:
        decision.steps.append(
            f"The rule of the group {product.group.slug} is for standalone products; {product.slug} is in {_slugs(bundles)}."
        )
    else:
        return _decided(decision, group_rule, f"group {product.group.slug}")
    product_rule = Mapping.objects.filter(product=product).select_related("account").first()
    if product_rule:
        return _decided(decision, product_rule, f"product {product.slug}")
    decision.steps.append(f"The product {product.slug} has no rule.")
    return _by_bundles(decision, product, bundles)


def _by_bundles(decision: Decision, product: Product, bundles: list[Bundle]) -> Decision:
    rules = list(Mapping.objects.filter(bundle__in=bundles).select_related("account", "bundle").order_by("bundle__slug"))
    accounts = {rule.account_slug for rule in rules}
    if len(accounts) > 1:
        decision.state = State.INVALID
        decision.steps.append(f"Its bundles say different accounts ({', '.join(sorted(accounts))}): map the product itself.")
        return decision
    if rules:
        assert rules[0].bundle is not None
        return _decided(decision, rules[0], f"bundle {rules[0].bundle.slug}")
    decision.steps.append(
        f"No rule maps {product.slug} to a provider." if not bundles else f"Neither do {_slugs(bundles)} have one."
    )
    return decision


def _decided(decision: Decision, rule: Mapping, name: str) -> Decision:
    decision.rule = name
    if rule.account is None:
        decision.state = State.INVALID
        decision.steps.append(f"The rule of the {name} names the account {rule.account_slug}, which was deleted.")
    elif not rule.account.active:
        decision.state = State.INVALID
        decision.steps.append(f"The rule of the {name} names the account {rule.account_slug}, which is switched off.")
    else:
        decision.state = State.MAPPED
        decision.account = rule.account
        decision.steps.append(f"The rule of the {name} decides: {rule.account.slug} ({rule.account.name}).")
    return decision


def _slugs(bundles: Iterable[Bundle]) -> str:
    return "the bundles " + ", ".join(sorted(bundle.slug for bundle in bundles))


def map_bundle(bundle: Bundle, account: ProviderAccount) -> Mapping:
    """Map a bundle and with it all its products, also those that join it later. Raises Refused."""
    _refuse_unfit([item.product for item in bundle.items.select_related("product")], account)
    return _put(account, bundle=bundle)


def map_group(group: ProductGroup, account: ProviderAccount) -> Mapping:
    """Map the standalone products of a group; those inside bundles are left out. Raises Refused."""
    _refuse_unfit(standalone(group), account)
    return _put(account, group=group)


def map_product(product: Product, account: ProviderAccount) -> Mapping:
    """Map one product. Raises Refused."""
    _refuse_unfit([product], account)
    return _put(account, product=product)


def unmap(target: ProductGroup | Product | Bundle) -> bool:
    """Take the rule of a group, product or bundle away; False when there was none."""
    return Mapping.objects.filter(**{_name(target): target}).delete()[0] > 0


def standalone(group: ProductGroup) -> list[Product]:
    """The products of a group that are in no bundle."""
    return list(group.products.filter(bundles__isnull=True))


def _put(account: ProviderAccount, **target: Any) -> Mapping:
    with transaction.atomic():
        mapping, _ = Mapping.objects.update_or_create(**target, defaults={"account": account, "account_slug": account.slug})
    return mapping


def _name(target: ProductGroup | Product | Bundle) -> str:
    return {ProductGroup: "group", Product: "product", Bundle: "bundle"}[type(target)]


def _refuse_unfit(products: Iterable[Product], account: ProviderAccount) -> None:
    """A number of the first provider is not bought at the second one."""
    kind = _FIRST_AND_SECOND.get(account.driver)
    unfit = [product for product in products if kind and Kind(product.kind).is_number and product.kind != kind]
    if unfit:
        raise Refused([Fault(f"product {product.slug}", f"is no number of {account.name}'s provider") for product in unfit])
