# SPDX-License-Identifier: GPL-3.0-or-later
"""The many ways in which the provider writes the same answer."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Response

from .state import Settings

_FLAG_WORDS = {"digits": ("1", "0"), "words": ("yes", "no"), "letters": ("Y", "N")}
_WORD_FLAGS = frozenset(("available", "registered"))  # always in words
_TEXT = frozenset(("did", "uniqueid", "note", "account", "username", "password", "callerid", "destination"))
# What a method answers when there is nothing, unless its settings say that the key is left out.
EMPTY_CODES = {
    "accounts": "no_subaccount", "cdr": "no_cdr", "transactions": "no_transactions", "rates": "no_rate",
    "back_orders": "no_backorder",
}  # fmt: skip


class No(Exception):
    """The provider says no. Parameters: code, as on the wire; message, a sentence that some answers carry."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message
        super().__init__(code)


def answer(settings: Settings, content: Mapping[str, Any]) -> Response:
    """Success with rows and values in the shape that settings say."""
    body: dict[str, Any] = {"status": "success"}
    for key, value in content.items():
        if isinstance(value, list):
            if value or settings.empty == "code":
                body[key] = _rows(settings, [_row(settings, row) for row in value])
        elif isinstance(value, dict):
            body[key] = _row(settings, value)
        else:
            body[key] = _scalar(settings, key, value)
    return _json(body)


def refusal(settings: Settings, no: No) -> Response:
    """A code, with HTTP 200 as ever."""
    body = {"status": no.code}
    if settings.messages:
        body["message"] = no.message or f"The request was not done: {no.code}"
    return _json(body)


def _json(body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")


def _rows(settings: Settings, rows: Sequence[Mapping[str, Any]]) -> Any:
    if settings.one_as_object and len(rows) == 1:
        return rows[0]
    if settings.rows == "index_map":
        return {str(index): row for index, row in enumerate(rows)}
    return list(rows)


def _row(settings: Settings, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _scalar(settings, name, value, position) for position, (name, value) in enumerate(row.items())}


def _scalar(settings: Settings, name: str, value: Any, position: int = 0) -> Any:
    """A value on the wire. Mixed: every second number or flag is a JSON number."""
    bare = settings.scalars == "numbers" or (settings.scalars == "mixed" and position % 2 == 1)
    if isinstance(value, bool):
        if name in _WORD_FLAGS:
            return "yes" if value else "no"
        words = _FLAG_WORDS[settings.flags][0 if value else 1]
        return int(words) if bare and words.isdigit() else words
    if isinstance(value, datetime.datetime):
        return (value - datetime.timedelta(hours=settings.offset)).strftime("%Y-%m-%d %H:%M:%S")
    if value is None:
        return "0000-00-00" if "date" in name or "next" in name else ""
    if isinstance(value, list):
        return [_row(settings, row) for row in value]
    text = str(value)
    if name in _TEXT and not (name == "did" and settings.scalars == "numbers"):
        return text
    if bare and isinstance(value, Decimal):
        return float(value)
    return int(text) if bare and text.isdigit() and (text == "0" or not text.startswith("0")) else text
