# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders over the API."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from ninja.responses import Response

from voipbox.core.errors import NotAllowed
from voipbox.numbers import ordering
from voipbox.orders import actions, checks, queries, together
from voipbox.orders.intake import OrderInput
from voipbox.orders.moves import ACTIONS
from voipbox.orders.statuses import Status
from voipbox.provisioning import export

from . import render, shapes
from .bearer import actor_with
from .kept_answers import once

router = Router()
Id = Annotated[int, Path(ge=1, le=2**53)]
Action = Annotated[str, Path(max_length=40, enum=list(ACTIONS))]
TogetherAction = Annotated[str, Path(max_length=40, enum=list(together.ACTIONS))]
Slug = Annotated[str, Query(max_length=63, pattern=r"^[a-z0-9-]*$")]
Email = Annotated[str, Query(max_length=254, pattern=r"^[^\x00]*$", description="Of an account or a contact.")]
_REFUSALS = {
    400: shapes.Problem,
    401: shapes.Problem,
    403: shapes.Problem,
    404: shapes.Problem,
    409: shapes.Problem,
    422: shapes.Problem,
    503: shapes.Problem,
}
_LARGEST_PAGE = 100


def _json(model: Any) -> Any:
    def build(status: int, body: Any) -> HttpResponse:
        return Response(model.model_validate(body).model_dump(mode="json"), status=status)

    return build


def _lines(status: int, body: Any) -> HttpResponse:
    return Response([shapes.TogetherLine.model_validate(line).model_dump(mode="json") for line in body], status=status)


@router.post("", response={201: shapes.OrderOut, **_REFUSALS}, summary="Place an order")
def place(request: HttpRequest, given: OrderInput) -> HttpResponse:
    """Put an order into the queue. It waits for somebody to approve it unless its products are approved on arrival."""
    actor = actor_with(request, "orders:place")

    prepared: list[ordering.Prepared | None] = []

    def ask(name: str) -> None:
        prepared.append(ordering.prepare(given, actor, f"request:{name}"))

    def work() -> tuple[int, Any]:
        return 201, render.order(ordering.commit(given, actor, "api", prepared[0]), actor)

    return once(request, work, _json(shapes.OrderOut), ask, lambda: ordering.forget(prepared[0]))


@router.post("/check", response={200: shapes.Lines, **_REFUSALS}, summary="Check an order without placing it")
def dry_run(request: HttpRequest, given: OrderInput) -> Any:
    """Everything that placing checks; nothing is written."""
    checked = checks.check(given, actor_with(request, "orders:place"))
    told = f"{checked.domain} on {checked.server.slug}, {checked.seats} extensions from {checked.first_extension}"
    return {"lines": [told, *checked.price()]}


@router.get("", response={200: shapes.OrderPage, **_REFUSALS}, summary="List orders")
def listing(
    request: HttpRequest,
    status: Status | None = None,
    server: Annotated[str, Query(max_length=63, pattern=r"^[a-z0-9-]*$")] = "",
    q: Annotated[
        str, Query(max_length=100, pattern=r"^[^\x00]*$", description="Company, domain, address, number or reference.")
    ] = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
    provider: Slug = "",
    client: Email = "",
    since: Annotated[datetime.date | None, Query(description="The first day on which they were placed, UTC.")] = None,
    until: Annotated[datetime.date | None, Query(description="The last day on which they were placed, UTC.")] = None,
    assigned_to: Annotated[
        str, Query(max_length=254, pattern=r"^[^\x00]*$", description="E-mail of a member of staff, or nobody.")
    ] = "",
) -> Any:
    """From the newest to the oldest; a client's token sees its own orders."""
    actor = actor_with(request, "orders:read")
    inner = {"provider": provider, "assigned_to": assigned_to} if actor.is_staff else {}
    found = queries.search(actor, status or "", server, q, before, client=client, since=since, until=until, **inner)
    rows = list(found[: limit + 1])
    following = rows[limit - 1].pk if len(rows) > limit else None
    return {"orders": [render.order(row, actor) for row in rows[:limit]], "next": following}


@router.get("/{order_id}", response={200: shapes.OrderOut, **_REFUSALS}, summary="One order")
def show(request: HttpRequest, order_id: Id) -> Any:
    """An order as it stands."""
    actor = actor_with(request, "orders:read")
    return render.order(queries.get(order_id, actor), actor)


@router.patch("/{order_id}", response={200: shapes.OrderOut, **_REFUSALS}, summary="Correct an order before it is placed")
def amend(request: HttpRequest, order_id: Id, given: shapes.AmendIn) -> HttpResponse:
    """For staff, with a reason."""
    actor = actor_with(request, "orders:act")
    queries.get(order_id, actor)

    prepared: list[ordering.Prepared | None] = []

    def ask(name: str) -> None:
        prepared.append(ordering.prepare_amendment(order_id, given.changes))

    def work() -> tuple[int, Any]:
        order = ordering.commit_amendment(order_id, given.changes, actor, given.reason, prepared[0])
        return 200, render.order(order, actor)

    return once(request, work, _json(shapes.OrderOut), ask, lambda: ordering.forget(prepared[0]))


