# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities, addresses and their documents, and the registrations that join them to numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from voipbox.core.errors import Fault
from voipbox.providers.errors import AlreadyExists, BadRequest, Conflict, OutcomeUnknown, Temporary
from voipbox.providers.papers import Address, Identity, Verification

from .client import Client, at, exactly, to
from .document import Document, Resource
from .encryption import PublicKeys
from .numbers import Owned
from .places import Places
from .refusals import Invalid

_FIELDS = frozenset(
    {"id_number", "birth_date", "company_reg_number", "vat_id", "description", "personal_tax_id", "contact_email"}
)
_ENTITIES = {"identity": "identities", "address": "addresses"}
_LARGEST = 20 * 1024 * 1024


class Registrations:
    """The regulatory side of one account."""

    def __init__(self, client: Client, places: Places, owned: Owned) -> None:
        self._client, self._places, self._owned = client, places, owned
        self._keys: PublicKeys | None = None

    def identity(self, wanted: Identity) -> str:
        """Id of an identity, made or brought to what is wanted. Raises BadRequest, Conflict for another kind of client."""
        attributes: dict[str, Any] = {
            "first_name": wanted.first_name,
            "last_name": wanted.last_name,
            "phone_number": "".join(each for each in wanted.phone if each.isascii() and each.isdigit()),
            "external_reference_id": wanted.reference,
        }
        if wanted.company:
            attributes["company_name"] = wanted.company
        attributes |= {name: value for name, value in wanted.fields.items() if name in _FIELDS and value}
        strange = sorted(
            name for name, value in wanted.fields.items() if value and name not in {*_FIELDS, "birth_country", "country"}
        )
        if strange:
            raise BadRequest(
                f"The provider keeps no {', '.join(strange)} of an identity. Nothing was sent.",
                faults=[Fault(name, "is no field of the provider") for name in strange],
            )
        relations: dict[str, Any] = {"country": to("countries", self._places.country(wanted.country).id)}
        if wanted.fields.get("birth_country"):
            relations["birth_country"] = to("countries", self._places.country(wanted.fields["birth_country"]).id)
        found = self._found("identities", wanted.reference, "country,birth_country")
        if found is not None and found.text("identity_type").lower() != wanted.kind:
            raise Conflict(
                f"The provider has the identity {wanted.reference} as {found.text('identity_type')}, which can never be "
                f"changed: a new reference is needed for a {wanted.kind} one. Nothing was sent."
            )
        made = {**attributes, "identity_type": wanted.kind}
        return self._ensured("identities", wanted.reference, found, made, attributes, relations)

    def address(self, wanted: Address) -> str:
        """Id of an address, made or brought to what is wanted. Raises BadRequest, Conflict for another identity."""
        attributes = {
            "city_name": wanted.city,
            "postal_code": wanted.postal_code,
            "address": wanted.street,
            "external_reference_id": wanted.reference,
        }
        relations: dict[str, Any] = {"country": to("countries", self._places.country(wanted.country).id)}
        if wanted.area:
            relations["area"] = to("areas", wanted.area)
        if wanted.city_id:
            relations["city"] = to("cities", wanted.city_id)
        found = self._found("addresses", wanted.reference, "identity,country,area,city")
        if found is not None and found.link("identity") not in ("", wanted.identity_id):
            raise Conflict(f"The provider has the address {wanted.reference} with another identity. Nothing was sent.")
        made = {**relations, "identity": to("identities", wanted.identity_id)}
        return self._ensured("addresses", wanted.reference, found, attributes, attributes, relations, made)

    def upload(self, content: bytes, description: str) -> str:
        """Id of a file that only the provider can read; it drops it after a day unless it is attached. Raises BadRequest."""
        if not content or len(content) > _LARGEST:
            cause = "is empty" if not content else "is larger than 20 MB"
            raise BadRequest(f"A document {cause}. Nothing was sent.", faults=[Fault("file", cause)])
        try:
            answer = self._send(content, description)
        except BadRequest as error:
            if "outdated fingerprint" not in str(error).lower():
                raise
            self._keys = None  # the provider changed its keys: seal it anew, once
            answer = self._send(content, description)
        if answer.one is None:
            raise Temporary("The provider took a document, but its answer names none; it drops such files by itself.")
        return answer.one.id

    def proof(self, entity: str, entity_id: str, proof_type: str, files: Sequence[str]) -> str:
        """Id of a proof of these files; the same files are attached once. Raises BadRequest, AlreadyExists."""
        if entity not in _ENTITIES:
            raise BadRequest(
                f"There is no proof of {entity!r}. Nothing was sent.", faults=[Fault("entity", "is identity or address")]
            )
        kind = _ENTITIES[entity]
        relations = {
            "files": [to("encrypted_files", each) for each in files],
            "proof_type": to("proof_types", proof_type),
            "entity": to(kind, entity_id),
        }
        return self._attached("proofs", at(kind, entity_id), "proofs", _reference(entity_id, proof_type, files), relations)

    def permanent_document(self, identity_id: str, template: str, files: Sequence[str]) -> str:
        """Id of a permanent document of these files; the same files are attached once."""
        relations = {
            "files": [to("encrypted_files", each) for each in files],
            "template": to("supporting_document_templates", template),
            "identity": to("identities", identity_id),
        }
        kind, reference = "permanent_supporting_documents", _reference(identity_id, template, files)
        return self._attached(kind, at("identities", identity_id), "permanent_documents", reference, relations)

    def validate(self, requirement: str, identity_id: str, address_id: str) -> tuple[str, ...]:
        """The provider's sentences about what is missing; nothing is kept there."""
        relations = {"address_requirement": to("address_requirements", requirement)}
        if identity_id:
            relations["identity"] = to("identities", identity_id)
        if address_id:
            relations["address"] = to("addresses", address_id)
        try:
            self._client.create("address_requirement_validations", None, relations, "the check of a registration")
        except Invalid as error:
            return error.sentences
        return ()

    def submit(
        self, reference: str, number: str, address_id: str, onetime_files: Sequence[str], service: str, callback_url: str
    ) -> Verification:
        """Hand in a registration, once: one of this reference that stands is returned. Raises BadRequest whose faults are the
        provider's sentences, and OutcomeUnknown."""
        standing = self.find(reference)
        if standing is not None and standing.state != "rejected":
            return standing
        _page, did = self._owned.must(number)
        attributes: dict[str, Any] = {"external_reference_id": reference}
        if callback_url:
            attributes |= {"callback_url": callback_url, "callback_method": "post"}
        if service:
            attributes["service_description"] = service
        relations: dict[str, Any] = {"dids": [to("dids", did.id)], "address": to("addresses", address_id)}
        if onetime_files:
            relations["onetime_files"] = [to("encrypted_files", each) for each in onetime_files]
        doing = f"the registration {reference}"
        try:
            made = self._client.create("address_verifications", attributes, relations, doing, repeatable=False).one
        except Invalid as error:
            faults = [Fault("registration", sentence) for sentence in error.sentences]
            raise Invalid(str(error), error.code, error.faults or faults, error.sentences) from None
        if made is None:
            raise OutcomeUnknown(f"The provider took {doing}, but its answer names none.")
        return _verification(made)

    def find(self, reference: str) -> Verification | None:
        """The newest registration with a reference of ours."""
        filters = {"filter[external_reference_id]": reference}
        rows = self._client.all("address_verifications", filters, f"to look for the registration {reference}")
        found = [row for row in rows if row.text("external_reference_id") == reference]
        return _verification(max(found, key=lambda row: row.text("created_at"))) if found else None

    def one(self, verification: str) -> Verification:
        """A registration by its id. Raises NotFound."""
        found = self._client.get(at("address_verifications", verification), None, "to read a registration").one
        if found is None:
            raise Temporary("The provider's answer names no registration.")
        return _verification(found)

    def _found(self, kind: str, reference: str, include: str) -> Resource | None:
        if not reference:
            raise BadRequest(
                "A reference is needed to find things again. Nothing was sent.", faults=[Fault("reference", "is missing")]
            )
        page = self._client.get(
            kind, {"filter[external_reference_id]": reference, "include": include}, f"to look for {reference}"
        )
        return exactly(list(page.resources), "external_reference_id", reference)

    def _ensured(
        self,
        kind: str,
        reference: str,
        found: Resource | None,
        made: Mapping[str, Any],
        attributes: Mapping[str, Any],
        relations: Mapping[str, Any],
        relations_made: Mapping[str, Any] | None = None,
    ) -> str:
        """Make what is not there; change what differs, and only that."""
        if found is None:
            answer = self._client.create(kind, made, relations_made or relations, f"{reference} ({kind})").one
            if answer is None:
                answer = self._found(kind, reference, "country")
            if answer is None:
                raise Temporary(f"The provider took {reference}, but does not show it yet.")
            return answer.id
        changed = {name: value for name, value in attributes.items() if found.text(name) != value}
        moved = {name: value for name, value in relations.items() if found.link(name) != value["id"]}
        if changed or moved:
            self._client.change(kind, found.id, changed, moved, f"to correct {reference} ({kind})")
        return found.id

    def _attached(self, kind: str, path: str, relation: str, reference: str, relations: Mapping[str, Any]) -> str:
        """Attach files to what they belong to; what was attached before is found by a reference made of the files' ids."""
        if not relations["files"]:
            raise BadRequest("A document needs a file. Nothing was sent.", faults=[Fault("files", "are missing")])
        answer = self._client.get(path, {"include": relation}, "the documents that are there")
        there = answer.related(answer.one, relation) if answer.one else []
        found = exactly(there, "external_reference_id", reference)
        if found is not None:
            return found.id
        try:
            made = self._client.create(kind, {"external_reference_id": reference}, relations, "a document").one
        except AlreadyExists:
            made = None
        if made is None:
            raise Temporary("The provider took a document, but does not show it yet.")
        return made.id

    def _send(self, content: bytes, description: str) -> Document:
        if self._keys is None:
            pems = [each.text("key") for each in self._client.get("public_keys", None, "the provider's public keys").resources]
            try:
                self._keys = PublicKeys(pems)
            except ValueError as error:
                raise Temporary(f"The provider's public keys cannot be used: {error}. No document was sent.") from None
        fields = {
            "encrypted_files[encryption_fingerprint]": self._keys.fingerprint,
            "encrypted_files[description]": description[:100],
        }
        file = ("encrypted_files[file]", self._keys.encrypt(content))
        return self._client.upload("encrypted_files", fields, file, "a document")


def _verification(found: Resource) -> Verification:
    """A registration; its reasons are a list in the API and one text in a callback, with a comment of the reviewer."""
    state = found.text("status").lower()
    reasons = found.attributes.get("reject_reasons")
    faults = [str(each) for each in reasons if each] if isinstance(reasons, list) else []
    faults += [found.text(name) for name in ("reject_reason", "reject_comment") if found.text(name)]
    return Verification(found.id, state or "unknown", found.text("external_reference_id"), tuple(faults))


def _reference(entity: str, kind: str, files: Sequence[str]) -> str:
    """Names one set of files of one kind of one entity."""
    return "files-" + hashlib.sha256("\n".join((entity, kind, *sorted(files))).encode()).hexdigest()[:40]
