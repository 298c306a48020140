# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The register of dialled numbers: who takes a number that a phone of a tenant dials, and who would take it from whom.

The switch first asks whether a dialled number is an extension (user_exists). When it is, every outbound route is skipped,
so an extension 911 keeps emergency calls in the house. When it is not, the first dialplan whose expression matches takes the
call. Nothing here looks at a server: dialled_rows reads what is there, tenant files and orders give what is wanted.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from . import emergency_numbers, expressions

# Digits with which phones reach the operator, in default dialplans and by habit everywhere.
_OPERATOR = "0"
_ASTERISK = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "(.*)"}


class Route:
    """A dialplan that takes numbers by an expression.

    Parameters: what, its name for people; expression; restricted, whether only callers of a toll class may use it.
    """

    def __init__(self, what, expression, restricted=False):
        self.what = what
        self.expression = expression
        self.restricted = restricted


@lru_cache(maxsize=4096)
def _compiled(expression):
    """The expression for Python, or None for one that only the switch can judge: with variables, or beyond the grammar."""
    if "${" in expression or "[:" in expression:
        return None
    if expression.startswith("_"):
        # The switch reads a leading underscore as an Asterisk pattern.
        expression = "^" + "".join(_ASTERISK.get(sign.upper(), re.escape(sign)) for sign in expression[1:]) + "$"
    elif expressions.cause_against(expression):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(expression, re.ASCII)
    except (re.error, OverflowError):
        return None


@lru_cache(maxsize=65536)
def takes(expression, number):
    """True when an expression takes a dialled number, as the switch matches it; None when only the switch can tell."""
    compiled = _compiled(expression)
    return None if compiled is None else compiled.search(number) is not None


def countries_of(numbers):
    """The emergency_numbers.Country of each E.164 number that has one, each once."""
    return list(dict.fromkeys(filter(None, (emergency_numbers.of_number(number) for number in numbers))))


def cause_against_extension(number, countries=(), routes=(), dialplans=()):
    """Cause why a number cannot be an extension's, or None.

    Parameters: number; countries of the tenant's numbers; routes, its outbound routes, and dialplans, all others that take
    numbers of its phones (Route both).
    """
    emergency = number in emergency_numbers.EVERYWHERE or any(number in one.needed + one.further for one in countries)
    if emergency:
        return (
            "{0} is an emergency number: the switch would ring this extension and skip every outbound route, so that the "
            "call never leaves"
        ).format(number)
    if number == _OPERATOR:
        return "0 is dialled for the operator and cannot be an extension"
    for route in routes:
        if takes(route.expression, number):
            return "{0} is taken by the outbound route {1} ({2}), which the switch skips for every number of an extension".format(
                number, route.what, route.expression
            )
    for one in dialplans:
        if takes(one.expression, number):
            return "{0} is taken by the dialplan {1} ({2}), so that the extension would never ring".format(
                number, one.what, one.expression
            )
    return None


def cause_against_expression(expression, taken):
    """Cause why an outbound route cannot have an expression, or None. taken: [(number, what has it)]."""
    for number, what in taken:
        if takes(expression, number):
            return "the expression {0} takes {1}, which is {2}".format(expression, number, what)
    return None


def routes_of(entries):
    """(Route, field) of each open outbound route of a document. entries: rendered, with routes of expression and XML."""
    found = []
    for position, entry in enumerate(entries):
        if entry.get("state") == "absent" or entry.get("enabled") is False:
            continue
        for route in entry["routes"]:
            restricted = "${toll_allow}" in (route.get("xml") or "")
            name = entry.get("template") or "of this file"
            found.append((Route(name, route["expression"], restricted), "trunk.outbound[{0}]".format(position)))
    return found


def refusals(extensions, entries, numbers):
    """What a tenant file is refused for, as (field, cause).

    Parameters: its extensions and inbound entries (numbers), and its outbound entries, rendered.
    """
    present = [
        (position, one["number"]) for position, one in enumerate(extensions) if one.get("state") != "absent" and one.get("number")
    ]
    if not present:
        return []
    countries = countries_of(one["number"] for one in numbers if one.get("state") != "absent")
    routes = [route for route, unused in routes_of(entries)]
    found = []
    for position, number in present:
        cause = cause_against_extension(number, countries, routes)
        if cause:
            found.append(("extensions[{0}].number".format(position), cause))
    return found


def emergency_lack(routes, countries):
    """What is missing for emergency calls of a tenant that can call out, as a sentence; None when nothing is.

    Parameters: routes, the open outbound routes (Route); countries of its numbers. A route that only callers of a toll class
    may use counts for nothing. Without a country, any of the numbers that are dialled nearly everywhere will do.
    """
    if not routes:
        return None
    free = [route.expression for route in routes if not route.restricted]

    def dialled(number):
        return any(takes(expression, number) is not False for expression in free)

    if not countries:
        if any(dialled(number) for number in emergency_numbers.EVERYWHERE):
            return None
        return "no outbound route takes an emergency number such as 112 or 911"
    lacks = []
    for country in countries:
        missing = [number for number in country.needed if not dialled(number)]
        if missing:
            lacks.append("{0} ({1})".format(" and ".join(missing), country.code))
    return "no outbound route that every phone may use takes " + ", ".join(lacks) if lacks else None
