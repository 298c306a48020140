# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted files: read with the private keys, looked at, never given back, gone after a day unless something holds them."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from werkzeug.wrappers import Request

from .handler import Handler
from .records import Record, fixed_id
from .wire import Refusal, attribute_error, error, invalid, sentence_error
from .world import World

_LARGEST = 20 * 1024 * 1024
_KEPT = datetime.timedelta(hours=24)
_PREFIX = "encrypted_files"
_SIGNATURES = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}


def type_of(content: bytes) -> str:
    """pdf, png or jpg, by its first bytes; empty for anything else."""
    return next((name for name, start in _SIGNATURES.items() if content.startswith(start)), "")


class PublicKeys(Handler):
    """The keys, A first; for everybody."""

    kind = "public_keys"

    def records(self) -> list[Record]:
        """Both of them."""
        return [Record(self.kind, fixed_id(f"key {pem}"), {"key": pem}) for pem in self.world.keys.pems()]


class Files(Handler):
    """Files come as forms, not as JSON:API."""

    kind = "encrypted_files"

    def receive(self, request: Request) -> Record:
        """Take an upload. Raises Refusal."""
        names = [*request.form, *request.files]
        if not names or any(not self._known(name) for name in names):
            raise Refusal(400, [error(400, "400", "invalid params")])
        fingerprint = request.form.get(f"{_PREFIX}[encryption_fingerprint]", "")
        uploads = request.files.getlist(f"{_PREFIX}[file]")
        errors = [
            attribute_error(name, "can't be blank")
            for name, given in (("encryption_fingerprint", fingerprint), ("file", uploads))
            if not given
        ]
        if errors:
            raise invalid(*errors)
        if fingerprint != self.world.keys.fingerprint():
            raise invalid(sentence_error("outdated fingerprint"))
        if len(uploads) > 1:
            raise Refusal(400, [error(400, "400", "invalid params")])
        container = uploads[0].read()
        if len(container) > _LARGEST:
            raise invalid(attribute_error("file", "is too large (maximum is 20 MB)"))
        return self._keep(container, request.form.get(f"{_PREFIX}[description]"))

    @staticmethod
    def _known(name: str) -> bool:
        return name in {f"{_PREFIX}[{part}]" for part in ("encryption_fingerprint", "description", "file")}

    def _keep(self, container: bytes, description: str | None) -> Record:
        try:
            content = self.world.keys.open(container)
        except ValueError:
            raise invalid(attribute_error("file", "is invalid")) from None
        kind = type_of(content)
        if not kind:
            raise invalid(attribute_error("file", "has an unsupported format"))
        expires = self.world.now() + _KEPT
        record = self.world.make(self.kind, {"description": description, "expires_at": self.world.stamp(expires)})
        # What it was is kept, the file is not: nothing here has to be able to hand it out.
        record.hidden.update(type=kind, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        self.world.schedule.at(expires, lambda: self.store.drop(record.ref))
        return record


def seen(record: Record) -> dict[str, Any]:
    """What is known of a file: its type, size and hash."""
    return {"id": record.id, "description": record.attributes["description"], **record.hidden}


def copies(world: World, refs: list[Any]) -> list[dict[str, Any]]:
    """What something that holds files keeps of them."""
    return [seen(world.store.need(ref)) for ref in refs]
