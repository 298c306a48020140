# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a call gives, as strictly as the provider does. Codes for missing fields are assumed, method by method."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from .places import POPS
from .shapes import No
from .state import State

_ROUTING_HEADERS = frozenset(
    ("account", "fwd", "vm", "sip", "grp", "ivr", "sys", "recording", "queue", "cb", "tc", "disa", "none")
)
_FLAGS = frozenset(("0", "1"))
_DIAL_TIMES = range(5, 121)
_LONGEST = 92  # days
Form = Mapping[str, str]


def need(form: Form, name: str, code: str = "") -> str:
    """A field that must be there."""
    value = form.get(name, "")
    if not value:
        raise No(f"missing_{code or name}")
    return value


def flag(form: Form, name: str, required: bool = False) -> bool:
    """A flag: 1 or 0 and nothing else."""
    value = need(form, name) if required else form.get(name, "0") or "0"
    if value not in _FLAGS:
        raise No(f"invalid_{name}")
    return value == "1"


def did(form: Form) -> str:
    """A number: ten digits, no country."""
    value = need(form, "did")
    if not re.fullmatch(r"\d{10}", value):
        raise No("invalid_did")
    return value


def pop(form: Form) -> str:
    """The id of a server."""
    value = need(form, "pop", "serverpop")
    if value not in {one.id for one in POPS}:
        raise No("invalid_serverpop")
    return value


def routing(state: State, form: Form, name: str = "routing", required: bool = True) -> str:
    """header:record, where an account must be one of ours."""
    value = need(form, name) if required else form.get(name, "") or "none:"
    header, colon, record = value.partition(":")
    if not colon or header not in _ROUTING_HEADERS:
        raise No("invalid_routing_header")
    if header == "account" and record != state.main and not state.logins(record):
        raise No("invalid_routing_record")
    return value


def billing_type(form: Form) -> str:
    """1: per minute, 2: flat."""
    value = need(form, "billing_type", "billingtype")
    if value not in ("1", "2"):
        raise No("invalid_billingtype")
    return value


def dial_time(form: Form) -> str:
    """Seconds."""
    value = need(form, "dialtime")
    if not value.isdigit() or int(value) not in _DIAL_TIMES:
        raise No("invalid_dialtime")
    return value


def short(form: Form, name: str, below: int) -> str:
    """A text of fewer characters."""
    value = form.get(name, "")
    if len(value) >= below:
        raise No(f"invalid_{name}")
    return value


def day(form: Form, name: str, code: str) -> datetime.date:
    """YYYY-MM-DD."""
    try:
        return datetime.datetime.strptime(need(form, name, code), "%Y-%m-%d").date()
    except ValueError:
        raise No(f"invalid_{code}") from None


def days(form: Form) -> tuple[datetime.date, datetime.date]:
    """A range of at most 92 days."""
    first, last = day(form, "date_from", "datefrom"), day(form, "date_to", "dateto")
    if last < first or (last - first).days > _LONGEST:
        raise No("invalid_daterange")
    return first, last
