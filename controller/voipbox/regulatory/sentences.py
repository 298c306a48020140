# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's plain sentences about a registration, each led to the field that it is about. The sentence stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from voipbox.core.errors import Fault

# From the special to the general: the first that fits counts. "Identity Proof(s)" comes before everything on identities.
_FIELDS: tuple[tuple[str, str], ...] = (
    (r"one-?time document", "documents.onetime"),
    (r"supporting document", "documents.permanent"),
    (r"(identity|personal|business) proof|proof of (identity|business)", "documents.identity"),
    (r"address proof|proof of ((personal|business) )?address|utility bill", "documents.address"),
    (r"service description", "service"),
    (r"(place|country) of birth|birth country", "identity.birth_country"),
    (r"birth ?date|birthday|date of birth", "identity.birth_date"),
    (r"first name", "identity.first_name"),
    (r"last name|surname", "identity.last_name"),
    (r"e-?mail", "identity.contact_email"),
    (r"phone", "identity.phone"),
    (r"tax id|personal tax", "identity.personal_tax_id"),
    (r"company reg|registration number", "identity.company_reg_number"),
    (r"company", "identity.company"),
    (r"vat", "identity.vat_id"),
    (r"\bid number", "identity.id_number"),
    (r"identity type|must be (a )?(personal|business)", "identity.kind"),
    (r"identity country|country of identity", "identity.country"),
    (r"postal|zip|postcode", "address.postal_code"),
    (r"\bcity\b", "address.city"),
    (r"\barea\b", "address.area"),
    (r"address country|country of address", "address.country"),
    (r"passport|national id|proof|document", "documents.identity"),
    (r"address", "address"),
    (r"identity|name", "identity"),
    (r"country", "address.country"),
)
_COMPILED = [(re.compile(pattern, re.IGNORECASE), field) for pattern, field in _FIELDS]


def fault(sentence: str) -> Fault:
    """One sentence as a fault of a field; of the registration as a whole where no field is recognised."""
    words = sentence.replace("_", " ")
    return Fault(next((field for pattern, field in _COMPILED if pattern.search(words)), "registration"), sentence)


def faults(sentences: Iterable[str]) -> list[Fault]:
    """All of them, each once."""
    return [fault(sentence) for sentence in dict.fromkeys(sentences)]


def about_documents(one: Fault) -> bool:
    """True for what is settled by bringing documents."""
    return one.field.startswith("documents.")
