# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, products and bundles with their prices; each form is a small catalog document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from voipbox.api import catalog_acts
from voipbox.catalog.document import CatalogDocument
from voipbox.catalog.models import FEATURES, KIND_LABELS, BillingTerm, Bundle, Product, ProductGroup
from voipbox.core.errors import Fault, NotThere, Refused
from voipbox.core.people import Role

from ..access import actor_of, administrator_only, staff_only
from .forms import Field, answer, as_text, content, given, page, validated

_PARENT = ("Products", "staff:catalog")
_MODELS: dict[str, Any] = {"group": ProductGroup, "product": Product, "bundle": Bundle}
_RECORD = (("", "No"), ("all", "All calls"), ("local", "Local"), ("inbound", "Inbound"), ("outbound", "Outbound"))


@require_safe
@staff_only
def listing(request: HttpRequest) -> HttpResponse:
    """Everything that can be ordered."""
    shown = {
        "groups": list(ProductGroup.objects.all()),
        "products": list(Product.objects.select_related("group").prefetch_related("prices__term")),
        "bundles": list(Bundle.objects.prefetch_related("items__product", "prices__term")),
        "terms": list(BillingTerm.objects.all()),
        "kinds": {kind.value: label for kind, label in KIND_LABELS.items()},
        "editing": actor_of(request).role == Role.ADMINISTRATOR,
    }
    return render(request, "pages/staff/settings/catalog.html", shown)


@require_http_methods(["GET", "POST"])
@administrator_only
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """A new group, product or bundle."""
    if kind not in _MODELS:
        raise NotThere("There is no such page.")
    return _edit(request, kind, _MODELS[kind](), f"New {kind}")


@require_http_methods(["GET", "POST"])
@administrator_only
def edit(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """Change one."""
    row = _MODELS[kind].objects.filter(slug=slug).first() if kind in _MODELS else None
    if row is None:
        raise NotThere(f"There is no such {kind}.")
    return _edit(request, kind, row, row.name)


def _edit(request: HttpRequest, kind: str, row: Any, title: str) -> HttpResponse:
    fields = _fields(kind, row)
    if request.method == "GET":
        return page(request, title, _PARENT, fields, _values(kind, row, fields))
    values = given(fields, request.POST)
    slug = row.slug or values["slug"].strip()

    def act() -> None:
        if row.pk is None and _MODELS[kind].objects.filter(slug=slug).exists():
            raise Refused([Fault("slug", "is there already")])
        document = {**content([each for each in fields if not each.fixed], values), "slug": slug}
        if "items" in document:
            document["items"] = [_items("items", line) for line in document["items"]]
        catalog_acts.load(validated(CatalogDocument, {f"{kind}s": [document]}), actor_of(request))

    error = answer(act)
    if error is not None:
        return page(request, title, _PARENT, fields, values, error)
    messages.success(request, f"{values['name']} is stored.")
    return redirect("staff:catalog")


def _values(kind: str, row: Any, fields: list[Field]) -> dict[str, str]:
    values = as_text([each for each in fields if each.name not in ("prices", "items", "group")], row)
    if row.pk and kind == "product":
        values["group"] = row.group.slug
    if row.pk and kind in ("product", "bundle"):
        values["prices"] = "\n".join(
            "\t".join(
                (price.term.slug, price.currency, f"{price.setup.normalize():f}", f"{price.recurring.normalize():f}", "present")
            )
            for price in row.prices.select_related("term").order_by("term__months", "currency")
        )
    if row.pk and kind == "bundle":
        items = row.items.select_related("product").order_by("product__slug")
        values["items"] = "\n".join(f"{item.product.slug} {item.quantity}" for item in items)
    return values


def _fields(kind: str, row: Any) -> list[Field]:
    head = [
        Field("slug", "Short name", help="Small letters, digits and dashes.", required=True, fixed=bool(row.pk)),
        Field("name", "Name", required=True),
        Field("description", "Description"),
    ]
    if kind == "group":
        return [*head, Field("position", "Place on the shelf", "number")]
    tail = [
        Field("active", "Can be ordered", "flag"),
        Field("auto_run", "Approve orders on arrival", "flag"),
        Field("prices", "Prices", "prices", choices=tuple(BillingTerm.objects.order_by("months").values_list("slug", "name"))),
    ]
    if kind == "bundle":
        return [*head, Field("items", "Products", "lines", "One a line with how many, such as office-5 1.", required=True), *tail]
    groups = tuple(ProductGroup.objects.values_list("slug", "name"))
    return [
        *head,
        Field("group", "Group", "choice", choices=groups, required=True),
        Field("kind", "Kind", "choice", choices=[(one.value, label) for one, label in KIND_LABELS.items()], required=True),
        Field("seats", "Extensions", "number", "Of an extension package; 0 otherwise."),
        Field("feature", "Feature", "choice", choices=[("", "None"), *FEATURES.items()]),
        Field("record", "Records calls", "choice", choices=_RECORD),
        Field("toll_allow", "Toll classes", "lines", "Classes of calls that it opens, one a line, such as international."),
        *tail,
    ]


def _items(name: str, line: str) -> dict[str, str]:
    words = line.split()
    if len(words) not in (1, 2):
        raise Refused([Fault(name, f"{line} is not a product and how many")])
    return {"product": words[0], "quantity": words[1] if len(words) > 1 else "1"}
