# SPDX-License-Identifier: GPL-3.0-or-later
"""The step in which a number is searched, chosen and held."""

from __future__ import annotations

from typing import Any, cast

from django import forms as django_forms
from django.http import HttpRequest

from voipbox.core.errors import Fault, Refused
from voipbox.numbers import holds, offers
from voipbox.numbers import search as numbers_search
from voipbox.orders.models import Draft
from voipbox.providers.drivers import driver_class, open_driver
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.protocol import Regulated
from voipbox.providers.records import Offer
from voipbox.regulatory import needs

from .. import forms
from . import content, search
from .content import Content
from .step import Step


class NumberForm(forms.PageForm):
    """A row of the result, or what to do with the number that is held."""

    offer = django_forms.CharField(label="Number", max_length=8000, required=False)
    do = django_forms.ChoiceField(choices=[(name, name) for name in ("choose", "extend", "release", "continue")])


class NumberStep(Step):
    """The number, bought at a provider."""

    slug = "number"
    title = "Number"
    section = content.NUMBER
    template = "client/checkout/number.html"

    def applies(self, content: Content) -> bool:
        """Where numbers are bought."""
        return content.buys

    def complete(self, content: Content) -> bool:
        """While the chosen number is held."""
        return content.has(self.section) and content.hold is not None

    def form(self, content: Content, request: HttpRequest) -> NumberForm:
        """Nothing but buttons."""
        return NumberForm(request.POST) if request.method == "POST" else NumberForm()

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """What is held, and the search."""
        assert content.account is not None  # applies() said so
        kept = content.section(self.section)
        lapsed = bool(kept) and content.hold is None
        return {
            "hold": content.hold,
            "kept": kept,
            "lapsed": lapsed,
            "again": _again(kept) if lapsed else "",
            "found": search.run(request, content.account, content.owner),
        }

    def save(self, content: Content, form: NumberForm, seen: int | None) -> Draft | None:
        """Choose, extend or release a number; or go on with the one that is held."""
        account, do = content.account, form.cleaned_data["do"]
        assert account is not None
        try:
            if do == "choose":
                return self._choose(content, account, form.cleaned_data["offer"], seen)
            if content.hold is None:
                raise Refused([Fault("number", "is held no longer; choose one")])
            if do == "extend":
                holds.extend(content.hold)
            elif do == "release":
                holds.drop(content.hold)
                return self.keep(content, {}, None)
        except Refused as error:
            form.show(Fault("", fault.cause) for fault in error.faults)
        except ProviderError as error:
            form.add_error(None, "The provider could not be asked. Nothing was ordered; try again in a moment.")
            if content.user.is_staff:
                form.add_error(None, error.sentence)
        else:
            return content.draft
        return None

    def stays(self, form: NumberForm) -> bool:
        """True when the page follows itself: only continue leads on."""
        return str(form.cleaned_data["do"]) != "continue"

    def _choose(self, content: Content, account: ProviderAccount, key: str, seen: int | None) -> Draft:
        if not key:
            raise Refused([Fault("number", "Choose a number first")])
        offer, capacity_id = search.unsign(key)
        hold = holds.take(account, offer, content.owner, capacity_id)
        quote = numbers_search.quote(account, offer, hold.capacity_id)
        if not quote.available:
            holds.drop(hold)
            raise Refused([Fault("number", f"{offer.number or 'It'} is gone meanwhile; choose another one")])
        wanted = _requirements(account, offer)
        values = {
            "number": offer.number,
            "capacity": hold.capacity_id,
            "capacity_label": hold.capacity.label,
            "place": search.place_of(offer),
            "quote": offers.quote_to_json(quote),
            "offer": offers.offer_to_json(offer),
            "regulated": offer.regulated,
            "requirements": wanted,
        }
        return self.keep(content, values, seen)


def _again(kept: dict[str, Any]) -> str:
    return search.sign(offers.offer_from_json(kept["offer"]), kept["capacity"]) if kept.get("offer") else ""


def _requirements(account: ProviderAccount, offer: Offer) -> dict[str, Any]:
    """What the provider wants to know about the user of a number."""
    if not offer.regulated or not driver_class(account.driver).regulates:
        return {}
    with open_driver(account) as driver:
        found = cast("Regulated", driver).requirements(offer)
    return needs.pack(found) if found else {}
