# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from voipbox.catalog import exchange, mapping
from voipbox.catalog.models import Bundle, Product, ProductGroup
from voipbox.core.errors import Fault, NotAllowed, NotThere, Refused
from voipbox.providers.models import ProviderAccount

from . import render, shapes
from .bearer import actor_with
from .order_routes import _REFUSALS

router = Router()
_MODELS: dict[str, Any] = {"group": ProductGroup, "product": Product, "bundle": Bundle}
_AS_YAML = {
    "responses": {
        200: {"description": "OK", "content": {"application/yaml": {"schema": {"type": "object", "title": "Catalog"}}}},
    }
}
_MAP: dict[str, Any] = {"group": mapping.map_group, "product": mapping.map_product, "bundle": mapping.map_bundle}


@router.get("", response={200: shapes.CatalogOut, **_REFUSALS}, summary="What can be ordered")
def show(request: HttpRequest) -> Any:
    """Products and bundles; staff see where each product is bought and which rule decided."""
    actor = actor_with(request, "catalog:read")
    products = Product.objects.filter(active=True).select_related("group").prefetch_related("prices__term", "bundles")
    bundles = Bundle.objects.filter(active=True).prefetch_related("items__product", "prices__term")
    return {"products": [render.product(row, actor) for row in products], "bundles": [render.bundle(row) for row in bundles]}


@router.get("/document", response=_REFUSALS, openapi_extra=_AS_YAML, summary="The whole catalog as YAML")
def document(request: HttpRequest) -> HttpResponse:
    """For staff; it can be changed and imported again."""
    actor = actor_with(request, "catalog:read")
    if not actor.is_staff:
        raise NotAllowed("The whole catalog is for staff.")
    return HttpResponse(exchange.dump(), content_type="application/yaml")


@router.put("/document", response={200: shapes.Lines, **_REFUSALS}, summary="Bring the catalog to a YAML document")
def load(request: HttpRequest, given: shapes.CatalogIn) -> Any:
    """Whole or not at all; nothing is ever deleted."""
    actor_with(request, "catalog:write")
    return {"lines": exchange.load(exchange.parse(given.yaml), given.dry_run)}


@router.post("/mappings", response={200: shapes.Lines, **_REFUSALS}, summary="Map a group, a product or a bundle")
def put(request: HttpRequest, given: shapes.MapIn) -> Any:
    """To a provider account, or to none."""
    actor_with(request, "catalog:write")
    target = _MODELS[given.kind].objects.filter(slug=given.slug).first()
    if target is None:
        raise NotThere(f"There is no such {given.kind}.")
    if given.account is None:
        return {"lines": ["the mapping is gone" if mapping.unmap(target) else "there was no mapping"]}
    account = ProviderAccount.objects.filter(slug=given.account).first()
    if account is None:
        raise Refused([Fault("account", "there is no such account")])
    _MAP[given.kind](target, account)
    return {"lines": [f"{given.kind} {target.slug} is mapped to {account.slug}"]}
