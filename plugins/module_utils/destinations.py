# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destinations of a whole server by what they take: the dialled forms that the switch matches, not the columns that hold them."""

from __future__ import annotations

import re

from .dialled_numbers import takes
from .numbers import canonical, dialled_keys, forms, split

_DIGITS = "regexp_replace({0}, '[^0-9]', '', 'g') = ANY(%s)"
# Destinations that may take one of some forms: by their digits with and without the prefix, and all that are no plain number.
MAY_TAKE = "destination_type = 'inbound' AND ({0} OR {1} OR destination_number !~ '^[+]?[0-9]+$')".format(
    _DIGITS.format("coalesce(destination_prefix, '') || coalesce(destination_number, '')"),
    _DIGITS.format("coalesce(destination_number, '')"),
)
_LITERAL = re.compile(r"^\+?[0-9]+\Z")


def by_digits(rows):
    """Rows by their digits with and without the prefix; under None those that are no plain number and may take any."""
    found = {}
    for row in rows:
        whole, alone = (canonical(prefix, row["destination_number"]) for prefix in (row["destination_prefix"], None))
        for key in {whole, alone} if _LITERAL.match(row["destination_number"] or "") else (None,):
            found.setdefault(key, []).append(row)
    return found


def candidates(found, digits):
    """The rows of by_digits() that may take a form with one of these digits, each once."""
    rows = [row for key in (*digits, None) for row in found.get(key, ())]
    return list({row["destination_uuid"]: row for row in rows}.values())


def routes_of(tenants):
    """The inbound entries of tenants (documents)."""
    return [route for tenant in tenants for route in (tenant.get("trunk") or {}).get("inbound") or []]


def digits_of(routes):
    """Digits of every form of the routes' numbers, sorted; the national ones too, under which older versions wrote them."""
    return sorted({form.lstrip("+") for route in routes for form in forms(route["number"])})


def is_of(row, wanted):
    """True when a destination of this tenant is the one that an entry means: the whole number, or its national one alone."""
    digits = canonical(row["destination_prefix"], row["destination_number"])
    code, national = split(wanted["number"])
    return digits == code + national or (digits == national and national in forms(wanted["number"], wanted.get("match") or "any"))


def taken_form(row, wanted):
    """The form of an entry's number that a destination takes, too, or None."""
    if canonical(row["destination_prefix"], row["destination_number"]) == wanted["number"].lstrip("+"):
        return wanted["number"]
    expression = row["destination_number_regex"]
    # The shortest form tells best what two numbers have in common.
    for form in reversed(forms(wanted["number"], wanted.get("match") or "any")):
        taken = takes(expression, form) if expression else None
        if taken is None and _LITERAL.match(row["destination_number"] or ""):
            taken = form in dialled_keys(row["destination_prefix"], row["destination_number"])
        if taken:
            return form
    return None
