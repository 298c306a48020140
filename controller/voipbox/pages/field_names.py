# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fields of orders and registrations are called on pages, by the paths that faults name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from voipbox.core.errors import Fault
from voipbox.orders.statuses import BADGES, Status

LABELS = {
    "admin": "Admin user", "admin.email": "Admin's e-mail", "admin.group": "Admin's group", "admin.language": "Language",
    "admin.password": "Admin's password", "admin.time_zone": "Time zone", "admin.username": "Admin's user name",
    "address": "Address", "assigned_to": "Seen to by",
    "address.area": "Regulatory area", "address.city": "City", "address.country": "Country of the address",
    "address.postal_code": "Postal code", "address.street": "Street and number",
    "capacity": "Way to pay", "client": "Client's account", "company": "Company", "contact": "Contact",
    "documents.address": "Proof of address", "documents.identity": "Proof of identity",
    "documents.onetime": "Form for this registration", "documents.permanent": "Form that stays with the identity",
    "domain": "Address of the system", "email": "E-mail", "entity": "What the document is about", "file": "File",
    "file.name": "Name of the file", "first_extension": "First extension",
    "identity": "Identity", "identity.birth_country": "Country of birth", "identity.birth_date": "Date of birth",
    "identity.company": "Company", "identity.company_reg_number": "Company registration number",
    "identity.contact_email": "E-mail of the user", "identity.country": "Country",
    "identity.first_name": "First name", "identity.id_number": "Number of passport or identity card",
    "identity.kind": "Person or business", "identity.last_name": "Last name", "identity.personal_tax_id": "Personal tax number",
    "identity.phone": "Telephone", "identity.vat_id": "VAT number",
    "instead_of": "Document to replace", "issued_on": "Date on the bill", "items": "Items", "number": "Number",
    "phone": "Telephone", "proof_type": "Kind of proof", "provider": "Provider", "reason": "Why", "reference": "Reference",
    "registration": "Registration", "seats": "Extensions", "server": "PBX server", "service": "What the number is used for",
    "term": "Billing term", "text": "Text", "trunk": "Trunk", "trunk.password": "Password of the trunk",
    "trunk.username": "User name of the trunk",
}  # fmt: skip
_PLACED = re.compile(r"^(items|extensions|documents|accounts|products|bundles|prices)[\[.](\d+)\]?\.?(.*)$")
_ONE = {"items": "Item", "extensions": "Extension", "documents": "Document", "accounts": "Account", "prices": "Price"}
_INSIDE = {"issued_on": "date on the bill"}


_STATUSES = re.compile(r"\b(?:" + "|".join(sorted(status for status in Status if "_" in status)) + r")\b")


def label(field: str) -> str:
    """A field's name for people: documents[2].issued_on is Document 2, date on the bill. Rows of lists count from 1."""
    if field in LABELS:
        return LABELS[field]
    if "," in field:
        return ", ".join(label(one.strip()) for one in field.split(","))
    placed = _PLACED.match(field)
    if placed:
        what, place, rest = placed.groups()
        place = int(place) + (what != "documents")  # a document is named by its own number
        inside = _INSIDE.get(rest, rest.replace("_", " ").replace(".", " "))
        return f"{_ONE.get(what, what.capitalize())} {place}{f', {inside}' if inside else ''}"
    return field.replace("_", " ").replace(".", " ").strip().capitalize()


def sentence(fault: Fault) -> str:
    """A fault as a page tells it."""
    return f"{label(fault.field)}: {fault.cause}" if fault.field else fault.cause[:1].upper() + fault.cause[1:]


def spoken(text: str) -> str:
    """A refusal as a page tells it: statuses of orders by what their badges say instead of by their names."""
    return _STATUSES.sub(lambda found: BADGES[Status(found[0])].text, text)


def sentences(faults: Iterable[Fault]) -> str:
    """Faults as one line."""
    return "; ".join(sentence(fault) for fault in faults)
