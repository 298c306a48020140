# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is known of a person, as one file of words and the documents beside it. Passwords and links stay out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from voipbox.core.errors import Fault, NotThere, Refused
from voipbox.core.people import Actor
from voipbox.numbers.models import Usage
from voipbox.orders import audit, compose
from voipbox.orders.models import AuditEvent, Order
from voipbox.regulatory import vault
from voipbox.regulatory.models import Document, Registration

from . import person as people
from .person import Person

_ORDER = (
    "id", "reference", "status", "source", "placed_by", "company", "contact", "email", "phone", "number", "domain", "seats",
    "first_extension", "extensions", "price", "admin_username", "admin_email", "admin_group", "time_zone", "language", "reason",
    "created_at", "completed_at",
)  # fmt: skip


def export(email: str, folder: Path, actor: Actor) -> list[Path]:
    """Write what is known of a person into a folder that only its owner reads; returns the files.

    Raises NotThere, and Refused for a folder that has something in it or cannot be written.
    """
    found = people.find(email)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise Refused([Fault("--to", f"{folder} has something in it; name an empty folder")])
        folder.chmod(0o700)
        files = [_write(folder / "person.json", json.dumps(words(found), indent=2, cls=DjangoJSONEncoder).encode())]
        for document in Document.objects.filter(order__in=found.orders, purged_at=None):
            end = document.media_type.rpartition("/")[2]
            name = folder / f"order-{document.order_id}-document-{document.pk}.{end}"
            try:
                files.append(_write(name, vault.read(document)))
            except NotThere:
                continue  # purged meanwhile
    except OSError as error:
        raise Refused([Fault("--to", f"{folder} cannot be written ({error.strerror})")]) from None
    audit.write(actor, "person_exported", after={"orders": [one.pk for one in found.orders], "files": len(files)})
    return files


def words(found: Person) -> dict[str, Any]:
    """What is known, as JSON."""
    user = found.user
    return {
        "email": found.email,
        "account": user and {
            "user_name": user.username, "email": user.email, "first_name": user.first_name, "last_name": user.last_name,
            "role": user.role, "active": user.is_active, "joined": user.date_joined, "last_sign_in": user.last_login,
            "tokens": list(user.apitoken_set.values("name", "scopes", "created_at", "last_used_at")),
        },
        "orders": [_order(one) for one in found.orders],
        "named_in_orders_of_others": [_named(one, found.email) for one in found.named],
        "unfinished_orders": [{"changed_at": one.changed_at, "data": _without_secrets(one.data)} for one in people.drafts(found)],
        "mails": [_mail(one.pk) for one in people.mails(found)],
        "audit": list(
            AuditEvent.objects.filter(user=user).values("at", "action", "order_id", "acting_for", "reason") if user else []
        ),
    }  # fmt: skip


def _order(order: Order) -> dict[str, Any]:
    row = Registration.objects.filter(order=order).first()
    return {
        **{name: getattr(order, name) for name in _ORDER},
        "notes": list(order.notes.values("at", "author", "text")),
        "registration": row and {
            "identity": row.who, "address": row.where, "service": row.service, "state": row.state, "decided_at": row.decided_at,
            "purged_at": row.purged_at,
        },
        "documents": [
            {"id": one.pk, "name": one.name, "about": one.entity, "added_at": one.added_at, "purged_at": one.purged_at}
            for one in order.documents.all()
        ],
        "calls": list(Usage.objects.filter(order=order).values("at", "number", "peer", "seconds", "amount", "currency")),
        "audit": list(order.audit.values("at", "actor", "action", "before", "after", "reason")),
    }  # fmt: skip


def _named(order: Order, email: str) -> dict[str, Any]:
    """Of somebody else's order only what names the person."""
    mine = [one for one in order.extensions if str(one.get("email", "")).lower() == email.lower()]
    admin = order.admin_username if order.admin_email.lower() == email.lower() else ""
    contact = order.contact if order.email.lower() == email.lower() else ""
    return {"id": order.pk, "domain": order.domain, "extensions": mine, "admin_username": admin, "contact": contact}


def _mail(mail_id: int) -> dict[str, Any]:
    mail, composed = compose.shown(mail_id)
    return {"at": mail.created_at, "state": mail.state, "to": mail.recipients, "subject": composed.subject, "text": composed.text}


def _without_secrets(value: Any) -> Any:
    """A draft's words without passwords and PINs."""
    if isinstance(value, dict):
        return {
            name: audit.HIDDEN if "password" in name or name == "again" else _without_secrets(one) for name, one in value.items()
        }
    return [_without_secrets(one) for one in value] if isinstance(value, list) else value


def _write(path: Path, content: bytes) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path
