# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dialling in thought, as the switch does it: is the number an extension, and if not, whose expression takes it first."""

from __future__ import annotations

from functools import lru_cache

from . import emergency_numbers
from .dialled_numbers import cause_against_extension, countries_of, takes
from .served_dialplan import regex_command

# The extension is asked for before any dialplan of the tenant, and these routes want to hear that there is none.
_RINGS = "the extension {0} rings instead: the switch skips the route for every number of an extension"


def suspects(outline, numbers, countries):
    """Extensions that have, or may have, a number that is dialled for something else: [(number, expression, what, seen)].

    Parameters: outline, served_dialplan.Outlines of the tenant's context; numbers of its extensions in the database; countries
    of its numbers. expression: what the switch is to be asked about, None where the number alone decides.
    """
    found = []
    for number in numbers:
        takers = _takers(outline, number)
        for name, expression, leaves in takers:
            if leaves:
                found.append((number, expression, "number {0} goes out by {1}".format(number, name), _RINGS.format(number)))
            else:
                what = "extension {0} rings".format(number)
                found.append((number, expression, what, "the dialplan {0} ({1}) takes it first".format(name, expression)))
        if not any(leaves for unused, unused2, leaves in takers):
            cause = cause_against_extension(number, countries)
            if cause:
                found.append((number, None, "no extension has the number {0}".format(number), cause))
    return found


def confirmations(domain, found):
    """Questions to the switch about suspects: whether the number is an extension, and whether the expression takes it."""
    return [
        ["user_exists id {0} {1}".format(number, domain)] + ([regex_command(number, expression)] if expression else [])
        for number, expression, unused, unused2 in found
    ]


def emergency_calls(tenant, outline):
    """[(number, seen)]: the emergency numbers that the tenant's open routes are to take, and where they go, "" for out."""
    trunk = tenant.get("trunk") or {}
    countries = countries_of(route["number"] for route in trunk.get("inbound") or [])
    wanted = dict.fromkeys([number for country in countries for number in country.needed] + list(emergency_numbers.EVERYWHERE))
    expressions = [
        route["expression"]
        for entry in trunk.get("outbound") or []
        if entry.get("enabled") is not False
        for route in entry["routes"]
    ]
    found = []
    for number in wanted:
        if not any(takes(expression, number) for expression in expressions):
            continue
        first = next(iter(_takers(outline, number)), None)
        if first is None:
            found.append((number, "no dialplan that the switch serves takes it"))
        else:
            found.append((number, "" if first[2] else "the dialplan {0} takes it first".format(first[0])))
    return found


@lru_cache(maxsize=65536)
def _takers(outline, number):
    """(name, expression, leaves) of the dialplans that take a number, in their order, up to the one that ends the search."""
    found = []
    for one in outline:
        expression = next((each for each in one.expressions if takes(each, number)), None)
        if expression is None or one.goes_on:
            continue
        found.append((one.name, expression, one.leaves))
    return found
