# SPDX-License-Identifier: GPL-3.0-or-later
"""The step in which products are chosen; also the storefront, before there is a draft."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, QueryDict

from voipbox.core.people import ACTING_STAFF
from voipbox.orders import drafts
from voipbox.orders.models import Draft

from .. import forms
from . import content, shelves
from .content import Content
from .shelves import Shelves
from .step import Step

_MOST = 20


class ProductsForm(forms.PageForm):
    """A bundle or a package, a number, features. It shows itself: choices are cards."""

    plan = django_forms.CharField(label="Plan", max_length=80, error_messages={"required": "Choose a plan."})
    quantity = django_forms.IntegerField(label="How many", min_value=1, max_value=_MOST, required=False)
    number = django_forms.CharField(label="Number", max_length=80, required=False)
    features = django_forms.MultipleChoiceField(label="Features", required=False)

    def __init__(self, stock: Shelves, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stock = stock
        self.fields["features"].choices = [(ware.key, ware.thing.name) for ware in stock.features]  # type: ignore[attr-defined] # a choice field

    def clean(self) -> dict[str, Any]:
        """Everything is on the shelves and can be ordered; what does not go together is left out."""
        data: dict[str, Any] = dict(self.cleaned_data)
        wares = self.stock.all()
        plan = self._ware("plan", [*self.stock.bundles, *self.stock.packages])
        number = self._ware("number", self.stock.numbers) if data.get("number") else None
        if plan is None or self.errors:
            return data
        features = [wares[key] for key in data.get("features") or []]
        items = [{plan.kind: plan.thing.slug, "quantity": (data.get("quantity") or 1) if plan.kind == "product" else 1}]
        if number is not None and not plan.has_number:
            items.append({"product": number.thing.slug})
        held = set(plan.contents)
        items += [{"product": ware.thing.slug} for ware in features if ware.orderable and ware.thing.name not in held]
        data["items"] = items
        return data

    def _ware(self, name: str, shelf: list[shelves.Ware]) -> shelves.Ware | None:
        key = self.cleaned_data.get(name)
        found = next((ware for ware in shelf if ware.key == key), None)
        if key and (found is None or not found.orderable):
            self.add_error(name, "This cannot be ordered at present; choose another one.")
            return None
        return found


class ProductsStep(Step):
    """What is ordered."""

    slug = "products"
    title = "Products"
    section = content.PRODUCTS
    template = "client/checkout/products.html"

    def form(self, content: Content, request: HttpRequest) -> ProductsForm:
        """The storefront with what was chosen."""
        stock = shelves.stock(term_of(request, content))
        return storefront(stock, request, chosen(content))

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """The shelves."""
        return {"tells_why": content.user.role in ACTING_STAFF}

    def save(self, content: Content, form: ProductsForm, seen: int | None) -> Draft | None:
        """Keep the choice; a number for a product that was taken away is let go."""
        return keep(content.draft, form, seen)


def keep(draft: Draft, form: ProductsForm, seen: int | None) -> Draft:
    """Write the choice of a valid form. Seats follow the package and a number its product, so those are asked for anew when
    something else is chosen. Raises as drafts.write does."""
    values = {"items": form.cleaned_data["items"], "term": form.stock.term.slug if form.stock.term else ""}
    before = drafts.section(draft, content.PRODUCTS)
    changed = bool(before) and before.get("items") != values["items"]
    return drafts.write(draft, content.PRODUCTS, values, seen, drop=(content.TENANT, content.NUMBER) if changed else ())


def storefront(stock: Shelves, request: HttpRequest, initial: dict[str, Any]) -> ProductsForm:
    """The form of the storefront: bound when something was sent."""
    if request.method == "POST":
        return ProductsForm(stock, request.POST)
    return ProductsForm(stock, initial=initial)


def wished(query: QueryDict) -> dict[str, Any]:
    """What a link to the storefront asks for."""
    quantity = query.get("quantity", "")
    return {
        "plan": query.get("plan", ""),
        "number": query.get("number", ""),
        "features": query.getlist("features"),
        "quantity": int(quantity) if quantity.isdecimal() and len(quantity) < 4 else 1,  # noqa: PLR2004 - digits of a quantity
    }


def chosen(given: Content) -> dict[str, Any]:
    """What a draft holds, as the form's fields."""
    keys = [(f"bundle:{item['bundle']}" if item.get("bundle") else f"product:{item['product']}", item) for item in given.items]
    stock = shelves.stock(given.section(content.PRODUCTS).get("term") or "")
    plans = {ware.key for ware in [*stock.bundles, *stock.packages]}
    numbers = {ware.key for ware in stock.numbers}
    plan = next(((key, item) for key, item in keys if key in plans), ("", {}))
    return {
        "plan": plan[0],
        "quantity": plan[1].get("quantity", 1),
        "number": next((key for key, _ in keys if key in numbers), ""),
        "features": [key for key, _ in keys if key != plan[0] and key not in numbers],
    }


def term_of(request: HttpRequest, given: Content | None) -> str:
    """The term that the page is about: the form's, the link's, the draft's."""
    kept = str(given.section(content.PRODUCTS).get("term") or "") if given else ""
    return request.POST.get("term", "") or request.GET.get("term", "") or kept
