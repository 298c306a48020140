# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from voipbox.catalog import exchange
from voipbox.catalog.models import Bundle, Product
from voipbox.core.errors import NotAllowed

from . import catalog_acts, render, shapes
from .bearer import actor_with
from .order_routes import _REFUSALS

router = Router()
_AS_YAML = {
    "responses": {
        200: {"description": "OK", "content": {"application/yaml": {"schema": {"type": "object", "title": "Catalog"}}}},
    }
}


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
    actor, wanted = actor_with(request, "catalog:write"), exchange.parse(given.yaml)
    return {"lines": exchange.load(wanted, True) if given.dry_run else catalog_acts.load(wanted, actor)}


@router.post("/mappings", response={200: shapes.Lines, **_REFUSALS}, summary="Map a group, a product or a bundle")
def put(request: HttpRequest, given: shapes.MapIn) -> Any:
    """To a provider account, or to none."""
    actor = actor_with(request, "catalog:write")
    return {"lines": [catalog_acts.put_mapping(given.kind, given.slug, given.account or "", actor)]}
