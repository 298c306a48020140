# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A first look at all tenants of a batch: each kind of row is read once for all of them, without locks.

A tenant in which this look finds nothing to change needs no transaction of its own. Everything else is read again under
the tenant's lock, so nothing is ever written on the strength of what was read here.
"""

from __future__ import annotations

from .destinations import by_digits, candidates


class Prefetch:
    """Rows of a batch, read when the first tenant asks for their kind. Parameters: session, tenants (documents)."""

    def __init__(self, session, tenants):
        self.session = session
        self.tenants = tenants
        self.cached = {}
        self.domains = {}
        names = [tenant["domain"] for tenant in tenants]
        for row in self.select("v_domains", "lower(domain_name) = ANY(%s)", (names,)):
            self.domains.setdefault(row["domain_name"].lower(), []).append(row)
        self.identities = [row["domain_uuid"] for rows in self.domains.values() for row in rows]

    def select(self, table, where, parameters=()):
        """Rows of a query that is the same for many tenants."""
        key = (table, where, repr(parameters))
        if key not in self.cached:
            self.cached[key] = self.session.schema.select(self.session.database, table, where, parameters)
        return self.cached[key]

    def rows(self, domain_uuid, table, condition, parameters):
        """Rows of one tenant."""
        where = "domain_uuid = ANY(%s::uuid[])" + (" AND " + condition if condition else "")
        key = (table, where, repr(parameters), "by domain")
        if key not in self.cached:
            found = {}
            for row in self.session.schema.select(self.session.database, table, where, (self.identities, *tuple(parameters))):
                found.setdefault(row["domain_uuid"], []).append(row)
            self.cached[key] = found
        return self.cached[key].get(domain_uuid, [])

    def details(self, app_uuid, identity):
        """Detail rows of one dialplan of an app, in no order."""
        key = ("details", app_uuid)
        if key not in self.cached:
            found = {}
            for row in self.session.schema.select(
                self.session.database,
                "v_dialplan_details",
                "dialplan_uuid IN (SELECT dialplan_uuid FROM v_dialplans WHERE domain_uuid = ANY(%s::uuid[]) AND app_uuid = %s)",
                (self.identities, app_uuid),
            ):
                found.setdefault(row["dialplan_uuid"], []).append(row)
            self.cached[key] = found
        return self.cached[key].get(identity, [])

    def destinations(self, where, digits, wanted):
        """Destinations that may take forms with the wanted digits. digits: those of all numbers of the batch, by a function."""
        key = ("destinations", where)
        if key not in self.cached:
            every = digits(self.tenants)
            rows = self.session.schema.select(self.session.database, "v_destinations", where, (every, every))
            self.cached[key] = by_digits(rows)
        return candidates(self.cached[key], wanted)
