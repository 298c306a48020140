# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parameters filter[...] of lists mean."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .records import Record
from .wire import Refusal, error

if TYPE_CHECKING:
    from .view import View

Fits = Callable[["View", Record, Sequence[str]], bool]
Check = Callable[["View", Sequence[str]], object]


@dataclass(frozen=True)
class Filter:
    """Parameters: fits, whether a record is wanted by the values of the parameter; check, which refuses wrong values, also
    where there is no record."""

    fits: Fits
    check: Check = lambda view, values: None


def bad_value(says: str) -> Refusal:
    """400: a filter is allowed, its value is not."""
    return Refusal(400, [error(400, "107", "Invalid filter value", says)])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _values(view: View, record: Record, path: str) -> list[str]:
    """The values at a dotted path over relationships, whose last part is an attribute or id."""
    *steps, last = path.split(".")
    records = [record]
    for step in steps:
        records = [found for each in records for found in view.related(each, step)]
    if last == "id":
        return [each.id for each in records]
    found: list[str] = []
    for each in records:
        value = view.attributes(each).get(last)
        found += [_text(part) for part in value] if isinstance(value, list) else [_text(value)]
    return found


def at(path: str, folded: bool = False) -> Filter:
    """One of the values equals the one at a dotted path; folded: whatever their case."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        found = _values(view, record, path)
        if folded:
            return not {value.casefold() for value in found}.isdisjoint(value.casefold() for value in values)
        return not set(found).isdisjoint(values)

    return Filter(fits)


def within(name: str, key: str) -> Filter:
    """One of the values equals that of a key inside an attribute, such as configuration.type."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        return _text((view.attributes(record).get(name) or {}).get(key)) in values

    return Filter(fits)


def contains(name: str) -> Filter:
    """The attribute has one of the values in it, whatever the case."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        text = _text(view.attributes(record).get(name)).casefold()
        return any(value.casefold() in text for value in values)

    return Filter(fits)


def _boolean(values: Sequence[str]) -> bool:
    if list(values) not in (["true"], ["false"]):
        raise bad_value(f"{','.join(values)} is not a valid value for a boolean.")
    return list(values) == ["true"]


def flag(path: str) -> Filter:
    """A boolean at a dotted path."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        return ("true" if _boolean(values) else "false") in _values(view, record, path)

    return Filter(fits, lambda view, values: _boolean(values))


def meta_flag(name: str, through: str = "") -> Filter:
    """A boolean in the meta of the record, or of one to which a relationship leads."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        wanted = _boolean(values)
        records = view.related(record, through) if through else [record]
        return any(bool(view.meta(each).get(name)) is wanted for each in records)

    return Filter(fits, lambda view, values: _boolean(values))


def _number(values: Sequence[str]) -> int:
    if len(values) != 1 or not values[0].isdigit():
        raise bad_value(f"{','.join(values)} is not a valid value for a number.")
    return int(values[0])


def meta_at_least(name: str) -> Filter:
    """A number in the meta is at least so much."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        return int(view.meta(record).get(name) or 0) >= _number(values)

    return Filter(fits, lambda view, values: _number(values))


def moment(text: str) -> datetime.datetime:
    """A moment in ISO 8601, or a day. Raises Refusal."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise bad_value(f"{text} is not a valid value for a date.") from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def since(name: str, days: int | None = None) -> Filter:
    """At or after a moment. Parameters: days, how far back it may lie."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        return moment(str(view.attributes(record)[name])) >= _recent(view, values, days)

    return Filter(fits, lambda view, values: _recent(view, values, days))


def until(name: str, days: int | None = None) -> Filter:
    """At or before a moment."""

    def fits(view: View, record: Record, values: Sequence[str]) -> bool:
        return moment(str(view.attributes(record)[name])) <= _recent(view, values, days)

    return Filter(fits, lambda view, values: _recent(view, values, days))


def _recent(view: View, values: Sequence[str], days: int | None) -> datetime.datetime:
    wanted = moment(",".join(values))
    if days is not None and wanted < view.now() - datetime.timedelta(days=days):
        raise bad_value(f"Date must be within the last {days} days.")
    return wanted


def check(wanted: dict[str, list[str]], known: dict[str, Filter]) -> None:
    """Refuse filters that a list does not have: 400 with an entry for each."""
    wrong = [name for name in wanted if name not in known]
    if wrong:
        raise Refusal(400, [error(400, "102", "Filter not allowed", f"{name} is not allowed.") for name in wrong])
