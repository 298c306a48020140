# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the checkout."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from voipbox.core.errors import NotAllowed
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Role
from voipbox.orders import actions, checks, drafts, queries
from voipbox.orders.statuses import Status

from ... import access, error_pages
from .. import acting, attempts
from . import flow, prices, products, review, shelves, tenant, unfinished
from .content import Content
from .number import NumberForm, NumberStep
from .review import ReviewForm, ReviewStep
from .step import Step

_ELSEWHERE = "This step was changed in another window meanwhile. Nothing was saved; look at what stands here and continue."


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The storefront. What is chosen there becomes a draft; whoever did not sign in is asked to first."""
    stock = shelves.stock(products.term_of(request, None))
    form = products.storefront(stock, request, products.wished(request.GET))
    if request.method == "POST" and form.is_valid():
        if not request.user.is_authenticated:
            wish = {
                name: value for name, value in request.POST.lists() if name in ("plan", "quantity", "number", "features", "term")
            }
            wish["client"] = request.GET.getlist("client")
            back = f"{reverse('client:start')}?{urlencode(wish, doseq=True)}"
            return redirect(f"{reverse('client:sign_in')}?{urlencode({'next': back})}")
        user = _orders(request)
        if not attempts.take(attempts.DRAFT, user.pk):
            return error_pages.page(request, 429, "You began very many orders. Finish one of them; they are in your list.")
        draft = drafts.start(user, user if user.role == Role.CLIENT else _wanted_client(request))
        draft = products.keep(draft, form, None)
        return redirect("client:step", draft.token, "company")
    why = request.user.is_authenticated and acting.person(request).role in ACTING_STAFF
    content = {"form": form, "stock": stock, "tells_why": why, "values": _values(form)}
    if why:
        content["unfinished"] = unfinished.rows(acting.person(request))
    return render(request, "client/checkout/start.html", content, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@access.signed_in
def step(request: HttpRequest, token: str, slug: str) -> HttpResponse:
    """One step of a draft."""
    content = Content(drafts.find(token, _orders(request)), acting.person(request))
    if content.draft.order_id:
        return redirect("client:done", token)
    here = flow.reachable(content, slug)
    if here is None:
        return redirect("client:step", token, flow.first_open(content).slug)
    form = here.form(content, request)
    if request.method == "POST":
        return _posted(request, content, here, form)
    return _page(request, content, here, form)


@never_cache
@require_GET
@access.signed_in
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a draft: to the first step that is not complete."""
    content = Content(drafts.find(token, _orders(request)), acting.person(request))
    if content.draft.order_id:
        return redirect("client:done", token)
    return redirect("client:step", token, flow.first_open(content).slug)


@never_cache
@require_POST
@access.signed_in
def discard(request: HttpRequest, token: str) -> HttpResponse:
    """Throw a draft away."""
    drafts.discard(drafts.find(token, _orders(request)))
    messages.success(request, "The unfinished order was thrown away.")
    return redirect("client:my_orders" if acting.person(request).role == Role.CLIENT else "home")


