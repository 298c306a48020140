# SPDX-License-Identifier: GPL-3.0-or-later
"""What a number needs before it works: the provider's requirements as they were kept with the order, and what is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from voipbox.core.errors import Fault
from voipbox.providers.papers import AreaNeed, PersonNeed, ProofType, Requirements

from .models import Document, Registration

# How a provider calls a mandatory field, and our own name where that is another one.
_OURS = {"company_name": "company", "phone_number": "phone"}
_IDENTITY = ("first_name", "last_name", "phone", "kind")
BUSINESS_ONLY = ("company",)


def pack(requirements: Requirements) -> dict[str, Any]:
    """Requirements as JSON."""
    return dataclasses.asdict(requirements)


def unpack(kept: Mapping[str, Any]) -> Requirements | None:
    """Requirements from JSON, None where none were kept."""
    if not kept:
        return None
    return Requirements(**{**kept, "personal": _person(kept["personal"]), "business": _person(kept["business"])})


def _person(kept: Mapping[str, Any]) -> PersonNeed:
    template = kept["template"]
    return PersonNeed(
        **{
            **kept,
            "area": AreaNeed(**kept["area"]),
            "fields": tuple(kept["fields"]),
            "proof_types": tuple(ProofType(**one) for one in kept["proof_types"]),
            "template": (template[0], template[1]) if template else None,
        }
    )


def person(requirements: Requirements, kind: str) -> PersonNeed:
    """The half of the requirements for a kind of client."""
    return requirements.business if kind == "business" else requirements.personal


def mandatory(requirements: Requirements, kind: str) -> list[str]:
    """The identity's fields that may not be empty, in our names."""
    wanted = [_OURS.get(name, name) for name in person(requirements, kind).fields]
    business = BUSINESS_ONLY if kind == "business" else ()
    return list(dict.fromkeys([*_IDENTITY, *business, *wanted]))


def kind_fault(requirements: Requirements, kind: str) -> Fault | None:
    """Why this kind of client cannot have the number."""
    if requirements.identity_type in ("any", kind, ""):
        return None
    return Fault("identity.kind", f"is {requirements.identity_type} for this number")


def missing_data(row: Registration, requirements: Requirements) -> list[Fault]:
    """What identity, address and service lack; nothing is handed in while there is any."""
    found = []
    if not row.who:
        found.append(Fault("identity", _gone(row)))
    else:
        fault = kind_fault(requirements, row.kind)
        found += [fault] if fault else []
        wanted = mandatory(requirements, row.kind)
        found += [Fault(f"identity.{name}", "is required for this number") for name in wanted if not row.who.get(name)]
    if not row.where:
        found.append(Fault("address", _gone(row)))
    if requirements.service_description and not row.service.strip():
        found.append(Fault("service", "is required for this number: say what it is used for"))
    return found


def _gone(row: Registration) -> str:
    return "was purged some time after the decision; give it again" if row.purged_at else "is required for this number"


def missing_documents(row: Registration, requirements: Requirements, documents: Sequence[Document]) -> list[Fault]:
    """Which documents are still to be brought."""
    need = person(requirements, row.kind)
    held = [document for document in documents if document.purged_at is None]

    def count(entity: str) -> int:
        return sum(document.entity == entity for document in held)

    found = []
    for entity, wanted in (("identity", need.identity_proofs), ("address", need.address_proofs)):
        if count(entity) < wanted:
            kinds = ", ".join(kind.name for kind in need.proof_types if kind.entity == entity)
            found.append(Fault(f"documents.{entity}", f"{wanted} needed{f' ({kinds})' if kinds else ''}, {count(entity)} there"))
    if need.template and not count("permanent"):
        found.append(Fault("documents.permanent", f"the form {need.template[1]} is needed"))
    if need.onetime and not count("onetime"):
        found.append(Fault("documents.onetime", f"the form {need.onetime} is needed"))
    return found


def proof_type(requirements: Requirements, kind: str, entity: str, wanted: str) -> ProofType | None:
    """The kind of proof with this id or name (case and blanks aside), None where there is none."""
    plain = wanted.strip().casefold()
    for one in person(requirements, kind).proof_types:
        if one.entity == entity and plain in (one.id.casefold(), one.name.casefold()):
            return one
    return None
