# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading values that the first provider writes in many ways, as people running against it report.

Numbers and flags come as text or as JSON numbers, mixed in one row; a list of one may come as a bare object, any list as a
mapping of indices, an empty one as a missing key.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from voipbox.core.errors import Fault

from ..errors import BadRequest, ProviderError

_YES = frozenset(("1", "yes", "y", "true", "on"))
_NO = frozenset(("0", "no", "n", "false", "off", "", "-1"))
_NOT_SET = frozenset(("-1", "0000-00-00", "0000-00-00 00:00:00"))
_MOST_DIGITS = 12  # before or after the point
_TEN = re.compile(r"\d{10}")
_ELEVEN = re.compile(r"\+?1(\d{10})")

Row = Mapping[str, Any]


def rows(answer: Row, key: str) -> list[Row]:
    """A list, whichever way it was written. Raises ProviderError for what is none."""
    value = answer.get(key)
    if value in (None, "", [], {}):
        return []
    if isinstance(value, Mapping):
        indexed = all(name.isdigit() for name in value)
        value = [value[name] for name in sorted(value, key=int)] if indexed else [value]
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise ProviderError(f"The provider's answer has no list in {key}.")
    return value


def text(row: Row, name: str) -> str:
    """A text; what means "not set" is empty."""
    value = row.get(name)
    written = "" if value is None else str(value).strip()
    return "" if written in _NOT_SET else written


def secret(row: Row, name: str) -> str:
    """A text that is taken as it is, whatever it looks like."""
    value = row.get(name)
    return "" if value is None else str(value)


def flag(value: Any) -> bool:
    """Yes or no in any of the ways. Raises ProviderError for another word."""
    if isinstance(value, bool):
        return value
    written = "" if value is None else str(value).strip().lower()
    if written in _YES:
        return True
    if written in _NO:
        return False
    raise ProviderError("The provider answered neither yes nor no where a flag belongs.")


def money(row: Row, name: str) -> Decimal | None:
    """An amount; None where it is blank or missing. Raises ProviderError for what is none."""
    value = row.get(name)
    written = "" if value is None else str(value).strip()
    if not written:
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount.adjusted() > _MOST_DIGITS or -amount.adjusted() > _MOST_DIGITS:
        raise ProviderError(f"The provider's answer has no amount in {name}.")
    return amount


def seconds(row: Row, name: str) -> int:
    """A duration; 0 where it is missing. Raises ProviderError for what is none."""
    written = text(row, name)
    if not written:
        return 0
    if not re.fullmatch(r"[0-9]{1,9}", written):
        raise ProviderError(f"The provider's answer has no seconds in {name}.")
    return int(written)


def moment(row: Row, name: str) -> datetime.datetime:
    """A time, taken as UTC. Raises ProviderError for what is none."""
    try:
        return datetime.datetime.strptime(str(row.get(name, "")).strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=datetime.UTC)
    except ValueError:
        raise ProviderError(f"The provider's answer has no time in {name}.") from None


def e164(did: str) -> str:
    """A number with its plus from what the provider writes: ten digits, at times eleven. Others are handed on as they are."""
    written = did.strip()
    if _TEN.fullmatch(written):
        return f"+1{written}"
    eleven = _ELEVEN.fullmatch(written)
    return f"+1{eleven[1]}" if eleven else written


def ten_digits(number: str) -> str:
    """The provider's form of a number. Raises BadRequest for one that it cannot have."""
    eleven = _ELEVEN.fullmatch(number)
    if not eleven or not number.startswith("+"):
        raise BadRequest(
            f"{number} is no number of the United States or Canada; nothing was sent.",
            faults=[Fault("number", "must be +1 and ten digits")],
        )
    return eleven[1]
