# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing a tenant whole: every row, folder, cache key and gateway of it, and nothing else."""

from __future__ import annotations

from . import cache
from .domain import keys_of
from .errors import BadInput
from .folders import domain_folders, is_there

# Tables of any FusionPBX app count, so the catalogue is asked; views hold no rows of their own.
_TABLES = """
SELECT c.relname AS table_name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'domain_uuid' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_catalog.pg_table_is_visible(c.oid)
 ORDER BY c.relname = 'v_domains', c.relname
"""


class Removal:
    """Removes the tenant of a work. Parameters: work; confirmed, the domain names that whoever asked has confirmed."""

    def __init__(self, work, confirmed):
        self.work = work
        if work.domain_name not in confirmed:
            raise BadInput(
                "confirm",
                "removing {0} deletes its phones, messages and routes, and this was not confirmed".format(work.domain_name),
                "Repeat the domain name in confirm.",
            )

    def apply(self):
        """Note every row, folder, gateway and key; a domain that is not there is no change (folders left over are)."""
        work = self.work
        if not work.is_new:
            self._gateways()
            work.effects.keys.update(keys_of(work))
            self._rows()
        self._folders()

    def _gateways(self):
        work = self.work
        for row in work.rows("v_gateways"):
            identity = row["gateway_uuid"].lower()
            work.effects.kill[identity] = row["profile"] or "external"
            work.effects.keys.update(cache.sofia(work.session.host))
            for route in work.schema.select(
                work.database,
                "v_dialplans",
                "dialplan_xml LIKE %s AND domain_uuid IS DISTINCT FROM %s",
                ("%sofia/gateway/" + row["gateway_uuid"] + "/%", work.domain_uuid),
            ):
                work.changes.warnings.append(
                    "The route {0} ({1}) of another tenant used gateway {2}, which is removed.".format(
                        route["dialplan_name"], route["dialplan_uuid"], row["gateway"]
                    )
                )

    def _rows(self):
        work = self.work
        tables = [row["table_name"] for row in work.database.execute(_TABLES)]
        counted = work.database.execute(
            " UNION ALL ".join(
                "SELECT '{0}' AS table_name, count(*) AS rows FROM {0} WHERE domain_uuid = %s".format(_plain(table))
                for table in tables
            ),
            [work.domain_uuid] * len(tables),
        )
        present = {row["table_name"]: row["rows"] for row in counted if row["rows"]}
        dialplans = [row["dialplan_uuid"] for row in work.rows("v_dialplans")]
        work.changes.delete("v_dialplan_details", "dialplan_uuid", dialplans)
        for table in tables:
            if table in present:
                work.changes.delete_where(table, "domain_uuid", work.domain_uuid)
        work.changes.tell("removed", "domain", {"domain_name": work.domain_name, "rows": present}, None)

    def _folders(self):
        work = self.work
        folders = domain_folders(work.session, work.domain_name)
        storage = work.session.default_setting("switch", "storage")
        if storage:
            folders.append((storage, "fax/" + work.domain_name))
        for root, path in folders:
            if is_there(root, path):
                work.effects.remove.append((root, path))
                work.changes.tell("removed", "folder " + path, {"folder": path}, None)


def _plain(table):
    return '"{0}"'.format(table.replace('"', '""')) if not table.replace("_", "").isalnum() else table