@router.post("/{order_id}/actions/{action}", response={200: shapes.OrderOut, **_REFUSALS}, summary="Make a move")
def act(request: HttpRequest, order_id: Id, action: Action, given: shapes.ActionIn) -> HttpResponse:
    """approve, retry, cancel and the others of the table of moves. An illegal or second one answers 409."""
    actor = actor_with(request, "orders:act")
    queries.get(order_id, actor)

    def work() -> tuple[int, Any]:
        return 200, render.order(actions.perform(order_id, action, actor, given.reason), actor)

    return once(request, work, _json(shapes.OrderOut))


@router.post("/actions/{action}", response={200: list[shapes.TogetherLine], **_REFUSALS}, summary="Make a move with many orders")
def act_together(request: HttpRequest, action: TogetherAction, given: shapes.TogetherIn) -> HttpResponse:
    """approve, retry, reject or cancel up to 500 orders; one that is refused stops no other, and each has a line."""
    actor = actor_with(request, "orders:act")

    def work() -> tuple[int, Any]:
        return 200, [dataclasses.asdict(line) for line in together.perform(given.orders, action, actor, given.reason)]

    return once(request, work, _lines)


@router.put("/{order_id}/assigned-to", response={200: shapes.OrderOut, **_REFUSALS}, summary="Assign an order")
def assign(request: HttpRequest, order_id: Id, given: shapes.AssignIn) -> Any:
    """For staff: who sees to it; an empty address takes that back."""
    actor = actor_with(request, "orders:act")
    return render.order(actions.assign(order_id, given.email.strip(), actor), actor)


@router.get("/{order_id}/audit", response={200: list[shapes.AuditOut], **_REFUSALS}, summary="Who did what")
def audit(request: HttpRequest, order_id: Id) -> Any:
    """For staff: every act, from the first to the last."""
    actor = actor_with(request, "orders:read")
    order = queries.get(order_id, actor)
    if not actor.is_staff:
        raise NotAllowed("The audit is for staff.")
    return list(order.audit.all())


@router.get("/{order_id}/notes", response={200: list[shapes.NoteOut], **_REFUSALS}, summary="Notes of an order")
def notes(request: HttpRequest, order_id: Id) -> Any:
    """For staff."""
    actor = actor_with(request, "orders:read")
    order = queries.get(order_id, actor)
    if not actor.is_staff:
        raise NotAllowed("Notes are for staff.")
    return list(order.notes.all())


@router.post("/{order_id}/notes", response={201: shapes.NoteOut, **_REFUSALS}, summary="Write a note")
def note(request: HttpRequest, order_id: Id, given: shapes.NoteIn) -> HttpResponse:
    """For staff."""
    actor = actor_with(request, "orders:act")
    order = queries.get(order_id, actor)

    def work() -> tuple[int, Any]:
        return 201, actions.add_note(order, given.text, actor)

    return once(request, work, _json(shapes.NoteOut))


@router.get("/{order_id}/mails", response={200: list[shapes.MailOut], **_REFUSALS}, summary="Mails of an order")
def mails(request: HttpRequest, order_id: Id) -> Any:
    """For staff."""
    actor = actor_with(request, "orders:read")
    order = queries.get(order_id, actor)
    if not actor.is_staff:
        raise NotAllowed("Mails are for staff.")
    return list(order.mails.all())


@router.get("/{order_id}/tenant-file", response={200: shapes.TenantFileOut, **_REFUSALS}, summary="The order as Ansible takes it")
def tenant_file(request: HttpRequest, order_id: Id, secrets: bool = False) -> Any:
    """The exact tenant file and the command an admin would type; with secrets only for orders:secrets."""
    actor = actor_with(request, "orders:secrets" if secrets else "orders:read")
    order = queries.get(order_id, actor)
    text = export.text(order, actor, secrets)
    return {"tenant_file": text, "command": export.command(order.server, "hosts.yml", f"{order.domain}.yml")}


@router.post("/{order_id}/credentials-link", response={201: shapes.LinkOut, **_REFUSALS}, summary="A fresh one-time link")
def link(request: HttpRequest, order_id: Id) -> Any:
    """Older links stop working."""
    actor = actor_with(request, "orders:secrets")
    return 201, {"link": actions.new_link(queries.get(order_id, actor), actor)}


@router.delete("/{order_id}/credentials-link", response={200: shapes.Lines, **_REFUSALS}, summary="Revoke all links")
def revoke(request: HttpRequest, order_id: Id) -> Any:
    """No link to the credentials of this order works any more."""
    actor = actor_with(request, "orders:act")
    count = actions.revoke_links(queries.get(order_id, actor), actor)
    return {"lines": [f"{count} links stopped working"]}
