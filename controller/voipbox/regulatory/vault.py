# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypting files on arrival and opening them again."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken

from voipbox.core.errors import NotThere
from voipbox.core.keys import SealBroken

from .models import Content, Document


def put(document: Document, content: bytes) -> None:
    """Store a document's bytes under a fresh key."""
    key = Fernet.generate_key()
    Content.objects.create(document=document, key=key.decode(), token=Fernet(key).encrypt(content))


def read(document: Document) -> bytes:
    """A document's bytes. Raises NotThere when they were purged, SealBroken when the keys are others."""
    held = Content.objects.filter(document=document).first()
    if held is None:
        raise NotThere(f"The file of document {document.pk} was purged; add it again.")
    try:
        return Fernet(held.key.encode()).decrypt(bytes(held.token))
    except InvalidToken:
        raise SealBroken(f"The file of document {document.pk} was changed in the database; it is not used.") from None


def forget(order_id: int) -> int:
    """Take away the bytes and keys of all documents of an order; returns how many there were."""
    return Content.objects.filter(document__order_id=order_id).delete()[0]
