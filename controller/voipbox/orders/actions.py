# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with orders. The only writer of a status.

Every act is one transaction: the rows, the audit, and the jobs, mails and webhooks that follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Fault, MoveRefused, NotAllowed, Refused
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, SYSTEM, Actor, Role
from voipbox.pricing.priced import NumberPrice
from voipbox.providers.records import Offer

from . import announcements, audit, corrections, credentials, mail_queue, moves, queries
from .checks import Checked, check
from .effects import EFFECTS
from .guards import GUARDS
from .intake import Amendment, OrderInput
from .models import AuditEvent, Note, Order, OrderItem
from .moves import Move
from .statuses import BADGES, EDITABLE, Status
from .stored import as_input, fields_of, secrets_of, told, without_amended


def place(
    given: OrderInput,
    actor: Actor,
    source: str,
    offer: Offer | None = None,
    number_price: NumberPrice | None = None,
    seen: str | None = None,
) -> Order:
    """Put an order into the queue. Raises Refused with every fault, NotAllowed; then nothing was written.

    Parameters: given; actor; source, where it came from: file, command, api, batch or page; offer, the number that is to
    be bought (numbers.ordering finds and keeps it), None where the order brings its number, and number_price, what it
    costs; seen, the mark of the price that the person saw, None where none was shown.
    """
    if actor.role == Role.AUDITOR:
        raise NotAllowed("An auditor looks and does not order. Nothing was changed.")
    checked = check(given, actor, offer=offer, number_price=number_price)
    if seen is not None and checked.summary.mark != seen:
        raise Refused([Fault("price", "changed since it was shown; look at the new one, then order. Nothing was ordered")])
    _refuse_another_total(given, checked)
    status = Status.PENDING_REVIEW if checked.regulated else Status.PENDING
    order = Order(
        reference=given.reference, status=status, status_since=clock.now(), source=source, placed_by=actor.label[:200],
        client_id=checked.client.pk if checked.client else actor.user_id if actor.role == Role.CLIENT else None,
        **fields_of(checked), secrets=secrets_of(checked, {}),
    )  # fmt: skip
    try:
        with transaction.atomic():
            order.save(force_insert=True)
            _store_items(order, checked)
            audit.write(actor, "submit", order, after={"status": status, **told(order)}, reason=given.seats_reason or "")
            mail_queue.add("confirmation", [order])
            announcements.announce("order.placed", [order])
            if checked.auto_run and not checked.regulated:
                perform(order.pk, "approve", SYSTEM, "its products are approved on arrival")
    except IntegrityError as error:
        raise _taken(error, order) from None
    order.refresh_from_db()
    return order


def amend(
    order_id: int,
    given: Amendment,
    actor: Actor,
    reason: str,
    offer: Offer | None = None,
    number_price: NumberPrice | None = None,
) -> Order:
    """Correct an order before it is placed. Raises Refused, NotAllowed, MoveRefused.

    Parameters: order_id; given; actor; reason, for the audit; offer, another number that is to be bought instead, and
    number_price, what it costs.
    """
    if actor.role not in ACTING_STAFF:
        raise NotAllowed(
            f"An order cannot be changed after it was submitted; {config().write_to_us} instead. Nothing was changed."
        )
    if not reason.strip():
        raise Refused([Fault("reason", "is required: the audit says why an order was changed")])
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if Status(order.status) not in EDITABLE:
            raise MoveRefused(f"Order {order_id} is {_badge(order)} and can no longer be changed. Nothing was changed.")
        before, old_domain, old_price = told(order), order.domain, order.summary
        checked = check(
            as_input(order, given), actor, instead_of=order, change=given, offer=offer, reason=reason, number_price=number_price
        )
        for name, value in fields_of(checked).items():
            setattr(order, name, value)
        order.secrets = secrets_of(checked, order.secrets)
        if order.domain != old_domain and order.attempts:
            order.domain_uuid = Order._meta.get_field("domain_uuid").get_default()
        order.version += 1
        try:
            with transaction.atomic():
                order.save()
        except IntegrityError as error:
            raise _taken(error, order) from None
        after = told(order)
        changed = sorted(name for name in after if after[name] != before[name])
        if given.admin is not None or given.trunk is not None or given.extensions is not None:
            changed.append("credentials")
        audit.write(
            actor, "amend", order, reason=reason,
            before={name: before.get(name, audit.HIDDEN) for name in changed},
            after={name: after.get(name, audit.HIDDEN) for name in changed},
        )  # fmt: skip
        announcements.announce("order.amended", [order])
        dearer = order.summary.text() if order.summary.mark != old_price.mark else []
        said = corrections.lines(changed, after)
        if said or dearer:
            recipients = sorted({order.email, before["email"]})
            mail_queue.add("corrected", [order], recipients, {"lines": said, "price": dearer})
    return order