@never_cache
@require_GET
@access.signed_in
def done(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a draft."""
    draft = drafts.find(token, _orders(request))
    if draft.order_id is None:
        return redirect("client:resume", token)
    order = queries.get(draft.order_id, acting.reader(request))
    staff = acting.person(request).role in ACTING_STAFF
    content = {"order": order, "staff": staff, "can_approve": staff and order.status == Status.PENDING}
    return render(request, "client/checkout/done.html", content)


@require_POST
@access.acting_staff_only
def approve(request: HttpRequest, order_id: int) -> HttpResponse:
    """Provision at once what was just ordered for a client."""
    order = queries.get(order_id, acting.reader(request))
    order = actions.perform(order.pk, "approve", acting.doer(request, order.client), "approved when it was ordered")
    messages.success(request, f"Order {order.pk} is approved and goes to the next run.")
    return access.back(request, "/")


@never_cache
@require_GET
@access.signed_in
def domain_part(request: HttpRequest, token: str) -> HttpResponse:
    """As somebody types: what the system would be called, and whether that is free."""
    content = Content(drafts.find(token, _orders(request)), acting.person(request))
    company = request.GET.get("company", content.section("company").get("company", ""))[:100]
    form = tenant.bound(content, {"seats": 1, "first_extension": 1, "domain": "any", **request.GET.dict()})
    if form.errors:
        wrong = [str(cause) for causes in form.errors.values() for cause in causes]
        return render(request, "client/checkout/parts/domain.html", {"faults": wrong})
    server, wanted = form.chosen_server, form.cleaned_data["domain"] if "domain" in request.GET else None
    domain, faults = checks.free_domain(company, wanted, server, content.user.actor())
    found = {"domain": domain, "faults": [fault.cause for fault in faults], "blank": wanted is None and not company.strip()}
    return render(request, "client/checkout/parts/domain.html", found)


@never_cache
@require_GET
@access.signed_in
def extensions_part(request: HttpRequest, token: str) -> HttpResponse:
    """As somebody types: the extensions that would be made."""
    content = Content(drafts.find(token, _orders(request)), acting.person(request))
    preview = tenant.preview(content, request.GET.get("seats", ""), request.GET.get("first_extension", ""))
    return render(request, "client/checkout/parts/extensions.html", {"preview": preview})


def _posted(request: HttpRequest, content: Content, here: Step, form: Any) -> HttpResponse:
    if not form.is_valid():
        return _page(request, content, here, form, 422)
    if isinstance(here, ReviewStep):
        return _order(request, content, form)
    seen = request.POST.get("version", "")
    try:
        saved = here.save(content, form, int(seen) if seen.isdecimal() and len(seen) < 10 else None)  # noqa: PLR2004 - digits of a version
    except drafts.AlreadyPlaced:
        return redirect("client:done", content.draft.token)
    except drafts.ChangedElsewhere:
        fresh = Content(drafts.find(content.draft.token, content.user), content.user)
        messages.warning(request, _ELSEWHERE)
        return _page(request, fresh, here, form, 409)
    if saved is None:
        return _page(request, content, here, form, 422)
    fresh = Content(saved, content.user)
    if isinstance(here, NumberStep) and isinstance(form, NumberForm) and here.stays(form):
        return redirect(request.get_full_path())
    return redirect("client:step", saved.token, flow.after(fresh, here).slug)


def _order(request: HttpRequest, content: Content, form: ReviewForm) -> HttpResponse:
    order = review.place(content, form, acting.doer(request, content.draft.client))
    if order is None:
        fresh = drafts.find(content.draft.token, content.user)
        if fresh.order_id is None:
            return _page(request, Content(fresh, content.user), ReviewStep(), form, 422)
    return redirect("client:done", content.draft.token)


def _page(request: HttpRequest, content: Content, here: Step, form: Any, status: int = 200) -> HttpResponse:
    marks = flow.marks(content, here)
    place = next(mark.place for mark in marks if mark.here)
    context = {
        "content": content,
        "draft": content.draft,
        "step": here,
        "marks": marks,
        "place": place,
        "before": marks[place - 2].step if place > 1 else None,
        "form": form,
        "summary": prices.summary(content),
        **here.extra(content, request),
    }
    if isinstance(here, products.ProductsStep):
        context |= {"stock": form.stock, "values": _values(form)}
    return render(request, here.template, context, status=status)


def _values(form: products.ProductsForm) -> dict[str, Any]:
    """What the storefront's cards show as chosen."""
    if not form.is_bound:
        return dict(form.initial)
    return {
        "plan": form.data.get("plan", ""),
        "quantity": form.data.get("quantity", 1),
        "number": form.data.get("number", ""),
        "features": form.data.getlist("features"),  # type: ignore[attr-defined] # a QueryDict
    }


def _orders(request: HttpRequest) -> User:
    """Whoever fills in a draft. Raises NotAllowed for an auditor, and for staff that may no longer act for clients."""
    user = acting.person(request)
    acting.hijacker(request)
    if user.role == Role.AUDITOR:
        raise NotAllowed("An auditor looks and does not order. Nothing was changed.")
    return user


def _wanted_client(request: HttpRequest) -> User | None:
    """The client that a link to the storefront names, for staff."""
    wanted = request.GET.get("client", "")
    return User.by_address(wanted).filter(role=Role.CLIENT, is_active=True).first() if wanted else None
