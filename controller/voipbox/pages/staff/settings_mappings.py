# SPDX-License-Identifier: GPL-3.0-or-later
"""Which provider each product is bought at: rules by group, product and bundle, and why each product stands as it does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from voipbox.api import catalog_acts
from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import KIND_LABELS, Bundle, Kind, Mapping, Product, ProductGroup
from voipbox.core.errors import Refused
from voipbox.core.people import Role
from voipbox.providers.models import ProviderAccount

from ..access import actor_of, administrator_only, back, staff_only

_COLOURS = {State.DEFAULT: "gray", State.MAPPED: "green", State.INVALID: "red"}


@require_safe
@staff_only
def listing(request: HttpRequest) -> HttpResponse:
    """The table, filtered by what the address says."""
    chosen = {name: request.GET.get(name, "")[:100] for name in ("q", "state", "group", "kind")}
    rows = [_row(product) for product in _products(chosen)]
    rows = [row for row in rows if not chosen["state"] or row["decision"].state.value == chosen["state"]]
    content = {
        "rows": rows,
        "chosen": chosen,
        "states": [state.value for state in State],
        "kinds": [(kind.value, label) for kind, label in KIND_LABELS.items()],
        "groups": list(ProductGroup.objects.values_list("slug", "name")),
        "products": list(Product.objects.values_list("slug", "name")),
        "bundles": list(Bundle.objects.values_list("slug", "name")),
        "accounts": list(ProviderAccount.objects.order_by("slug").values_list("slug", "name")),
        "rules": list(Mapping.objects.select_related("group", "product", "bundle", "account").order_by("pk")),
        "editing": actor_of(request).role == Role.ADMINISTRATOR,
    }
    return render(request, "pages/staff/settings/mappings.html", content)


@require_POST
@administrator_only
def put(request: HttpRequest) -> HttpResponse:
    """Map a group, product or bundle, or take its rule away."""
    try:
        said = catalog_acts.put_mapping(
            request.POST.get("kind", ""), request.POST.get("slug", ""), request.POST.get("account", ""), actor_of(request)
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return back(request, reverse("staff:mappings"))


def _products(chosen: dict[str, str]) -> list[Product]:
    products = Product.objects.select_related("group").prefetch_related("bundles")
    if chosen["q"]:
        products = products.filter(name__icontains=chosen["q"].replace("\x00", "")) | products.filter(
            slug__icontains=chosen["q"].replace("\x00", "")
        )
    if chosen["group"]:
        products = products.filter(group__slug=chosen["group"].replace("\x00", ""))
    if chosen["kind"]:
        products = products.filter(kind=chosen["kind"].replace("\x00", ""))
    return list(products)


def _row(product: Product) -> dict[str, Any]:
    decision = explain(product)
    return {
        "product": product,
        "kind": KIND_LABELS[Kind(product.kind)],
        "bundles": [bundle.name for bundle in product.bundles.all()],
        "decision": decision,
        "colour": _COLOURS[decision.state],
    }