def perform(order_id: int, action: str, actor: Actor, reason: str = "", run: int | None = None) -> Order:
    """Make one move. Raises MoveRefused when it is not legal now or somebody was first, NotAllowed, Refused."""
    if action not in moves.ACTIONS:
        raise Refused([Fault("action", f"there is no {action}; there are {', '.join(moves.ACTIONS)}")])
    with transaction.atomic():
        # Locked before the guards ask: a purchase that is about to be sent waits, or is seen by them.
        order = Order.objects.select_for_update(of=("self",)).select_related("server", "provider").get(pk=order_id)
        move = moves.find(action, Status(order.status), order.regulated)
        if move is None:
            raise _illegal(order, action)
        if actor.role not in move.who:
            raise NotAllowed(f"{move.label} is not for {actor.role}s. Nothing was changed.")
        if move.needs_reason and not reason.strip():
            raise Refused([Fault("reason", "is required for this")])
        causes = [cause for cause in (GUARDS[name](order) for name in (*move.guard, *move.late)) if cause]
        if causes:
            raise MoveRefused(f"Order {order_id} was not changed: {'; '.join(causes)}.")
        moved = _move([order], move, actor, {order.pk: reason}, run)
        if not moved:
            order.refresh_from_db()
            raise _illegal(order, action)
    return moved[0]


def perform_many(
    orders: Sequence[Order], action: str, actor: Actor, reasons: Mapping[int, str] | None = None, run: int | None = None
) -> list[Order]:
    """Make the same move with many orders at once; returns those that made it. Orders for which it is not legal stay."""
    made = []
    with transaction.atomic():
        for regulated in (False, True):
            for move in (one for one in moves.MOVES if one.action == action and regulated in one.kinds):
                some = [order for order in orders if order.regulated == regulated and Status(order.status) in move.sources]
                if some and actor.role in move.who:
                    made += _move(some, move, actor, reasons or {}, run)
    return made


def _move(orders: Sequence[Order], move: Move, actor: Actor, reasons: Mapping[int, str], run: int | None) -> list[Order]:
    """One UPDATE that names the statuses it may leave, then audit and effects for the rows it changed."""
    moment = clock.now()
    by_key = {order.pk: order for order in orders}
    changed = _update(sorted(by_key), move, moment)
    made = []
    for key, version in changed:
        order = by_key[key]
        order.version, order.status_since = version, moment
        made.append(order)
    AuditEvent.objects.bulk_create(
        audit.event(
            actor,
            move.action,
            order,
            before={"status": order.status},
            after={"status": move.target},
            reason=reasons.get(order.pk, ""),
            run=run,
        )
        for order in made
    )
    for order in made:
        order.status = move.target
    if made:
        _details(made, move, reasons, moment)
        for name in move.effects:
            EFFECTS[name](made)
        announcements.announce(f"order.{move.action}", made)
    return made


def _update(keys: Sequence[int], move: Move, moment: Any) -> list[tuple[int, int]]:
    # RETURNING is not in the ORM.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_order SET status = %s, status_since = %s, version = version + 1 "
            "WHERE id = ANY(%s) AND status = ANY(%s) AND regulated = ANY(%s) RETURNING id, version",
            [move.target, moment, list(keys), sorted(move.sources), sorted(move.kinds)],
        )
        return sorted(cursor.fetchall())


def _details(orders: Sequence[Order], move: Move, reasons: Mapping[int, str], moment: Any) -> None:
    """What a status carries beside its name."""
    fields: list[str] = []
    for order in orders:
        if move.target in (Status.FAILED, Status.BLOCKED) or move.action == "requeue":
            order.reason = reasons.get(order.pk, "")
            fields = ["reason"]
            if move.action != "requeue":
                order.next_try_at = None
                fields = ["reason", "next_try_at"]
        elif move.target == Status.CANCELLED:
            # The client reads it: why an order was rejected, and nothing of why one failed before it was cancelled.
            order.reason, order.next_try_at = reasons.get(order.pk, "") if move.action == "reject" else "", None
            fields = ["reason", "next_try_at"]
        elif move.target == Status.COMPLETED:
            order.completed_at, order.reason, order.next_try_at = moment, "", None
            fields = ["completed_at", "reason", "next_try_at"]
    if fields:
        Order.objects.bulk_update(orders, fields)
    for order in orders:
        if move.target == Status.COMPLETED and "amended" in order.secrets:
            fresh = Order.objects.select_for_update().get(pk=order.pk)
            fresh.secrets = order.secrets = without_amended(fresh.secrets)
            fresh.save(update_fields=["secrets"])


