# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said between the controller and a provider's driver about the papers of a regulated number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AreaNeed:
    """How near an identity's address must be to the number: world_wide, country, area or city; empty: not said."""

    level: str = ""


@dataclass(frozen=True)
class ProofType:
    """A document that the provider takes. entity: identity or address."""

    id: str
    name: str
    entity: str


@dataclass(frozen=True)
class PersonNeed:
    """What one kind of client must bring. fields: mandatory fields in our names (birth_date, personal_tax_id, id_number,
    vat_id, company_reg_number, country ...); proofs: how many of each entity; templates: ids and names of permanent
    documents; onetime: name of a one-time document, empty: none; template_url, onetime_url: where the provider keeps the
    empty form, empty: not told."""

    area: AreaNeed = AreaNeed()
    fields: tuple[str, ...] = ()
    identity_proofs: int = 0
    address_proofs: int = 0
    proof_types: tuple[ProofType, ...] = ()
    template: tuple[str, str] | None = None
    onetime: str = ""
    template_url: str = ""
    onetime_url: str = ""


@dataclass(frozen=True)
class Requirements:
    """What a number needs before it works. identity_type: any, personal or business; restriction: plain text."""

    id: str
    identity_type: str
    personal: PersonNeed
    business: PersonNeed
    service_description: bool = False
    restriction: str = ""


@dataclass(frozen=True)
class Identity:
    """Who uses the number. fields: further ones in our names. reference: ours, for finding it again."""

    reference: str
    kind: str
    first_name: str
    last_name: str
    phone: str
    country: str
    company: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """Where the number is used. country: ISO code; area and city_id: the provider's regulatory places where it wants them."""

    reference: str
    identity_id: str
    country: str
    city: str
    postal_code: str
    street: str
    area: str = ""
    city_id: str = ""


@dataclass(frozen=True)
class Verification:
    """A registration that was handed in. state: pending, approved or rejected, or the provider's own word where it is none
    of these; faults: why it was rejected."""

    id: str
    state: str
    reference: str = ""
    faults: tuple[str, ...] = ()
