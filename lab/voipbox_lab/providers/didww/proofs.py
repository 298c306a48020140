# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of identities and addresses. Files are copied into them and cannot be read back."""

from __future__ import annotations

from typing import ClassVar

from .body import Given
from .files import copies
from .handler import Handler
from .kind import Relation
from .kinds import KINDS
from .records import Record

_FILES = Relation(("encrypted_files",), many=True)
_ENTITIES = {"personal": "identities", "business": "identities", "address": "addresses"}


class Proofs(Handler):
    """A proof is for an identity or an address, as its type says."""

    kind = "proofs"
    attributes: ClassVar[tuple[str, ...]] = ("external_reference_id",)
    relations: ClassVar = {**KINDS["proofs"].relations, "files": _FILES}
    changeable_links: ClassVar[tuple[str, ...]] = ()

    def create(self, given: Given) -> Record:
        """Make one."""
        given.require_links("files", "proof_type", "entity")
        given.short()
        kind, entity = self.store.at(given.one("proof_type")), self.store.at(given.one("entity"))
        if kind and entity and not self._fits(kind, entity):
            given.fault_at_link("proof_type")
        given.check()
        record = self.world.make(self.kind, {"expires_at": None, "external_reference_id": None})
        given.onto(record, "files")
        record.hidden["files"] = copies(self.world, given.many("files"))
        return record

    @staticmethod
    def _fits(kind: Record, entity: Record) -> bool:
        wanted = str(kind.attributes["entity_type"]).lower()
        return _ENTITIES[wanted] == entity.type and entity.attributes.get("identity_type") in (None, wanted)

    def update(self, record: Record, given: Given) -> None:
        """The reference of the customer is all that may be changed."""
        given.short()
        given.check()
        given.onto(record)


class PermanentDocuments(Handler):
    """Forms that belong to an identity for good."""

    kind = "permanent_supporting_documents"
    attributes: ClassVar[tuple[str, ...]] = ("external_reference_id",)
    relations: ClassVar = {**KINDS["permanent_supporting_documents"].relations, "files": _FILES}
    changeable_links: ClassVar[tuple[str, ...]] = ()

    def create(self, given: Given) -> Record:
        """Make one."""
        given.require_links("files", "template", "identity")
        given.short()
        template = self.store.at(given.one("template"))
        if template and not template.attributes["permanent"]:
            given.fault_at_link("template")
        given.check()
        record = self.world.make(self.kind, {"external_reference_id": None})
        given.onto(record, "files")
        record.hidden["files"] = copies(self.world, given.many("files"))
        return record

    def update(self, record: Record, given: Given) -> None:
        """The reference of the customer is all that may be changed."""
        given.short()
        given.check()
        given.onto(record)
