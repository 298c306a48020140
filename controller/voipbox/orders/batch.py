# SPDX-License-Identifier: GPL-3.0-or-later
"""Many orders from one file: YAML (a list) or CSV (a row each), checked row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from voipbox.core.errors import Fault, Refused, VoipboxError
from voipbox.core.people import Actor

from . import actions, checks, intake
from .models import Order

Place = Callable[[intake.OrderInput, Actor, str], Order]
_LARGEST = 10_000
# A column may name a key inside, such as admin.username; these hold several values with blanks between.
_LISTS = {"products": "product", "bundles": "bundle"}
_NUMBERS = ("seats", "first_extension")


@dataclass(frozen=True)
class Line:
    """What became of one row; row counts from 1."""

    row: int
    good: bool
    says: str


def one(text: str) -> Any:
    """The content of a YAML text. Raises Refused."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a date that none is, is a ValueError
        mark = getattr(error, "problem_mark", None)
        raise Refused([Fault("file", f"is not valid YAML{f' (line {mark.line + 1})' if mark else ''}")]) from None


def rows_of(text: str) -> list[Any]:
    """The orders in a text: YAML when it holds a list or mappings, CSV otherwise. Raises Refused."""
    head = text.lstrip().splitlines()[0] if text.strip() else ""
    if head.startswith(("-", "[", "#")) or ":" in head.split(",")[0]:
        content = one(text)
        rows = content if isinstance(content, list) else [content]
    else:
        rows = [_nested(row) for row in csv.DictReader(io.StringIO(text))]
    if not rows or len(rows) > _LARGEST:
        raise Refused([Fault("file", f"holds 1 to {_LARGEST} orders")])
    return rows


def place_all(text: str, actor: Actor, dry_run: bool = False, place: Place = actions.place) -> list[Line]:
    """Place every order that is good; a row that is refused stops no other. A dry run places none.

    Parameters: text, YAML or CSV; actor; dry_run; place, which places one order from its input, actor and source.

    In a dry run rows are checked against each other too: two that want the same domain or number are told.
    """
    lines = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows_of(text), 1):
        try:
            given = intake.parse(intake.OrderInput, row)
            says = _try(given, actor, number, seen) if dry_run else _place(given, actor, place)
            lines.append(Line(number, True, says))
        except VoipboxError as error:
            lines.append(Line(number, False, str(error)))
    return lines


def _place(given: intake.OrderInput, actor: Actor, place: Place) -> str:
    order = place(given, actor, "batch")
    return f"order {order.pk}, {order.status}: {order.domain}"


def _try(given: intake.OrderInput, actor: Actor, number: int, seen: dict[str, int]) -> str:
    checked = checks.check(given, actor)
    taken = [
        Fault(name, f"is the same as in row {seen[f'{name} {value}']}")
        for name, value in _unique(given, checked.domain)
        if f"{name} {value}" in seen
    ]
    if taken and given.domain is None:
        taken = [fault for fault in taken if fault.field != "domain"]
    if taken:
        raise Refused(taken)
    for name, value in _unique(given, checked.domain):
        seen[f"{name} {value}"] = number
    return f"would be {checked.domain} on {checked.server.slug}"


def _unique(given: intake.OrderInput, domain: str) -> list[tuple[str, str]]:
    pairs = [("domain", domain), ("number", given.number or ""), ("reference", given.reference or "")]
    return [(name, value) for name, value in pairs if value]


def _nested(row: dict[str | None, Any]) -> dict[str, Any]:
    """A CSV row as the mapping that a YAML file would hold; empty cells are left out."""
    found: dict[str, Any] = {}
    for name, cell in row.items():
        if name is None:
            raise Refused([Fault("file", "has a row with more cells than the head has columns")])
        value = (cell or "").strip()
        if not value:
            continue
        if name in _LISTS:
            found.setdefault("items", []).extend({_LISTS[name]: slug} for slug in value.split())
            continue
        place = found
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = int(value) if last in _NUMBERS and value.isdecimal() else value
    return found
