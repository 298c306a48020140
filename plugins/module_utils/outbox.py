# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outbox: what a committed transaction still owes the switch, kept in one table of a schema of our own.

A row is written in the tenant's transaction and deleted when its effects were carried out. Each run holds a session
lock of its own; a row whose run is gone (killed, cut off) is carried out by the next run before anything else.
"""

from __future__ import annotations

import uuid

from .effects import from_json
from .errors import DatabaseError

_STATE = (
    "SELECT n.oid IS NOT NULL AS schema, c.oid IS NOT NULL AS there, coalesce(has_schema_privilege(n.oid, 'CREATE') "
    "AND has_schema_privilege(n.oid, 'USAGE'), has_database_privilege(current_database(), 'CREATE')) AS makeable, "
    "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable, "
    "has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'DELETE') "
    "AND has_sequence_privilege(s.oid, 'USAGE') AS writable "
    "FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = 'voipbox' "
    "LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'outbox' "
    "LEFT JOIN pg_class s ON s.relnamespace = n.oid AND s.relname = 'outbox_outbox_id_seq'"
)
_SCHEMA = "CREATE SCHEMA voipbox"
_TABLE = (
    "CREATE TABLE voipbox.outbox (outbox_id bigserial PRIMARY KEY, run uuid NOT NULL, "
    "domain_name text NOT NULL, effects text NOT NULL, written_at timestamptz NOT NULL DEFAULT now())"
)
_NEXT_STEP = "Let an administrator of the database create the schema voipbox and give it to this role, then run again."

_IN_USE = (
    "SELECT d.domain_name, v.voicemail_id::text AS voicemail_id FROM v_domains d "
    "LEFT JOIN v_voicemails v ON v.domain_uuid = d.domain_uuid WHERE d.domain_name = ANY(%s)"
)


class Outbox:
    """The outbox as seen by one run. Parameters: database, a database.Database."""

    def __init__(self, database):
        self.database = database
        self.run = str(uuid.uuid4())
        self._look()

    def _look(self):
        self.found = self.database.execute(_STATE)[0]
        self.there = self.found["there"]
        self.readable = self.found["readable"]

    def require(self):
        """Refuse when prepare() would fail for want of a right; nothing is made. Raises DatabaseError."""
        if self.there:
            if not (self.readable and self.found["writable"]):
                raise _refusal("This role may not read and write the table voipbox.outbox.")
        elif not self.found["makeable"]:
            what = "make the table outbox in the schema voipbox" if self.found["schema"] else "make the schema voipbox"
            raise _refusal("This role may not {0}.".format(what))

    def prepare(self):
        """Make what is missing of schema and table, and hold this run's lock. Raises DatabaseError.

        Two runs may start at once, so what is missing is looked for again under a lock. What stands is not created again:
        even with IF NOT EXISTS that needs a right on the whole database.
        """
        self.require()
        if not self.there:
            self.database.lock("outbox", "create")
            self._look()
            if not self.found["schema"]:
                self.database.execute(_SCHEMA)
            if not self.there:
                self.database.execute(_TABLE)
            self._look()
        self.database.execute("SELECT pg_advisory_lock(hashtext('voipbox:run'), hashtext(%s))", (self.run,))
        self.database.commit()

    def left_behind(self):
        """[(identity, domain name, Effects)] of rows whose run is gone; the rows stay until done() is told.

        Folders that were to go, but belong to a domain or mailbox which is there again, are not among them.
        """
        if not self.there:
            return []
        rows = self._rows()
        left = [(row["outbox_id"], row["domain_name"], from_json(row["effects"])) for row in rows]
        removing = sorted({domain for unused, domain, effects in left if effects.remove})
        if removing:
            self._spare_folders(left, removing)
        return left

    def waiting(self):
        """How many rows of runs that are gone there are; None for a role that may not read them."""
        if not self.there:
            return 0
        return len(self._rows()) if self.readable else None

    def _rows(self):
        """Rows whose run is gone, oldest first."""
        return self.database.execute(
            "SELECT outbox_id, domain_name, effects FROM voipbox.outbox WHERE run <> %s "
            "AND NOT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 "
            "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND l.classid = hashtext('voipbox:run')::bigint & 4294967295 "
            "AND l.objid = hashtext(run::text)::bigint & 4294967295) ORDER BY outbox_id",
            (self.run,),
        )

    def _spare_folders(self, left, domains):
        used = set()
        for row in self.database.execute(_IN_USE, (domains,)):
            name = row["domain_name"]
            used.update((name, "default/" + name, "fax/" + name, "default/{0}/{1}".format(name, row["voicemail_id"])))
        for unused, unused_too, effects in left:
            effects.remove = [(root, path) for root, path in effects.remove if path not in used]

    def add(self, domain_name, effects):
        """Write a row in the running transaction; returns its identity."""
        return self.database.execute(
            "INSERT INTO voipbox.outbox (run, domain_name, effects) VALUES (%s, %s, %s) RETURNING outbox_id",
            (self.run, domain_name, effects.to_json()),
        )[0]["outbox_id"]

    def done(self, identities):
        """Delete rows whose effects were carried out, and commit."""
        if identities:
            self.database.execute("DELETE FROM voipbox.outbox WHERE outbox_id = ANY(%s)", (identities,))
            self.database.commit()


def _refusal(what):
    return DatabaseError(what, not_done="Nothing was written.", next_step=_NEXT_STEP)
