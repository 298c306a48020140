# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The difference between what is there and what is wanted, as rows to insert, columns to change and rows to delete."""

from __future__ import annotations

import re

from .database import canonical

SECRET_COLUMNS = frozenset(("password", "voicemail_password", "api_key", "salt", "user_totp_secret", "auth_password"))
_HIDDEN_IN_DIFF = re.compile(r"(_uuid|_xml|^insert_.*|^update_.*)$")
SECRET_MARK = "(secret)"
CHANGED_SECRET_MARK = "(another secret)"


class Changes:
    """Collects the differences of one tenant; nothing is written until apply() is called.

    Parameters: schema, a schema.Schema. The same object predicts (check mode, diff mode) and writes, so both agree.
    """

    def __init__(self, schema):
        self.schema = schema
        self.inserts = {}
        self.updates = []
        self.deletes = []
        self.wide_deletes = []
        self.pending = []
        self.objects = {"created": [], "changed": [], "removed": []}
        self.before = {}
        self.after = {}
        self.warnings = []

    def __bool__(self):
        return any(self.objects.values())

    def insert(self, table, row, label=None, diff=None, later=None):
        """A new row. With a label it is a new object to tell of; diff replaces the columns shown for it.

        later: {column: function} for values that are still being made; they are asked for when the row is written.
        """
        values = self.schema.insertable(table, row)
        for column, function in (later or {}).items():
            values[column] = None
            self.pending.append((table, values, column, function))
        self.inserts.setdefault(table, []).append(values)
        if label:
            self.tell("created", label, None, _shown(values) if diff is None else diff)

    def update(self, table, key, current, wanted, label):
        """Change the columns of current that differ from wanted; returns True when any does.

        key: name of the primary key column; current: the row as read; wanted: columns that are to hold.
        """
        have = self.schema.columns[table]
        differing = {
            name: canonical(value)
            for name, value in wanted.items()
            if name in have and name != key and canonical(value) != canonical(current.get(name))
        }
        if not differing:
            return False
        self.updates.append((table, key, current[key], differing))
        self.tell("changed", label, _shown({n: current.get(n) for n in differing}), _shown(differing, changed=True))
        return True

    def delete(self, table, column, values, label=None, row=None):
        """Delete the rows of a table whose column is one of values (a list); row is what diff mode shows of it."""
        if not values or not self.schema.has(table, column):
            return
        self.deletes.append((table, column, list(values)))
        if label:
            self.tell("removed", label, _shown(row or {}), None)

    def delete_where(self, table, column, value):
        """Delete every row of a table (any table of the database) whose uuid column has that value."""
        self.wide_deletes.append((table, column, value))

    def tell(self, kind, label, before=None, after=None):
        """Note an object (created, changed, removed) for the result, with what diff mode shows of it."""
        if kind == "changed" and label in self.objects["created"]:
            kind = None
        elif label not in self.objects[kind]:
            self.objects[kind].append(label)
        if before is not None:
            self.before.setdefault(label, {}).update(before)
        if after is not None:
            self.after.setdefault(label, {}).update(after)

    def apply(self, database):
        """Write everything inside the caller's transaction: deletes, inserts, updates."""
        for table, column, values in self.deletes:
            cast = self.schema.columns[table][column]
            database.execute("DELETE FROM {0} WHERE {1} = ANY(%s::{2}[])".format(table, column, cast), (values,))
        for table, column, value in self.wide_deletes:
            database.execute("DELETE FROM {0} WHERE {1} = %s".format(table, column), (value,))
        waiting = {table for table, unused, unused, unused in self.pending}
        for table in sorted(self.inserts, key=waiting.__contains__):
            rows = self.inserts[table]
            if table in waiting:
                self._settle(table)
            groups = {}
            for row in rows:
                groups.setdefault(tuple(sorted(row)), []).append(row)
            for group in groups.values():
                database.insert(table, group)
        for table, key, identity, columns in self.updates:
            names = list(columns)
            assignments = ["{0} = %s".format(name) for name in names]
            if self.schema.has(table, "update_date"):
                assignments.append("update_date = now()")
            sql = "UPDATE {0} SET {1} WHERE {2} = %s".format(table, ", ".join(assignments), key)
            database.execute(sql, [columns[name] for name in names] + [identity])

    def _settle(self, table):
        for pending_table, values, column, function in self.pending:
            if pending_table == table:
                values[column] = function()

    def diff(self):
        """before and after for Ansible's diff mode; secrets stand as fixed marks."""
        return {"before": self.before, "after": self.after}


def _shown(columns, changed=False):
    mark = CHANGED_SECRET_MARK if changed else SECRET_MARK
    return {
        name: (mark if name in SECRET_COLUMNS else value)
        for name, value in columns.items()
        if value is not None and not _HIDDEN_IN_DIFF.search(name)
    }
