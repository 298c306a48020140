# SPDX-License-Identifier: GPL-3.0-or-later
"""Types for registering numbers."""

from __future__ import annotations

from .filters import at, flag
from .kind import ACTION, ALL, COUNTRY, Kind, Relation, equal, to, to_many, with_part

KINDS: dict[str, Kind] = {
    "proof_types": Kind(("name", "entity_type"), {}, {"entity_type": at("entity_type", folded=True)}),
    "supporting_document_templates": Kind(
        ("name", "permanent", "url"), {}, {**with_part("name"), "permanent": flag("permanent")}
    ),
    "address_requirements": Kind(
        (
            "identity_type",
            "personal_area_level",
            "business_area_level",
            "address_area_level",
            "personal_proof_qty",
            "business_proof_qty",
            "address_proof_qty",
            "personal_mandatory_fields",
            "business_mandatory_fields",
            "service_description_required",
            "restriction_message",
        ),
        {
            **COUNTRY,
            "did_group_type": to("did_group_types"),
            "personal_permanent_document": to("supporting_document_templates"),
            "business_permanent_document": to("supporting_document_templates"),
            "personal_onetime_document": to("supporting_document_templates"),
            "business_onetime_document": to("supporting_document_templates"),
            "personal_proof_types": to_many("proof_types"),
            "business_proof_types": to_many("proof_types"),
            "address_proof_types": to_many("proof_types"),
        },
        equal("country.id", "did_group_type.id"),
    ),
    "address_requirement_validations": Kind(
        (),
        {"address_requirement": to("address_requirements"), "address": to("addresses"), "identity": to("identities")},
        {},
        ACTION,
    ),
    "identities": Kind(
        (
            "first_name",
            "last_name",
            "phone_number",
            "id_number",
            "birth_date",
            "company_name",
            "company_reg_number",
            "vat_id",
            "description",
            "personal_tax_id",
            "identity_type",
            "created_at",
            "external_reference_id",
            "verified",
            "contact_email",
        ),
        {
            **COUNTRY,
            "birth_country": to("countries"),
            "proofs": to_many("proofs", via="entity"),
            "addresses": to_many("addresses", via="identity"),
            "permanent_documents": to_many("permanent_supporting_documents", via="identity"),
        },
        {
            **with_part("company_name", "company_reg_number", "description", "first_name", "id_number", "last_name"),
            **with_part("personal_tax_id", "phone_number", "vat_id"),
            **equal("birth_date", "country.id", "external_reference_id", "identity_type"),
        },
        ALL,
    ),
    "addresses": Kind(
        ("city_name", "postal_code", "address", "description", "created_at", "verified", "external_reference_id"),
        {
            "identity": to("identities"),
            **COUNTRY,
            "proofs": to_many("proofs", via="entity"),
            "area": to("areas"),
            "city": to("cities"),
        },
        {
            **with_part("address", "city_name", "description", "postal_code"),
            **equal("area.id", "city.id", "country.id", "external_reference_id"),
            **equal("identity.id", "identity.external_reference_id"),
        },
        ALL,
    ),
    "public_keys": Kind(("key",), verbs=frozenset({"list"}), paged=False, total=""),
    "encrypted_files": Kind(("description", "expires_at"), verbs=frozenset({"list", "get", "create", "delete"})),
    "proofs": Kind(
        ("created_at", "expires_at", "external_reference_id"),
        {"proof_type": to("proof_types"), "entity": Relation(("identities", "addresses"))},
        equal("external_reference_id"),
        ALL,
    ),
    "permanent_supporting_documents": Kind(
        ("created_at", "external_reference_id"),
        {"template": to("supporting_document_templates"), "identity": to("identities")},
        equal("external_reference_id"),
        ALL,
    ),
    "address_verifications": Kind(
        (
            "external_reference_id",
            "service_description",
            "callback_url",
            "callback_method",
            "status",
            "reject_reasons",
            "reject_comment",
            "reference",
            "created_at",
        ),
        {"dids": to_many("dids"), "address": to("addresses")},
        {
            **equal("external_reference_id", "reference", "status", "address.id", "address.identity.id"),
            "reference_in": at("reference"),
        },
        frozenset({"list", "get", "create", "update"}),
    ),
}
