# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers over the API: search by product, the purchase ledger, findings, usage."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import Product
from voipbox.core.errors import Fault, NotAllowed, Refused
from voipbox.core.people import Actor
from voipbox.numbers import decisions, search, usage
from voipbox.numbers.models import Finding, Purchase
from voipbox.providers.drivers import buys
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Capacity, LocationKind, Offer, Search

from . import number_shapes as shapes
from .bearer import actor_with
from .order_routes import _REFUSALS
from .shapes import ActionIn

router = Router()
Key = Annotated[int, Path(ge=1, le=2**53)]
Slug = Annotated[str, Query(max_length=50, pattern=r"^[a-z0-9-]+$", description="Slug of a number product.")]
PlaceId = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
_LISTED = 200


@router.get("/places", response={200: list[shapes.PlaceOut], **_REFUSALS}, summary="Places that have numbers")
def places(request: HttpRequest, product: Slug, kind: LocationKind, parent: PlaceId = "") -> Any:
    """Countries, regions or cities in which numbers of a product can be found; parent is the id of the place around them."""
    actor_with(request, "orders:place")
    return search.places(_account(product), kind, parent)


@router.get("/offers", response={200: list[shapes.OfferOut], **_REFUSALS}, summary="Numbers that can be ordered now")
def offers(
    request: HttpRequest,
    product: Slug,
    country: PlaceId,
    region: PlaceId = "",
    city: PlaceId = "",
    pattern: Annotated[
        str, Query(max_length=30, pattern=r"^[^\x00-\x1f\x7f]*$", description="Digits with a star, such as *555*, or letters.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Any:
    """Without those that somebody else holds or has ordered. Order one by its number and the id of a capacity."""
    actor_with(request, "orders:place")
    return [_offer(one) for one in search.find(_account(product), Search(country, region, city, pattern, limit=limit))]


@router.get("/purchases", response={200: list[shapes.PurchaseOut], **_REFUSALS}, summary="The purchase ledger")
def purchases(request: HttpRequest, order: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> Any:
    """For staff: attempts to buy a number, the newest first."""
    _staff(actor_with(request, "orders:read"))
    rows = Purchase.objects.select_related("account").order_by("-id")
    return [_purchase(row) for row in (rows.filter(order_id=order) if order else rows)[:_LISTED]]


@router.post("/purchases/{purchase_id}/settle", response={200: shapes.PurchaseOut, **_REFUSALS}, summary="Settle a purchase")
def settle(request: HttpRequest, purchase_id: Key, given: shapes.SettleIn) -> Any:
    """For staff: how a purchase ended that the program could not read back. That a number is ours is checked first."""
    actor = actor_with(request, "orders:act")
    return _purchase(decisions.settle_purchase(purchase_id, given.bought, actor, given.reason, given.number))


@router.get("/findings", response={200: list[shapes.FindingOut], **_REFUSALS}, summary="What reconcile found")
def findings(request: HttpRequest) -> Any:
    """For staff: numbers without a tenant, tenants without their number, what exists twice; each with what to do."""
    _staff(actor_with(request, "orders:read"))
    return [_finding(row) for row in Finding.objects.filter(settled_at=None).select_related("account")[:_LISTED]]


@router.post("/findings/{finding_id}/settle", response={200: shapes.FindingOut, **_REFUSALS}, summary="Settle a finding")
def settle_finding(request: HttpRequest, finding_id: Key, given: ActionIn) -> Any:
    """For staff: a finding was dealt with, and why."""
    actor = actor_with(request, "orders:act")
    return _finding(decisions.settle_finding(finding_id, actor, given.reason))


@router.get("/usage", response={200: shapes.UsageOut, **_REFUSALS}, summary="Calls and fees of a month")
def month(request: HttpRequest, month: Annotated[str, Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$")]) -> Any:
    """For staff: CSV with a line a tenant, provider, kind and currency, for billing."""
    _staff(actor_with(request, "orders:read"))
    return {"csv": usage.as_csv(month)}


def _account(slug: str) -> ProviderAccount:
    """The account that a product is bought at; which one it is stays inside."""
    product = Product.objects.filter(slug=slug, active=True).first()
    decision = explain(product) if product else None
    if decision is None or decision.state != State.MAPPED or decision.account is None or not buys(decision.account):
        raise Refused([Fault("product", f"{slug} is no product whose numbers can be searched")])
    return decision.account


def _staff(actor: Actor) -> None:
    if not actor.is_staff:
        raise NotAllowed("This is for staff.")


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        **{name: getattr(offer, name) for name in ("number", "country", "region", "city", "regulated", "restrictions")},
        "features": list(offer.features),
        "capacities": [_capacity(one) for one in offer.capacities],
    }


def _capacity(capacity: Capacity) -> dict[str, Any]:
    return {
        **{name: getattr(capacity, name) for name in ("id", "label", "channels", "currency")},
        "kind": str(capacity.kind),
        "setup": str(capacity.setup),
        "monthly": str(capacity.monthly),
        "per_minute": None if capacity.per_minute is None else str(capacity.per_minute),
    }


def _purchase(row: Purchase) -> dict[str, Any]:
    names = ("id", "number", "state", "reference", "words", "created_at", "sent_at", "next_look_at")
    return {**{name: getattr(row, name) for name in names}, "order": row.order_id, "account": row.account.slug}


def _finding(row: Finding) -> dict[str, Any]:
    names = ("id", "kind", "state", "number", "trunk", "words", "advice", "first_seen_at")
    return {**{name: getattr(row, name) for name in names}, "order": row.order_id, "account": row.account.slug}
