# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What takes dialled numbers on a server: every dialplan that the switch serves to the phones of a tenant, by its rows."""

from __future__ import annotations

import re
from xml.sax.saxutils import unescape

from .dialled_numbers import Route
from .dialplan import OUTBOUND, is_companion

_CONDITION = re.compile(r'field="destination_number"\s+expression="([^"]*)"')
_NUMBER = re.compile(r"^[*#]*[0-9][0-9*#]*\Z")
_SELECT = (
    "SELECT dialplan_name, dialplan_number, dialplan_order::text AS dialplan_order, "
    "dialplan_continue::text AS dialplan_continue, app_uuid::text AS app_uuid, dialplan_xml FROM v_dialplans "
    "WHERE dialplan_context = ANY(%s) "
    "AND dialplan_enabled::text = 'true' AND position('destination_number' in coalesce(dialplan_xml, '')) > 0"
)
_NO_DESTINATION = " AND NOT EXISTS (SELECT 1 FROM v_destinations d WHERE d.dialplan_uuid = v_dialplans.dialplan_uuid)"
_ORDER = " ORDER BY v_dialplans.dialplan_order, dialplan_name"
# The contexts that FusionPBX's handler serves to a tenant besides its own.
_SHARED = ("${domain_name}", "global")
_SAMPLES = (("[ext]", "1001"), ("[d+]", "1001"))


class ServedRow:
    """A dialplan that takes numbers: name, number (as its page shows it), order, expressions, whether it is an outbound route."""

    def __init__(self, row):
        self.name = row["dialplan_name"] or ""
        self.number = row["dialplan_number"] or ""
        self.order = int(float(row["dialplan_order"] or 0))
        self.is_outbound = row["app_uuid"] == OUTBOUND
        # A dialplan behind which the search goes on prepares a call and does not take it.
        self.goes_on = str(row["dialplan_continue"]).lower() in ("true", "1", "yes", "on")
        self.expressions = [unescape(found, {"&quot;": '"'}) for found in _CONDITION.findall(row["dialplan_xml"] or "")]


def served_rows(work):
    """The dialplans that take numbers of the tenant's phones, in their order; companions of outbound routes are left out."""
    return _rows(work, (work.domain_name, *_SHARED))


def default_rows(work):
    """Those that a new domain has at once: what belongs to no domain, read once a run, and what its own defaults bring."""
    session = work.session
    if session.shared_dialplans is None:
        session.shared_dialplans = _rows(work, _SHARED)
    own = [
        ServedRow(row)
        for row in work.changes.inserts.get("v_dialplans", ())
        if row["dialplan_context"] == work.domain_name and str(row["dialplan_enabled"]).lower() == "true"
    ]
    return session.shared_dialplans + [one for one in own if not one.goes_on]


def public_rows(work):
    """Dialplans of the public context that belong to no destination, read once a run: they take calls from providers, too."""
    session = work.session
    if session.public_dialplans is None:
        rows = work.database.execute(_SELECT + _NO_DESTINATION + _ORDER, (["public"],))
        session.public_dialplans = [one for one in map(ServedRow, rows) if not one.goes_on]
    return session.public_dialplans


def _rows(work, contexts):
    rows = work.database.execute(
        _SELECT + _ORDER,
        (list(contexts),),
    )
    served = [ServedRow(row) for row in rows if not (row["app_uuid"] == OUTBOUND and is_companion(row["dialplan_name"]))]
    return [one for one in served if not one.goes_on]


def routes_and_dialplans(rows, leaves):
    """([outbound Route], [other Route]). leaves: tells whether the outbound route with an expression goes in the same run."""
    routes, others = [], []
    for row in rows:
        for expression in row.expressions:
            if not row.is_outbound:
                others.append(Route(row.name, expression))
            elif not leaves(expression):
                routes.append(Route(row.name, expression))
    return routes, others


def numbers_of(rows, order):
    """[(number, what has it)] of dialplans that an outbound route of this order would come before."""
    found = []
    for row in rows:
        if row.is_outbound or row.order < order:
            continue
        for part in row.number.split(","):
            number = part.strip()
            for token, sample in _SAMPLES:
                number = number.replace(token, sample)
            if _NUMBER.match(number):
                found.append((number, "the dialplan {0}".format(row.name)))
    return found
