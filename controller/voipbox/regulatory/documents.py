# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a number's user brings: checked by their content, encrypted on arrival, shown to nobody but acting staff."""

from __future__ import annotations

import calendar
import datetime
import hashlib
import re

from django.db import transaction
from django.db.models import QuerySet

from voipbox.core import clock
from voipbox.core.errors import Fault, MoveRefused, NotAllowed, NotThere, Refused
from voipbox.core.people import ACTING_STAFF, Actor, Role
from voipbox.orders import audit, queries
from voipbox.orders.models import Order
from voipbox.providers.papers import Requirements

from . import access, file_checks, needs, provider, registrations, vault
from .models import Document, Registration

MOST = 20  # files an order
BILL_MONTHS = 3
_BILL = re.compile(r"\bbill\b", re.IGNORECASE)
Entity = Document.Entity
FORMS: dict[str, str] = {Entity.PERMANENT: "Form that stays with the identity", Entity.ONETIME: "Form for this registration"}


def add(
    order_id: int, entity: str, proof_type: str, name: str, content: bytes, actor: Actor,
    issued_on: datetime.date | None = None, instead_of: int | None = None,
) -> Document:  # fmt: skip
    """Keep a file. The same file for the same purpose is kept once; a date that comes with it again is taken.

    Parameters: order_id; entity, identity, address, permanent or onetime; proof_type, id or name of the kind of proof, for
    identity and address; name, the file's bare name; content; actor; issued_on, the date on a bill, where it is known;
    instead_of, the document that it replaces, which must not have been sent.
    Raises NotThere, NotAllowed, MoveRefused, Refused, ProviderError.
    """
    order = access.to_give_documents(order_id, actor)
    if entity not in Entity.values:
        raise Refused([Fault("entity", f"there is no {entity}; there are {', '.join(Entity.values)}")])
    shown_name, media_type = file_checks.name(name), file_checks.media_type(content)
    kind = _kind_of_proof(order, entity, proof_type)
    if issued_on is not None:
        _must_be_recent(issued_on, "issued_on")
    digest = hashlib.sha256(content).hexdigest()
    row = registrations.of(order)
    with transaction.atomic():
        row = Registration.objects.select_for_update().get(pk=row.pk)
        held = Document.objects.filter(order=order, purged_at=None)
        same = held.filter(entity=entity, proof_type=kind, sha256=digest).first()
        if same is not None and issued_on not in (None, same.issued_on):
            _set_date(same, issued_on, order, actor)
        if instead_of is not None and (same is None or same.pk != instead_of):
            _take_away(held, instead_of, order, actor)
        if same is not None:
            return same
        if held.count() >= MOST:
            raise Refused([Fault("file", f"is one too many: an order has {MOST} documents at most; remove one first")])
        document = Document.objects.create(
            order=order, entity=entity, proof_type=kind, name=shown_name, media_type=media_type, size=len(content),
            sha256=digest, issued_on=issued_on, added_by=actor.label[:200], added_at=clock.now(),
        )  # fmt: skip
        vault.put(document, content)
        registrations.kept_again(row)
        row.save(update_fields=["purged_at", "decided_at"])
        audit.write(actor, "document_add", order, after=_told(document))
    return document


def date_bill(document_id: int, issued_on: datetime.date, actor: Actor) -> Document:
    """Enter the date that stands on a bill. Raises NotThere, NotAllowed, MoveRefused, Refused."""
    document = _find(document_id, actor)
    order = access.to_give_documents(document.order_id, actor)
    _must_be_recent(issued_on, "issued_on")
    with transaction.atomic():
        _set_date(document, issued_on, order, actor)
    return document


def _set_date(document: Document, issued_on: datetime.date | None, order: Order, actor: Actor) -> None:
    Document.objects.filter(pk=document.pk).update(issued_on=issued_on)
    audit.write(actor, "document_date", order, after={"document": document.pk, "issued_on": str(issued_on)})
    document.issued_on = issued_on


def remove(document_id: int, actor: Actor) -> None:
    """Take a document away that was not sent. Raises NotThere, NotAllowed, MoveRefused."""
    document = _find(document_id, actor)
    order = access.to_give_documents(document.order_id, actor)
    with transaction.atomic():
        _take_away(Document.objects.filter(order=order), document.pk, order, actor)


def _take_away(held: QuerySet[Document], document_id: int, order: Order, actor: Actor) -> None:
    fresh = held.select_for_update().filter(pk=document_id).first()
    if fresh is None:
        raise NotThere(f"There is no document {document_id}.")
    if fresh.sent_at is not None:
        raise MoveRefused(f"Document {document_id} is at the provider already. Nothing was changed.")
    told = _told(fresh)
    fresh.delete()
    audit.write(actor, "document_remove", order, before=told)


