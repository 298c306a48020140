# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provider's refusals mean, as the types of voipbox.providers.errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from voipbox.core.errors import Fault
from voipbox.providers.errors import (
    AccessDenied,
    AccountLimit,
    AlreadyExists,
    AuthFailed,
    BadRequest,
    Conflict,
    InsufficientFunds,
    NotFound,
    NumberUnavailable,
    RateLimited,
    Refusal,
)

_LONGEST = 300
OUR_NAMES = {
    "address": "street",
    "city_name": "city",
    "company_name": "company",
    "phone_number": "phone",
    "identity_type": "kind",
    "external_reference_id": "reference",
    "authentication_method": "pbx_addresses",
    "allowed_sip_ips": "pbx_addresses",
    "capacity_limit": "channels",
    "threshold_amount": "spend_limit",
    "host": "pbx_host",
    "port": "pbx_port",
    "sku_id": "capacity",
    "from": "since",
    "to": "until",
}
"""The provider's names of fields where ours differ."""
_GONE = ("available_did", "did_reservation", "out of stock", "not available", "no longer available", "nanpa_prefix")
_NO_FIELDS = frozenset({"", "data", "attributes", "relationships", "configuration"})
_TAKEN = "has already been taken"


class Invalid(BadRequest):
    """A refusal with the provider's sentences, one each, as they came."""

    def __init__(self, words: str, code: str, faults: Sequence[Fault], sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__(words, code, faults)


@dataclass(frozen=True)
class Entry:
    """One error of an answer. Everything but the status may be missing."""

    detail: str
    code: str
    pointer: str
    meta: Mapping[str, Any]

    @property
    def field(self) -> str:
        """The field in our names, empty where the provider names none."""
        parts = [part for part in self.pointer.split("/") if part not in _NO_FIELDS]
        name = parts[-1] if parts and not parts[-1].isdigit() else (parts[0] if parts else "")
        return OUR_NAMES.get(name, name)

    @property
    def cause(self) -> str:
        """The provider's words without the name that they repeat."""
        name, dash, rest = self.detail.partition(" - ")
        return rest if dash and rest and " " not in name else self.detail


def entries(body: Any) -> list[Entry]:
    """The errors of a decoded body; empty where it is no JSON:API refusal."""
    rows = body.get("errors") if isinstance(body, Mapping) else None
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            source = row.get("source")
            found.append(
                Entry(
                    detail=_plain(row.get("detail") or row.get("title") or "no reason given"),
                    code=str(row.get("code") or row.get("status") or ""),
                    pointer=str(source.get("pointer") or "") if isinstance(source, Mapping) else "",
                    meta=row["meta"] if isinstance(row.get("meta"), Mapping) else {},
                )
            )
    return found


def refusal(status: int, found: Sequence[Entry], doing: str) -> Refusal | RateLimited:
    """The error for a 4xx answer. Parameters: status; found, at least one entry; doing, what was asked for, in words."""
    said = "; ".join(dict.fromkeys(entry.detail for entry in found))
    code = found[0].code or str(status)
    words = f"The provider refused {doing}: {said}."
    lower = said.lower()
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(f"The provider had too many calls and refused {doing}.", code)
    if status == httpx.codes.UNAUTHORIZED:
        return AuthFailed(
            f"The provider did not take the API key for {doing}: {said}. An account that was born at version 2026-11-19 "
            "takes short-lived tokens only: then choose that version in the account.",
            code,
        )
    if status == httpx.codes.FORBIDDEN:
        return AccessDenied(words, code)
    if "insufficient balance" in lower:
        meta = next((entry.meta for entry in found if entry.meta), {})
        has, costs = meta.get("available_balance"), meta.get("total_cost")
        told = has is not None and costs is not None
        amounts = f" It has {_plain(has)} USD and {doing} costs {_plain(costs)} USD." if told else ""
        return InsufficientFunds(f"The account's balance at the provider does not cover {doing}.{amounts}", code)
    if "quota" in lower or "limit reached" in lower or "limit is reached" in lower:
        return AccountLimit(words, code)
    if status == httpx.codes.NOT_FOUND:
        return NotFound(words, code)
    if status == httpx.codes.CONFLICT:
        return Conflict(words, code)
    faults = [Fault(entry.field, entry.cause) for entry in found if entry.field]
    if any(entry.cause == _TAKEN for entry in found):
        return AlreadyExists(words, code, faults)
    return Invalid(words, code, faults, list(dict.fromkeys(entry.detail for entry in found)))


def is_gone(error: Refusal) -> bool:
    """True when the refusal of an order or reservation says that the number is not to be had."""
    text = " ".join([str(error), *(fault.field for fault in error.faults)]).lower()
    return isinstance(error, (BadRequest, NotFound, Conflict)) and any(sign in text for sign in _GONE)


def gone(error: Refusal) -> NumberUnavailable:
    """The same refusal as one that says so."""
    return NumberUnavailable(str(error), error.code, error.faults)


def _plain(text: Any) -> str:
    """One line, without control characters, of a length that a page can show."""
    line = " ".join("".join(each if each.isprintable() else " " for each in str(text)).split())
    return line.rstrip(".")[:_LONGEST]
