# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of settings as data: one template shows them, one function reads them, the rooms below check them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from pydantic import BaseModel, ValidationError

from voipbox.catalog import exchange
from voipbox.core.errors import Fault, Refused, VoipboxError

from .. import field_names
from .faults import by_field, words

Model = TypeVar("Model", bound=BaseModel)
LONGEST = 10_000
PRICE = ("term", "currency", "setup", "recurring", "state")
_MOST_PRICES, _EMPTY_PRICES = 100, 2


@dataclass(frozen=True)
class Field:
    """One field. kind: text, number, flag, choice, lines, prices, yaml or secret; fixed: shown, not to be changed."""

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    choices: Sequence[tuple[str, str]] = ()
    required: bool = False
    fixed: bool = False


def given(fields: Iterable[Field], post: QueryDict) -> dict[str, str]:
    """What came, as text; a flag is yes or empty, a price is a line."""
    return {
        each.name: _prices(post) if each.kind == "prices" else post.get(each.name, "")[:LONGEST].replace("\x00", "")
        for each in fields
    }


def _prices(post: QueryDict) -> str:
    """The rows of a form's prices, one a line; rows without any amount are left out."""
    columns = [post.getlist(f"price-{name}")[:_MOST_PRICES] for name in PRICE]
    rows = [[part.strip().replace("\x00", "")[:40] for part in row] for row in zip(*columns, strict=False)]
    return "\n".join("\t".join(row) for row in rows if row[2] or row[3])


def content(fields: Iterable[Field], values: Mapping[str, str]) -> dict[str, Any]:
    """The values as a document has them. Raises Refused for YAML that is none."""
    found: dict[str, Any] = {}
    for each in fields:
        text = values.get(each.name, "").strip()
        if each.kind == "flag":
            found[each.name] = text == "yes"
        elif each.kind == "prices":
            rows = [dict(zip(PRICE, line.split("\t"), strict=True)) for line in text.splitlines()]
            found[each.name] = [{name: value for name, value in row.items() if value} for row in rows]
        elif each.kind == "lines":
            found[each.name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif each.kind == "yaml":
            found[each.name] = _yaml(each.name, text)
        elif each.kind == "number":
            found[each.name] = int(text) if text.isascii() and text.isdigit() else text
        elif each.kind != "secret":
            found[each.name] = text
    return found


def as_text(fields: Iterable[Field], row: Any) -> dict[str, str]:
    """The values of a row as a form shows them; secrets never."""
    return {each.name: _text(each, getattr(row, each.name, "")) for each in fields if each.kind != "secret"}


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The document of values. Raises Refused with every fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Refused(exchange.faults_of(error)) from None


def page(
    request: HttpRequest, title: str, parent: tuple[str, str], fields: Sequence[Field], values: Mapping[str, str],
    error: VoipboxError | None = None, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The page of a form. parent: label and address of the page above; error: what was refused."""
    faults = by_field(error) if isinstance(error, Refused) else {}
    names = {each.name for each in fields}
    beside = [
        field_names.sentence(Fault(name, text)) for name, texts in faults.items() for text in texts if _own(name, names) is None
    ]
    if error is not None and not isinstance(error, Refused):
        beside.append(words(error))
    told: dict[str, list[str]] = {}
    for name, texts in faults.items():
        own = _own(name, names)
        if own is not None:
            told.setdefault(own, []).extend(texts)
    shown = [
        {
            "field": each,
            "id": f"f-{each.name.replace('.', '-')}",
            "value": values.get(each.name, ""),
            "faults": told.get(each.name, []),
            "rows": _rows(values.get(each.name, "")) if each.kind == "prices" else [],
        }
        for each in fields
    ]
    return render(
        request,
        "pages/staff/settings/form.html",
        {"title": title, "parent": parent, "fields": shown, "others": beside, **more},
        status=422 if error else 200,
    )


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of prices that a page shows: those that there are, and empty ones to fill in."""
    rows = [dict(zip(PRICE, line.split("\t"), strict=True)) for line in text.splitlines()]
    return rows + [dict.fromkeys(PRICE, "") for _ in range(_EMPTY_PRICES)]


def answer(act: Callable[[], object]) -> VoipboxError | None:
    """Do something; what was refused, or None."""
    try:
        act()
    except VoipboxError as error:
        return error
    return None


def _own(name: str, names: set[str]) -> str | None:
    """The field of the form that a fault's path is about: accounts.0.channels is about channels."""
    if name in names:
        return name
    parts = name.split(".")
    return next((one for one in (".".join(parts[start:]) for start in range(1, len(parts))) if one in names), None) or next(
        (part.split("[")[0] for part in parts if part.split("[")[0] in names), None
    )


def _text(field: Field, value: Any) -> str:
    if field.kind == "flag":
        return "yes" if value else ""
    if field.kind == "lines":
        return "\n".join(str(line) for line in value or [])
    if field.kind == "yaml":
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).strip() if value else ""
    return "" if value is None else str(value)


def _yaml(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text) if text else None
    except (yaml.YAMLError, ValueError) as error:  # a date that none is, is a ValueError
        mark = getattr(error, "problem_mark", None)
        raise Refused([Fault(name, f"is not valid YAML{f' (line {mark.line + 1})' if mark else ''}")]) from None