def shown(document_id: int, actor: Actor) -> tuple[Document, bytes]:
    """A document and its bytes, for acting staff and the order's client; that it was opened stands in the audit.

    Raises NotThere, NotAllowed.
    """
    document = _find(document_id, actor)
    if actor.role not in ACTING_STAFF | {Role.CLIENT}:
        raise NotAllowed("Documents are opened by those who work on them. Nothing was shown.")
    content = vault.read(document)
    audit.write(actor, "document_shown", document.order, after={"document": document.pk})
    return document, content


def must_belong(document_id: int, order_id: int, actor: Actor) -> None:
    """Raise NotThere unless the document is one of this order, and the order one that may be seen."""
    if _find(document_id, actor).order_id != order_id:
        raise NotThere(f"There is no document {document_id} of order {order_id}.")


def of(order: Order) -> list[Document]:
    """The documents of an order that were not purged."""
    return list(Document.objects.filter(order=order, purged_at=None))


def kind_of(document: Document, wanted: Requirements | None) -> str:
    """What a document is, in words: Proof of identity: Passport."""
    if document.entity in FORMS:
        need = [needs.person(wanted, kind) for kind in ("personal", "business")] if wanted else []
        names = [one.onetime if document.entity == Entity.ONETIME else (one.template or ("", ""))[1] for one in need]
        return next((f"{FORMS[document.entity]}: {name}" for name in names if name), FORMS[document.entity])
    kinds = [found for kind in ("personal", "business") if wanted for found in needs.person(wanted, kind).proof_types]
    name = next((one.name for one in kinds if one.id == document.proof_type), document.proof_type)
    return f"Proof of {document.entity}: {name}" if name else f"Proof of {document.entity}"


def is_bill(document: Document, wanted: Requirements | None, kind: str) -> bool:
    """True for a utility bill, which must be young and so needs a date."""
    if document.entity not in (Entity.IDENTITY, Entity.ADDRESS):
        return False
    found = needs.proof_type(wanted, kind, document.entity, document.proof_type) if wanted else None
    return names_a_bill(found.name if found else document.proof_type)


def names_a_bill(kind: str) -> bool:
    """True when the name of a kind of proof says that it is a bill."""
    return bool(_BILL.search(kind))


def bill_faults(held: list[Document], wanted: Requirements | None, kind: str) -> list[Fault]:
    """Bills without a date, and those that are too old by now."""
    found = []
    for document in held:
        if document.sent_at is not None or not is_bill(document, wanted, kind):
            continue
        field = f"documents[{document.pk}].issued_on"
        if document.issued_on is None:
            found.append(Fault(field, "is required: enter the date that stands on the bill"))
        elif document.issued_on < oldest_bill():
            found.append(Fault(field, _too_old(document.issued_on)))
    return found


def oldest_bill() -> datetime.date:
    """The earliest date that a bill may have today: the same day three months ago, or that month's last."""
    today = clock.now().date()
    months = today.year * 12 + today.month - 1 - BILL_MONTHS
    year, month = divmod(months, 12)
    return datetime.date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _must_be_recent(day: datetime.date, field: str) -> None:
    if day > clock.now().date():
        raise Refused([Fault(field, "lies in the future")])
    if day < oldest_bill():
        raise Refused([Fault(field, _too_old(day))])


def _too_old(day: datetime.date) -> str:
    return f"{day} is more than {BILL_MONTHS} months ago; bring a newer bill"


def _kind_of_proof(order: Order, entity: str, given: str) -> str:
    """The id of the provider's kind of proof. Raises Refused with the kinds there are."""
    if entity in (Entity.PERMANENT, Entity.ONETIME):
        return ""
    if not given.strip() or len(given) > 64 or not given.isprintable():  # noqa: PLR2004 - the column's length
        raise Refused([Fault("proof_type", "is required: what kind of proof this is, in 64 characters")])
    if not provider.regulates(order.provider):
        return given.strip()
    wanted, row = registrations.requirements_of(order), registrations.of(order)
    for kind in [row.kind] if row.kind else ["personal", "business"]:
        found = needs.proof_type(wanted, kind, entity, given)
        if found is not None:
            return found.id
    kinds = needs.person(wanted, row.kind).proof_types
    there = ", ".join(one.name for one in kinds if one.entity == entity) or "none"
    raise Refused([Fault("proof_type", f"there is no {given} for the {entity} of this number; there are {there}")])


def _find(document_id: int, actor: Actor) -> Document:
    document = Document.objects.select_related("order").filter(pk=document_id, purged_at=None).first()
    if document is None or not queries.visible(actor).filter(pk=document.order_id).exists():
        raise NotThere(f"There is no document {document_id}.")
    return document


def _told(document: Document) -> dict[str, object]:
    return {
        "document": document.pk,
        "entity": document.entity,
        "proof_type": document.proof_type,
        "media_type": document.media_type,
        "size": document.size,
    }