def add_note(order: Order, text: str, actor: Actor) -> Note:
    """Write a note on an order. Raises Refused, NotAllowed."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Notes are written by staff. Nothing was changed.")
    if not text.strip() or len(text) > 4000 or "\x00" in text:  # noqa: PLR2004 - the column's length
        raise Refused([Fault("text", "is 1 to 4000 characters")])
    with transaction.atomic():
        note = Note.objects.create(order=order, author=actor.label[:200], text=text)
        audit.write(actor, "note", order, after={"note": note.pk})
    return note


def assign(order_id: int, email: str, actor: Actor) -> Order:
    """Say which member of staff sees to an order; an empty address takes that back. Raises NotThere, NotAllowed, Refused."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Orders are assigned by staff. Nothing was changed.")
    order = queries.get(order_id, actor)
    person = None
    if email:
        person = User.by_address(email).filter(role__in=sorted(ACTING_STAFF), is_active=True).first()
        if person is None:
            raise Refused([Fault("assigned_to", f"{email} is nobody who works on orders")])
    before = order.assigned_to.email if order.assigned_to else ""
    after = person.email if person else ""
    if before == after:
        return order
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(assigned_to=person)
        audit.write(actor, "assign", order, before={"assigned_to": before}, after={"assigned_to": after})
    order.assigned_to = person
    return order


def new_link(order: Order, actor: Actor) -> str:
    """A fresh one-time link to the credentials, for staff and the order's client; older ones stop working.

    Raises NotAllowed, MoveRefused.
    """
    own = actor.role == Role.CLIENT and actor.user_id is not None and order.client_id == actor.user_id
    if actor.role not in ACTING_STAFF and not own:
        raise NotAllowed("Links to credentials are made by staff. Nothing was changed.")
    if order.status != Status.COMPLETED:
        raise MoveRefused(f"Order {order.pk} is {_badge(order)}; there are credentials once it is completed.")
    with transaction.atomic():
        link = credentials.create(order)
        audit.write(actor, "credentials_link", order)
    return link


def revoke_links(order: Order, actor: Actor) -> int:
    """Let no link to the credentials work any more; returns how many were alive. Raises NotAllowed."""
    if actor.role not in ACTING_STAFF:
        raise NotAllowed("Links to credentials are revoked by staff. Nothing was changed.")
    with transaction.atomic():
        count = credentials.revoke(order)
        audit.write(actor, "credentials_revoke", order, after={"links": count})
    return count


def _refuse_another_total(given: OrderInput, checked: Checked) -> None:
    """An order is placed at the price that its client saw. Asked here, for the number's own price is known only now."""
    if given.total is None:
        return
    sums = checked.summary.sums
    if len(sums) > 1 or given.total != (sums[0].total if sums else 0):
        now = " and ".join(f"{one.total} {one.currency}" for one in sums) or "nothing"
        raise Refused([Fault("total", f"is {now} now, not {given.total}; look at the prices, then order. Nothing was ordered")])


def _store_items(order: Order, checked: Checked) -> None:
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order, product=line.product, bundle=line.bundle, quantity=line.quantity,
            currency=line.price.currency if line.price else "",
            setup=line.price.setup if line.price else 0, recurring=line.price.recurring if line.price else 0,
        )
        for line in checked.lines
    )  # fmt: skip


def _badge(order: Order) -> str:
    return BADGES[Status(order.status)].text


def _illegal(order: Order, action: str) -> MoveRefused:
    last = order.audit.exclude(action__in=["note", "amend"]).order_by("-id").first()
    who = f", since {last.actor} did {last.action} at {last.at:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    legal = moves.sources_of(action, order.regulated)
    where = ", ".join(sorted(legal)) or ("a plain order" if order.regulated else "a regulated order")
    return MoveRefused(f"Order {order.pk} is {order.status}{who}. {action} is possible from {where}. Nothing was changed.")


def _taken(error: IntegrityError, order: Order) -> Exception:
    text = str(error)
    for name, field, value in (
        ("one_live_order_a_domain", "domain", order.domain),
        ("one_live_order_a_number", "number", order.number),
        ("reference", "reference", order.reference),
    ):
        if name in text:
            return Refused([Fault(field, f"{value} is in another order, which came first")])
    return error
