# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing documents to the provider, encrypted to its keys, and attaching them to identity and address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from voipbox.core import clock
from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.people import Actor
from voipbox.orders import actions, audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.errors import BadRequest
from voipbox.providers.papers import Requirements

from . import access, documents, needs, provider, registrations, sentences, vault
from .handing_in import refused
from .models import Document, Registration
from .provider import RegulatedDriver
from .turn import turn

_WHEN = access.CORRECTABLE - {Status.PENDING_REVIEW}
Entity = Document.Entity


def send_documents(order_id: int, actor: Actor) -> Order:
    """Send what was not sent, attach it, let the provider check everything; then upload_documents.

    A one-time form is kept back: it is sent with the registration, since the provider keeps loose files for a day only.
    Raises NotThere, NotAllowed, MoveRefused, Refused, ProviderError. Repeatable: what was attached is not attached again.
    """
    with turn(order_id):
        order = access.to_act(order_id, actor, _WHEN)
        wanted = registrations.requirements_of(order)
        row = registrations.of(order)
        must_be_handed_in(row)
        held = documents.of(order)
        faults = needs.missing_documents(row, wanted, held) + documents.bill_faults(held, wanted, row.kind)
        if faults:
            raise Refused(faults)
        with provider.opened(order) as driver:
            try:
                count = _attach(driver, row, wanted, held)
                said = driver.validate(wanted.id, row.identity_id, row.address_id)
            except BadRequest as error:
                faults = [Fault("documents", fault.cause) for fault in error.faults] or sentences.faults([str(error)])
                raise refused(order, row, faults, actor) from None
        if said:
            raise refused(order, row, sentences.faults(said), actor)
        with transaction.atomic():
            fresh = Registration.objects.select_for_update().get(pk=row.pk)
            registrations.must_be_unchanged(fresh, row)
            fresh.faults, fresh.portal = [], False
            fresh.save(update_fields=["faults", "portal"])
            audit.write(actor, "documents_sent", order, after={"documents": count})
            if order.status == Status.IDENTITY_ADDRESS_CONFIRMED:
                order = actions.perform(order_id, "upload_documents", actor)
    return order


def mark_uploaded(order_id: int, actor: Actor, reason: str = "") -> Order:
    """Note that the documents were brought in the provider's own portal. Raises NotThere, NotAllowed, MoveRefused."""
    with turn(order_id), transaction.atomic():
        order = access.to_act(order_id, actor, frozenset({Status.IDENTITY_ADDRESS_CONFIRMED}))
        Registration.objects.filter(pk=registrations.of(order).pk).update(portal=True)
        audit.write(actor, "documents_in_portal", order, reason=reason)
        return actions.perform(order_id, "upload_documents", actor, reason)


def must_be_handed_in(row: Registration) -> None:
    """Raise MoveRefused unless identity and address, as they stand now, are at the provider."""
    if not row.identity_id or not row.address_id:
        raise MoveRefused(
            f"Identity and address of order {row.order_id} were not handed in as they stand now: review and submit them first. "
            "Nothing was sent."
        )


def send_onetime(driver: RegulatedDriver, order: Order, wanted: Requirements, kind: str) -> list[str]:
    """Send the one-time forms of an order, where the number needs one; their ids at the provider.

    They count as sent once the registration that carries them is known to be there (outcomes.forms_arrived).
    """
    if not needs.person(wanted, kind).onetime:
        return []
    files = []
    for document in documents.of(order):
        if document.entity == Entity.ONETIME:
            files.append(_upload(driver, document))
            Document.objects.filter(pk=document.pk).update(file_id=files[-1], sent_at=None)
    return files


def _attach(driver: RegulatedDriver, row: Registration, wanted: Requirements, held: Sequence[Document]) -> int:
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for document in held:
        if document.sent_at is None and document.entity != Entity.ONETIME:
            groups[document.entity, document.proof_type].append(document)
    template = needs.person(wanted, row.kind).template
    count = 0
    for (entity, proof_type), group in sorted(groups.items()):
        if entity == Entity.PERMANENT and template is None:
            continue  # what is not asked for is refused by the provider
        files = [_upload(driver, document) for document in group]
        if entity == Entity.PERMANENT:
            assert template is not None
            made = driver.ensure_permanent_document(row.identity_id, template[0], files)
        else:
            owner = row.identity_id if entity == Entity.IDENTITY else row.address_id
            made = driver.ensure_proof(entity, owner, proof_type, files)
        _note(row, entity, proof_type, made, group, files)
        count += len(group)
    return count


def _note(row: Registration, entity: str, proof_type: str, made: str, group: Sequence[Document], files: Sequence[str]) -> None:
    """What was attached, right after it was: an interrupted sending goes on behind it."""
    moment = clock.now()
    with transaction.atomic():
        fresh = Registration.objects.select_for_update().get(pk=row.pk)
        registrations.must_be_unchanged(fresh, row)
        if entity == Entity.PERMANENT:
            fresh.permanent_id = made
        else:
            fresh.proofs = [*fresh.proofs, {"entity": entity, "type": proof_type, "id": made}]
        fresh.save(update_fields=["permanent_id", "proofs"])
        for document, file_id in zip(group, files, strict=True):
            Document.objects.filter(pk=document.pk).update(file_id=file_id, sent_at=moment)


def _upload(driver: RegulatedDriver, document: Document) -> str:
    """The description that the provider keeps says nothing of the person."""
    return driver.upload(vault.read(document), f"order-{document.order_id}-document-{document.pk}")
