# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tables hold at one moment, and what differs between two moments."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

Row = dict[str, str | None]
Snapshot = dict[str, dict[str, Row]]

_SCHEMAS = ("public", "voipbox")
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname,
       coalesce(a.attnum = ANY ((SELECT i.indkey FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)::int2[]),
                false)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY (%s)
 ORDER BY n.nspname, c.relname, a.attnum
"""


@dataclass
class Changes:
    """What happened to one table; rows by primary key, an updated row as column: (old, new)."""

    inserted: dict[str, Row] = field(default_factory=dict)
    updated: dict[str, dict[str, tuple[str | None, str | None]]] = field(default_factory=dict)
    deleted: dict[str, Row] = field(default_factory=dict)


def snapshot(
    source: str | psycopg2.extensions.connection,
    tables: Collection[str] | None = None,
    ignore_tables: Collection[str] = (),
) -> Snapshot:
    """All rows of all base tables of the schemas public and voipbox, every value as text.

    Parameters: source, a DSN or a connection (whose transaction is used, so that its uncommitted changes are seen);
    tables, only these; ignore_tables, all but these. A table of the schema voipbox is named voipbox.TABLE.
    Returns {table: {primary key: row}}. The parts of a longer key are joined by commas; rows without a key are told
    apart by all their values and a running number. All tables are read at the same moment, by one statement.
    """
    with _cursor(source) as cursor:
        cursor.execute(_COLUMNS, (list(_SCHEMAS),))
        columns: dict[tuple[str, str], list[tuple[str, bool]]] = {}
        for schema, table, column, is_key in cursor.fetchall():
            columns.setdefault((schema, table), []).append((column, is_key))
        wanted = {}
        for (schema, table), names in columns.items():
            label = table if schema == "public" else f"{schema}.{table}"
            if (tables is None or label in tables) and label not in ignore_tables:
                wanted[label] = (schema, table, names)
        found: Snapshot = {label: {} for label in wanted}
        if not wanted:
            return found
        parts = [
            sql.SQL("SELECT {}, ARRAY[{}] FROM {}").format(
                sql.Literal(label),
                sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name, _ in names),
                sql.Identifier(schema, table),
            )
            for label, (schema, table, names) in wanted.items()
        ]
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        for label, values in cursor:
            _keep(found[label], wanted[label][2], values)
    return found


def _keep(rows: dict[str, Row], names: list[tuple[str, bool]], values: list[str | None]) -> None:
    row = {name: value for (name, _), value in zip(names, values, strict=True)}
    parts = [str(row[name]) for name, is_key in names if is_key]
    key = ",".join(parts)
    if not parts:
        text = ",".join(map(str, values))
        number = 0
        while (key := f"{text}#{number}") in rows:
            number += 1
    rows[key] = row


@contextlib.contextmanager
def _cursor(source: str | psycopg2.extensions.connection) -> Iterator[psycopg2.extensions.cursor]:
    if not isinstance(source, str):
        with source.cursor() as cursor:
            yield cursor
        return
    connection = psycopg2.connect(source)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def difference(before: Snapshot, after: Snapshot) -> dict[str, Changes]:
    """What changed between two snapshots, by table; tables without a change are left out, so {} means none at all."""
    found = {}
    for table in sorted({*before, *after}):
        old, new = before.get(table, {}), after.get(table, {})
        if old == new:
            continue
        updated = {}
        for key in old.keys() & new.keys():
            if old[key] != new[key]:
                columns = {*old[key], *new[key]}
                pairs = {name: (old[key].get(name), new[key].get(name)) for name in sorted(columns)}
                updated[key] = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        found[table] = Changes(
            inserted={key: new[key] for key in new.keys() - old.keys()},
            updated={key: change for key, change in updated.items() if change},
            deleted={key: old[key] for key in old.keys() - new.keys()},
        )
    return {table: one for table, one in found.items() if one != Changes()}
