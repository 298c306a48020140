# SPDX-License-Identifier: GPL-3.0-or-later
"""The last step: everything at a glance, and the button that orders."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from voipbox.core.errors import MoveRefused, Refused
from voipbox.core.models import User
from voipbox.core.people import Actor
from voipbox.numbers import offers, ordering
from voipbox.orders import drafts
from voipbox.orders.intake import OrderInput, parse
from voipbox.orders.models import Draft, Order
from voipbox.providers.errors import ProviderError
from voipbox.regulatory import registrations
from voipbox.regulatory.client_data import ClientData
from voipbox.regulatory.models import Registration

from .. import accounts, forms
from . import content, prices
from .content import Content
from .step import Step

_PRICE = ("setup", "monthly", "per_minute", "currency", "vat_rate")
_NUMBER_CHANGED = "The price of the number changed; the summary shows the new one. Nothing was ordered: look, then order."
_PRICE_CHANGED = (
    "The price changed since this page was shown; the summary shows the new one. Nothing was ordered: look, then order."
)
_NOT_ASKED = "The provider could not be asked for the price of the number. Nothing was ordered; try again in a moment."


class ReviewForm(forms.PageForm):
    """Nothing but the button."""


class ReviewStep(Step):
    """Look and order."""

    slug = "review"
    title = "Review"
    section = "review"
    template = "client/checkout/review.html"

    def complete(self, content: Content) -> bool:
        """Never: placing ends the draft."""
        return False

    def form(self, content: Content, request: HttpRequest) -> ReviewForm:
        """Bound, so that refusals can be shown."""
        return ReviewForm(request.POST) if request.method == "POST" else ReviewForm()

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """The sections, without secrets."""
        checked, faults = content.check()
        tenant, admin = content.section("tenant"), content.section("admin")
        first = int(tenant.get("first_extension") or 1)
        return {
            "company": content.section("company"),
            "number": {name: value for name, value in content.section("number").items() if name != "trunk"},
            "trunk_user": (content.section("number").get("trunk") or {}).get("username", ""),
            "registration": content.section("registration"),
            "tenant": {**tenant, "server_name": checked.server.name if checked else tenant.get("server", "")},
            "last_extension": first + int(tenant.get("seats") or 1) - 1,
            "admin": {name: value for name, value in admin.items() if name != "password"},
            "hold": content.hold,
            "faults": faults,
        }


def place(given: Content, form: ReviewForm, actor: Actor) -> Order | None:
    """Order what the draft says, once; None when it was refused, with the faults in the form. Raises NotAllowed."""
    try:
        order_input = parse(OrderInput, given.as_given(client=None if _is_new(given) else given.as_given()["client"]))
        prepared = ordering.prepare(order_input, actor, given.owner, given.hold)
    except Refused as error:
        form.show(error.faults)
        return None
    except MoveRefused as error:
        form.add_error(None, str(error))
        return None
    except ProviderError as error:
        form.add_error(None, f"{_NOT_ASKED} {error.sentence}" if given.user.is_staff else _NOT_ASKED)
        return None
    if prepared is not None and _dearer(given, offers.quote_to_json(prepared.quote)):
        form.add_error(None, _NUMBER_CHANGED)
        return None
    if form.data.get("price") != prices.summary(given).mark:
        form.add_error(None, _PRICE_CHANGED)
        return None

    def work(draft: Draft) -> Order:
        fresh = Content(draft, given.user)
        wanted = order_input.model_copy(update={"client": _invited(fresh, actor)}) if _is_new(fresh) else order_input
        order = ordering.commit(wanted, actor, "page", prepared, str(form.data.get("price", "")))
        _register(fresh, order, actor)
        return order

    try:
        return drafts.place(given.draft, work)
    except Refused as error:
        form.show(error.faults)
    except MoveRefused as error:
        form.add_error(None, str(error))
    ordering.forget(prepared)
    return None


def _dearer(given: Content, quote: dict[str, Any]) -> bool:
    """Whether the number costs something else than the page said; the page says it the next time."""
    kept = given.section(content.NUMBER)
    if not kept.get("quote") or all(kept["quote"].get(name) == quote[name] for name in _PRICE):
        return False
    drafts.write(given.draft, content.NUMBER, {**kept, "quote": quote})
    return True


def _is_new(given: Content) -> bool:
    """True when staff orders for a client who has no account yet."""
    return given.draft.client is None and bool(given.section(content.COMPANY).get("client"))


def _invited(given: Content, actor: Actor) -> str:
    company = given.section(content.COMPANY)
    user: User = accounts.invite(company["client"], company.get("contact", ""), actor)
    return user.email


def _register(given: Content, order: Order, actor: Actor) -> None:
    """Keep what was given about the user of a regulated number."""
    values = given.section(content.REGISTRATION)
    if not order.regulated or not values:
        return
    packed = given.section(content.NUMBER).get("requirements") or {}
    if packed:
        Registration.objects.update_or_create(order=order, defaults={"requirements": packed, "requirements_at": order.created_at})
    registrations.store(order.pk, parse(ClientData, values), actor)
