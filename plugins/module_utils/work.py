# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work on one tenant: its domain, the changes found, the effects they ask for; written in one transaction."""

from __future__ import annotations

import uuid

from .changes import Changes
from .effects import Effects
from .errors import Conflict, EngineError


class Work:
    """State of one tenant while it is compared and written.

    Parameters: session, domain_name; prefetch, a prefetch.Prefetch for a first look without locks. After load()
    domain_uuid is known; is_new tells that there is no such domain yet.
    """

    def __init__(self, session, domain_name, prefetch=None):
        self.session = session
        self.prefetch = prefetch
        self.database = session.database
        self.schema = session.schema
        self.domain_name = domain_name
        self.domain = None
        self.domain_uuid = None
        self.is_new = False
        self.changes = Changes(session.schema)
        self.effects = Effects()
        self.gateways = {}
        self.to_enable = {}
        self.generated = {"users": {}, "extensions": {}}
        self.used = {"users": {}, "extensions": {}}

    def lock(self, kind="tenant", name=None):
        """Hold a lock (the tenant's own when none is named) until the transaction ends; a mere look takes none."""
        if not self.session.check_mode and self.prefetch is None:
            self.database.lock(kind, self.domain_name if name is None else name)

    def secret(self, kind, name, wanted, field, make):
        """A secret for something new: that of its entry, else its candidate, else one that is made here and told once.

        Parameters: kind (users, extensions), name, wanted (the entry), field, make (a function).
        """
        candidate = (wanted.get("candidate") or {}).get(field)
        if wanted.get(field):
            return wanted[field]
        if candidate:
            self.used[kind].setdefault(name, []).append(field)
            return candidate
        value = make()
        self.generated[kind].setdefault(name, {})[field] = value
        return value

    def recognise(self, kind, name, wanted, field, is_it):
        """Note that a candidate which an earlier run had sent is what stands in the row. is_it(candidate) compares."""
        candidate = wanted.get("candidate") or {}
        if candidate.get("earlier") and candidate.get(field) and not wanted.get(field) and is_it(candidate[field]):
            self.used[kind].setdefault(name, []).append(field)

    def select(self, table, where, parameters=()):
        """Rows of a query that is not about this tenant alone."""
        if self.prefetch is not None:
            return self.prefetch.select(table, where, parameters)
        return self.schema.select(self.database, table, where, parameters)

    def load(self):
        """Read the domain; a second one of the same name, or one in another spelling, is refused with its uuid."""
        if self.prefetch is not None:
            rows = self.prefetch.domains.get(self.domain_name, [])
        else:
            rows = self.schema.select(self.database, "v_domains", "lower(domain_name) = %s", (self.domain_name,))
        if len(rows) > 1:
            raise duplicates("domain", self.domain_name, [row["domain_uuid"] for row in rows])
        if rows and rows[0]["domain_name"] != self.domain_name:
            raise Conflict(
                "The domain {0} ({1}) exists in upper case; the switch cannot serve it.".format(
                    rows[0]["domain_name"], rows[0]["domain_uuid"]
                ),
                next_step="Rename it in FusionPBX to lower case, then run again.",
            )
        self.domain = rows[0] if rows else None
        self.domain_uuid = rows[0]["domain_uuid"] if rows else str(uuid.uuid4())
        self.is_new = not rows

    def again(self):
        """A work on the same loaded domain with no changes yet, to compare something apart."""
        other = Work(self.session, self.domain_name, self.prefetch)
        other.domain, other.domain_uuid, other.is_new = self.domain, self.domain_uuid, self.is_new
        return other

    def claim(self, domain_uuid):
        """Make this the uuid of a new domain, and refuse an existing domain that has another one. None: any will do."""
        if not domain_uuid or domain_uuid == self.domain_uuid:
            return
        if not self.is_new:
            raise Conflict(
                "The domain {0} exists already, as {1} and not as {2}: it belongs to something else.".format(
                    self.domain_name, self.domain_uuid, domain_uuid
                ),
                next_step="Choose another domain, or name its uuid (or none) to take it over.",
            )
        rows = self.select("v_domains", "domain_uuid::text = %s", (domain_uuid,))
        if rows:
            raise Conflict(
                "The uuid {0} is that of the domain {1}.".format(domain_uuid, rows[0]["domain_name"]),
                next_step="Leave domain_uuid out, or rename the domain in FusionPBX.",
            )
        self.domain_uuid = domain_uuid

    def require_domain(self):
        """Raise EngineError when the domain does not exist (check mode goes on: the run before would have made it)."""
        if self.is_new and not self.session.check_mode:
            raise EngineError(
                "The domain {0} does not exist on this server.".format(self.domain_name),
                next_step="Provision the tenant first.",
            )

    def rows(self, table, condition="", parameters=()):
        """Rows of the tenant in a table; none (and no query) for a new domain."""
        if self.is_new:
            return []
        if self.prefetch is not None:
            return self.prefetch.rows(self.domain_uuid, table, condition, parameters)
        where = "domain_uuid = %s" + (" AND " + condition if condition else "")
        return self.schema.select(self.database, table, where, (self.domain_uuid, *tuple(parameters)))


def duplicates(kind, name, identities):
    """The Conflict for several rows with one natural key; it names their uuids."""
    return Conflict(
        "There are {0} rows of {1} {2} ({3}), and nothing tells which one is meant.".format(
            len(identities), kind, name, ", ".join(sorted(identities))
        ),
        next_step="Delete or rename all but one in FusionPBX, then run again.",
    )


def by_key(rows, key, kind, identity, normal=None):
    """Rows by their natural key; a Conflict names the uuids of duplicates when such a key is asked for.

    Returns a function: key value -> row or None.
    """
    normal = normal or (lambda value: value)
    found = {}
    for row in rows:
        found.setdefault(normal(row[key]), []).append(row)

    def one(value):
        matching = found.get(normal(value), [])
        if len(matching) > 1:
            raise duplicates(kind, value, [row[identity] for row in matching])
        return matching[0] if matching else None

    return one
