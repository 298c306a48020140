# SPDX-License-Identifier: GPL-3.0-or-later
"""Import and export of the catalog as YAML. An import is whole or not at all; a second one changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from django.core.exceptions import ValidationError as ModelError
from django.db import models, transaction
from pydantic import ValidationError

from voipbox.core.errors import Fault, Refused
from voipbox.providers.drivers import DRIVERS
from voipbox.providers.models import ProviderAccount

from . import mapping
from .document import CatalogDocument, PriceDocument
from .models import BillingTerm, Bundle, BundleItem, Mapping, PbxServer, Price, Product, ProductGroup

_LARGEST = 4 * 1024 * 1024


def faults_of(error: ValidationError) -> list[Fault]:
    """What pydantic found, as field paths and causes, without the values."""
    return [
        Fault(".".join(str(part) for part in item["loc"]) or "document", item["msg"])
        for item in error.errors(include_input=False)
    ]


def parse(text: str) -> CatalogDocument:
    """The document in a YAML text. Raises Refused with every fault."""
    if len(text) > _LARGEST:
        raise Refused([Fault("document", "larger than 4 MiB")])
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a date that none is, is a ValueError
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise Refused([Fault("document", f"is not valid YAML{place}")]) from None
    try:
        document = CatalogDocument.model_validate(content if content is not None else {})
    except ValidationError as error:
        raise Refused(faults_of(error)) from None
    twice = [
        Fault(f"{section}.{slug}", "stands twice")
        for section in ("accounts", "servers", "terms", "groups", "products", "bundles")
        for slug in _repeated([entry.slug for entry in getattr(document, section)])
    ]
    unknown = [
        Fault(f"accounts.{account.slug}.driver", f"there is no driver {account.driver}; there are {', '.join(sorted(DRIVERS))}")
        for account in document.accounts
        if account.driver not in DRIVERS
    ]
    if twice or unknown:
        raise Refused(twice + unknown)
    return document


def load(document: CatalogDocument, dry_run: bool = False) -> list[str]:
    """Bring the catalog to the document; returns a line for each thing created or changed. Raises Refused."""
    with transaction.atomic():
        importer = _Importer()
        importer.run(document)
        if dry_run:
            transaction.set_rollback(True)
    return importer.lines


class _Importer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def run(self, document: CatalogDocument) -> None:
        for account in document.accounts:
            values = account.model_dump(exclude={"slug"})
            if values["outbound"] is None:
                values.pop("outbound")
            self._put(ProviderAccount, account.slug, values)
        if any(server.default for server in document.servers):
            PbxServer.objects.filter(default=True).exclude(slug__in=[s.slug for s in document.servers if s.default]).update(
                default=False
            )
        for server in document.servers:
            self._put(PbxServer, server.slug, server.model_dump(exclude={"slug"}))
        for term in document.terms:
            self._put(BillingTerm, term.slug, term.model_dump(exclude={"slug"}))
        for group in document.groups:
            self._put(ProductGroup, group.slug, group.model_dump(exclude={"slug"}))
        for product in document.products:
            values = product.model_dump(exclude={"slug", "group", "prices"})
            values["group"] = _find(ProductGroup, product.group, f"products.{product.slug}.group")
            self._prices(product.prices, product=self._put(Product, product.slug, values))
        for bundle in document.bundles:
            row = self._put(Bundle, bundle.slug, bundle.model_dump(exclude={"slug", "items", "prices"}))
            self._items(row, {item.product: item.quantity for item in bundle.items})
            self._prices(bundle.prices, bundle=row)
        self._mappings(document)

    def _put(self, model: Any, slug: str, values: dict[str, Any]) -> Any:
        row = model.objects.filter(slug=slug).first()
        created = row is None
        row = row or model(slug=slug)
        changed = sorted(name for name, value in values.items() if created or getattr(row, name) != value)
        for name in changed:
            setattr(row, name, values[name])
        if changed or created:
            _clean(row, f"{model._meta.verbose_name} {slug}")
            row.save()
            self.lines.append(
                f"created {model._meta.verbose_name} {slug}"
                if created
                else f"changed {model._meta.verbose_name} {slug}: {', '.join(changed)}"
            )
        return row

    def _items(self, bundle: Bundle, wanted: dict[str, int]) -> None:
        products = {slug: _find(Product, slug, f"bundles.{bundle.slug}.items") for slug in wanted}
        present = {item.product.slug: item for item in bundle.items.select_related("product")}
        if {slug: item.quantity for slug, item in present.items()} == wanted:
            return
        bundle.items.exclude(product__slug__in=wanted).delete()
        for slug, quantity in wanted.items():
            BundleItem.objects.update_or_create(bundle=bundle, product=products[slug], defaults={"quantity": quantity})
        self.lines.append(f"changed what the bundle {bundle.slug} holds")

    def _prices(self, prices: Sequence[PriceDocument], **target: Product | Bundle) -> None:
        name = " ".join(f"{kind} {thing.slug}" for kind, thing in target.items())
        for price in prices:
            term = _find(BillingTerm, price.term, f"{name}.prices.term")
            values = {"setup": price.setup, "recurring": price.recurring}
            row = Price.objects.filter(**target, term=term, currency=price.currency).first()
            if price.state == "absent":
                if row is not None:
                    row.delete()
                    self.lines.append(f"took away the price of {name}, {price.term}, {price.currency}")
                continue
            if row is None:
                Price.objects.create(**target, term=term, currency=price.currency, **values)
            elif any(getattr(row, field) != value for field, value in values.items()):
                Price.objects.filter(pk=row.pk).update(**values)
            else:
                continue
            self.lines.append(f"set the price of {name}, {price.term}, {price.currency}")

    def _mappings(self, document: CatalogDocument) -> None:
        kinds: tuple[tuple[str, Any, Any], ...] = (
            ("group", ProductGroup, mapping.map_group),
            ("product", Product, mapping.map_product),
            ("bundle", Bundle, mapping.map_bundle),
        )
        for kind, model, put in kinds:
            for slug, account_slug in getattr(document.mappings, f"{kind}s").items():
                target = _find(model, slug, f"mappings.{kind}s")
                account = _find(ProviderAccount, account_slug, f"mappings.{kind}s.{slug}")
                current = Mapping.objects.filter(**{kind: target}).first()
                if current is None or current.account_id != account.pk:
                    put(target, account)
                    self.lines.append(f"mapped {kind} {slug} to {account_slug}")


def dump() -> str:
    """The catalog as YAML, in the shape that load() takes; no credentials, no secret variables."""
    document = CatalogDocument.model_validate(
        {
            "accounts": [_fields(row, CatalogDocument, "accounts") for row in ProviderAccount.objects.order_by("slug")],
            "servers": [_fields(row, CatalogDocument, "servers") for row in PbxServer.objects.order_by("slug")],
            "terms": [_fields(row, CatalogDocument, "terms") for row in BillingTerm.objects.all()],
            "groups": [_fields(row, CatalogDocument, "groups") for row in ProductGroup.objects.all()],
            "products": [
                {**_fields(row, CatalogDocument, "products"), "group": row.group.slug, "prices": _prices_of(row)}
                for row in Product.objects.select_related("group").prefetch_related("prices__term")
            ],
            "bundles": [
                {
                    **_fields(row, CatalogDocument, "bundles"),
                    "items": [
                        {"product": i.product.slug, "quantity": i.quantity}
                        for i in row.items.select_related("product").order_by("product__slug")
                    ],
                    "prices": _prices_of(row),
                }
                for row in Bundle.objects.prefetch_related("prices__term")
            ],
            "mappings": {
                f"{kind}s": {
                    getattr(rule, kind).slug: rule.account_slug
                    for rule in Mapping.objects.filter(**{f"{kind}__isnull": False, "account__isnull": False}).select_related(
                        kind
                    )
                }
                for kind in ("group", "product", "bundle")
            },
        }
    )
    return yaml.safe_dump(document.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _fields(row: models.Model, document: type[CatalogDocument], section: str) -> dict[str, Any]:
    part = document.model_fields[section].annotation.__args__[0]  # type: ignore[union-attr] # list[Part]
    skipped = {"group", "prices", "items"}
    return {name: getattr(row, name) for name in part.model_fields if name not in skipped}


def _prices_of(row: Product | Bundle) -> list[dict[str, Any]]:
    return [
        {
            "term": price.term.slug,
            "currency": price.currency,
            "setup": price.setup.normalize(),
            "recurring": price.recurring.normalize(),
        }
        for price in row.prices.all()
    ]


def _find(model: Any, slug: str, where: str) -> Any:
    row = model.objects.filter(slug=slug).first()
    if row is None:
        raise Refused([Fault(where, f"there is no {model._meta.verbose_name} {slug}")])
    return row


def _clean(row: Any, name: str) -> None:
    try:
        row.full_clean()
    except ModelError as error:
        raise Refused(
            [Fault(f"{name}.{field}".replace(".__all__", ""), " ".join(causes)) for field, causes in error.message_dict.items()]
        ) from None


def _repeated(slugs: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({slug for slug in slugs if slug in seen or seen.add(slug)})  # type: ignore[func-returns-value] # add() gives None
