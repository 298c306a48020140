# SPDX-License-Identifier: GPL-3.0-or-later
"""What a number needs before it works, from the provider's requirements."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from voipbox.providers.papers import AreaNeed, PersonNeed, ProofType, Requirements
from voipbox.providers.records import Offer

from .client import Client, at
from .document import Document, Resource

_INCLUDE = (
    "personal_proof_types,business_proof_types,address_proof_types,personal_permanent_document,business_permanent_document,"
    "personal_onetime_document,business_onetime_document"
)
_DOING = "what a number needs before it works"
_LEVELS = ("", "world_wide", "country", "area", "city")
"""From anywhere to the same city."""
_BREAKS = frozenset({"br", "p", "li", "div", "ul", "ol", "tr", "h1", "h2", "h3", "h4"})
_LONGEST_ADDRESS = 1000
_TAG = re.compile(r"<[/!?A-Za-z][^>]*>")
_HIDDEN = frozenset({"script", "style", "template", "head"})


def of(client: Client, offer: Offer) -> Requirements | None:
    """What a number of an offer needs; None where nothing. Raises ProviderError."""
    if not offer.regulated:
        return None
    group = client.get(at("did_groups", str(offer.token.get("group") or "")), {"include": "address_requirement"}, _DOING).one
    requirement = group.link("address_requirement") if group else ""
    if not requirement:
        return None
    answer = client.get(at("address_requirements", requirement), {"include": _INCLUDE}, _DOING)
    found = answer.one
    if found is None:
        return None
    return Requirements(
        id=found.id,
        identity_type=found.text("identity_type").lower() or "any",
        personal=_person(answer, found, "personal"),
        business=_person(answer, found, "business"),
        service_description=found.attributes.get("service_description_required") is True,
        restriction=plain_text(found.text("restriction_message")),
    )


def _person(answer: Document, found: Resource, kind: str) -> PersonNeed:
    fields = found.attributes.get(f"{kind}_mandatory_fields")
    template, onetime = answer.relative(found, f"{kind}_permanent_document"), answer.relative(found, f"{kind}_onetime_document")
    near = max(found.text(f"{kind}_area_level").lower(), found.text("address_area_level").lower(), key=_nearness)
    return PersonNeed(
        area=AreaNeed(near),
        fields=tuple(str(each).strip().lower().replace(" ", "_") for each in fields) if isinstance(fields, list) else (),
        identity_proofs=found.count(f"{kind}_proof_qty"),
        address_proofs=found.count("address_proof_qty"),
        proof_types=tuple(
            ProofType(each.id, each.text("name"), entity)
            for relation, entity in ((f"{kind}_proof_types", "identity"), ("address_proof_types", "address"))
            for each in answer.related(found, relation)
        ),
        template=(template.id, template.text("name")) if template else None,
        onetime=onetime.text("name") if onetime else "",
        template_url=_address(template.text("url")) if template else "",
        onetime_url=_address(onetime.text("url")) if onetime else "",
    )


def _address(given: str) -> str:
    """An address that a page may lead to; empty for what is none."""
    good = len(given) <= _LONGEST_ADDRESS and given.isascii() and given.isprintable() and " " not in given
    try:
        parts = urlsplit(given) if good else None
    except ValueError:
        return ""
    return given if parts and parts.scheme == "https" and parts.hostname and not parts.username else ""


def _nearness(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


class _Text(HTMLParser):
    """Collects what a person would read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain_text(markup: str) -> str:
    """Markup as text: no tag and no control character is left, lines stay lines."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    text = html.unescape("".join(parser.parts))
    while text != (bare := _TAG.sub("", text)):  # what was escaped twice, or came to light by taking another out
        text = bare
    lines = (" ".join("".join(each if each.isprintable() else " " for each in line).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
