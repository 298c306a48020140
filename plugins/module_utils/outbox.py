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

_EXISTS = (
    "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'voipbox' AND c.relname = 'outbox'"
)
_CREATE = (
    "CREATE SCHEMA IF NOT EXISTS voipbox",
    "CREATE TABLE IF NOT EXISTS voipbox.outbox (outbox_id bigserial PRIMARY KEY, run uuid NOT NULL, "
    "domain_name text NOT NULL, effects text NOT NULL, written_at timestamptz NOT NULL DEFAULT now())",
)

_IN_USE = (
    "SELECT d.domain_name, v.voicemail_id::text AS voicemail_id FROM v_domains d "
    "LEFT JOIN v_voicemails v ON v.domain_uuid = d.domain_uuid WHERE d.domain_name = ANY(%s)"
)


class Outbox:
    """The outbox as seen by one run. Parameters: database, a database.Database."""

    def __init__(self, database):
        self.database = database
        self.run = str(uuid.uuid4())
        found = database.execute(_EXISTS)
        self.there = bool(found)
        self.readable = bool(found) and found[0]["readable"]

    def prepare(self):
        """Make the table when it is missing (under a lock, for two runs may start at once) and hold this run's lock."""
        if not self.there:
            self.database.lock("outbox", "create")
            try:
                for statement in _CREATE:
                    self.database.execute(statement)
            except DatabaseError as error:
                self.database.rollback()
                raise DatabaseError(
                    error.what,
                    next_step="Let an administrator of the database create the schema voipbox and give it to this role.",
                ) from None
            self.there = True
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
