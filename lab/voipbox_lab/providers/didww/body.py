# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client sends: one resource, checked for its shape; faults of its values are gathered, since the provider tells
all of them at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .kind import Relation
from .records import Link, Record, Ref, Store
from .wire import Refusal, attribute_error, error, invalid, not_allowed, relation_error

LONGEST_REFERENCE = 100
_TEXTS = frozenset(
    [
        "name",
        "description",
        "external_reference_id",
        "callback_url",
        "callback_method",
        "service_description",
        "first_name",
        "last_name",
        "phone_number",
        "id_number",
        "birth_date",
        "company_name",
        "company_reg_number",
        "vat_id",
        "personal_tax_id",
        "contact_email",
        "identity_type",
        "city_name",
        "postal_code",
        "address",
        "export_type",
        "cli_format",
        "cli_prefix",
        "status",
        "on_cli_mismatch_action",
        "default_dst_action",
    ]
)


@dataclass
class Given:
    """A resource as it was sent. Parameters: errors, what is wrong with it so far."""

    attributes: dict[str, Any]
    links: dict[str, Link] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def fault(self, name: str, says: str, pointer: str = "") -> None:
        """Note that an attribute is wrong."""
        self.errors.append(attribute_error(name, says, pointer))

    def fault_at_link(self, name: str, says: str = "is invalid") -> None:
        """Note that a relationship is wrong, unless that is known."""
        found = relation_error(name, says)
        if all(each.get("source") != found["source"] for each in self.errors):
            self.errors.append(found)

    def require(self, *names: str) -> None:
        """Attributes that must say something."""
        for name in names:
            if self.attributes.get(name) in (None, "", [], {}):
                self.fault(name, "can't be blank")

    def require_links(self, *names: str) -> None:
        """Relationships that must lead somewhere."""
        for name in names:
            if not self.links.get(name):
                self.fault_at_link(name, "can't be blank")

    def one_of(self, name: str, choices: Collection[str]) -> None:
        """An attribute that is one of some words, where it is given."""
        if self.attributes.get(name) is not None and self.attributes[name] not in choices:
            self.fault(name, "is not included in the list")

    def whole(self, name: str, lowest: int, highest: int | None = None) -> None:
        """An attribute that is a whole number in a range, where it is given."""
        value = self.attributes.get(name)
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(name, "is not a number")
        elif value < lowest:
            self.fault(name, f"must be greater than or equal to {lowest}")
        elif highest is not None and value > highest:
            self.fault(name, f"must be less than or equal to {highest}")

    def short(self, name: str = "external_reference_id", longest: int = LONGEST_REFERENCE) -> None:
        """An attribute that may only be so long."""
        if len(str(self.attributes.get(name) or "")) > longest:
            self.fault(name, f"is too long (maximum is {longest} characters)")

    def callback(self) -> None:
        """The pair callback_url and callback_method."""
        self.one_of("callback_method", ("get", "post"))
        if self.attributes.get("callback_url") and not str(self.attributes["callback_url"]).startswith(("http://", "https://")):
            self.fault("callback_url", "is invalid")
        if self.attributes.get("callback_url"):
            self.attributes["callback_method"] = self.attributes.get("callback_method") or "post"

    def one(self, name: str) -> Ref | None:
        """A relationship to one."""
        link = self.links.get(name)
        return link if isinstance(link, Ref) else None

    def many(self, name: str) -> list[Ref]:
        """A relationship to many."""
        link = self.links.get(name)
        return list(link) if isinstance(link, list) else []

    def check(self) -> None:
        """Refuse what is wrong. Raises Refusal."""
        if self.errors:
            raise invalid(*self.errors)

    def onto(self, record: Record, *without: str) -> None:
        """Write what was sent into a record."""
        record.attributes.update({name: value for name, value in self.attributes.items() if name not in without})
        record.links.update({name: link for name, link in self.links.items() if name not in without})


def inner(sent: Any) -> tuple[str, dict[str, Any] | None]:
    """Type and attributes of a resource inside an attribute; None for attributes that are none."""
    if not isinstance(sent, dict):
        return "", None
    attributes = sent.get("attributes") or {}
    return str(sent.get("type")), dict(attributes) if isinstance(attributes, dict) else None


def _bad(title: str, detail: str, code: str = "400") -> Refusal:
    return Refusal(400, [error(400, code, title, detail)])


def read(
    body: bytes, kind: str, attributes: Collection[str], relations: Mapping[str, Relation], store: Store, identifier: str = ""
) -> Given:
    """Read a resource. Parameters: attributes and relations, what may be sent; identifier, of the record to change. Raises
    Refusal: 400 for what is no such resource or not to be sent; values are left to Given."""
    try:
        data = json.loads(body)["data"]
        sent, links = dict(data.get("attributes") or {}), dict(data.get("relationships") or {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _bad("Bad Request", "The body is not a JSON:API document.") from None
    if data.get("type") != kind:
        raise _bad("Invalid resource", f"{data.get('type')} is not a valid resource.", "101")
    if identifier and data.get("id") not in (identifier, None):
        raise _bad("Key is not included in the request", f"The id {data.get('id')} does not match the URL.", "109")
    wrong = [name for name in sent if name not in attributes] + [name for name in links if name not in relations]
    if wrong:
        raise Refusal(400, [found for name in wrong for found in not_allowed(name).errors])
    given = Given(sent)
    for name in _TEXTS & set(sent):
        if sent[name] is not None and not isinstance(sent[name], str):
            given.fault(name, "is invalid")
    for name, value in links.items():
        given.links[name] = _link(given, name, value, relations[name], store)
    return given


def _link(given: Given, name: str, value: Any, relation: Relation, store: Store) -> Link:
    if not isinstance(value, dict) or "data" not in value:
        raise _bad("Invalid Links Object", f"{name} is not a relationship.", "108")
    data = value["data"]
    if relation.many:
        if not isinstance(data, list):
            raise _bad("Invalid Links Object", f"{name} takes a list.", "108")
        return [ref for ref in (_ref(given, name, each, relation, store) for each in data) if ref]
    return None if data is None else _ref(given, name, data, relation, store)


def _ref(given: Given, name: str, data: Any, relation: Relation, store: Store) -> Ref | None:
    try:
        ref = Ref(str(data["type"]), str(data["id"]))
    except (KeyError, TypeError):
        raise _bad("Invalid Links Object", f"{name} is not a relationship.", "108") from None
    if ref.type not in relation.types or store.at(ref) is None:
        given.fault_at_link(name)
        return None
    return ref
