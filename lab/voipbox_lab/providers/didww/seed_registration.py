# SPDX-License-Identifier: GPL-3.0-or-later
"""What countries want to know before a number works: made up, in the shapes that the provider documents."""

from __future__ import annotations

from typing import Any

from .records import Record, Ref, Store, fixed_id

# name, entity_type: the provider writes them in mixed case
PROOF_TYPES = (
    ("Passport", "Personal"),
    ("National ID", "personal"),
    ("Business Registration Certificate", "Business"),
    ("Utility Bill", "Address"),
    ("Bank Statement", "address"),
)

# name, permanent
TEMPLATES = (
    ("South Africa End User Form", True),
    ("Germany Registration Form", True),
    ("South Africa Letter of Intended Use", False),
)

_PERSON = ("Passport", "National ID")
_COMPANY = ("Business Registration Certificate",)
_HOME = ("Utility Bill", "Bank Statement")

# country, type of group, attributes that differ from the common ones, documents
REQUIREMENTS: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
    (
        "ZA",
        "Local",
        {
            "address_area_level": "area",
            "personal_mandatory_fields": ["birth_date", "id_number"],
            "business_mandatory_fields": ["country", "company_reg_number", "vat_id"],
            "restriction_message": "<p>An address in the <b>area</b> of the number is needed.</p>",
        },
        {"business_permanent_document": "South Africa End User Form"},
    ),
    (
        "ZA",
        "National",
        {"business_mandatory_fields": ["country", "company_reg_number"], "service_description_required": True},
        {
            "personal_onetime_document": "South Africa Letter of Intended Use",
            "business_onetime_document": "South Africa Letter of Intended Use",
        },
    ),
    (
        "DE",
        "Local",
        {"personal_mandatory_fields": ["birth_date"], "business_mandatory_fields": ["country", "company_reg_number"]},
        {"business_permanent_document": "Germany Registration Form"},
    ),
)


def add(store: Store) -> None:
    """Keep proof types, templates and requirements, and tell groups theirs."""
    for name, entity in PROOF_TYPES:
        store.add(Record("proof_types", fixed_id(f"proof {name}"), {"name": name, "entity_type": entity}))
    for name, permanent in TEMPLATES:
        attributes = {"name": name, "permanent": permanent, "url": f"https://portal.provider2.example/forms/{fixed_id(name)}"}
        store.add(Record("supporting_document_templates", fixed_id(f"template {name}"), attributes))
    for iso, kind, special, documents in REQUIREMENTS:
        _requirement(store, iso, kind, special, documents)


def _requirement(store: Store, iso: str, kind: str, special: dict[str, Any], documents: dict[str, str]) -> None:
    country, group_type = Ref("countries", fixed_id(f"country {iso}")), Ref("did_group_types", fixed_id(f"type {kind}"))
    attributes: dict[str, Any] = {
        "identity_type": "any",
        "personal_area_level": "world_wide",
        "business_area_level": "country",
        "address_area_level": "country",
        "personal_proof_qty": 1,
        "business_proof_qty": 1,
        "address_proof_qty": 1,
        "personal_mandatory_fields": [],
        "business_mandatory_fields": [],
        "service_description_required": False,
        "restriction_message": "End user registration needed: name, phone, address in country, proof documents.",
        **special,
    }
    proofs = {"personal_proof_types": _PERSON, "business_proof_types": _COMPANY, "address_proof_types": _HOME}
    requirement = store.add(
        Record(
            "address_requirements",
            fixed_id(f"requirement {iso} {kind}"),
            attributes,
            {
                "country": country,
                "did_group_type": group_type,
                **{name: [Ref("proof_types", fixed_id(f"proof {each}")) for each in names] for name, names in proofs.items()},
                **{name: Ref("supporting_document_templates", fixed_id(f"template {each}")) for name, each in documents.items()},
            },
        )
    )
    for group in store.all("did_groups"):
        if group.one("country") == country and group.one("did_group_type") == group_type:
            group.links["address_requirement"] = requirement.ref
