"""Fills a lab's database with many tenants, copied from one that was provisioned, faster than provisioning them."""

from __future__ import annotations

import psycopg2

_TABLES = """
SELECT table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE table_schema = 'public' AND column_name = 'domain_uuid' AND table_type = 'BASE TABLE'
"""
_COLUMNS = """
SELECT column_name, udt_name FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
"""


def copy_tenant(dsn: str, domain: str, copies: int) -> None:
    """Make copies of a tenant: every row of its domain, with uuids, domain name and numbers of its own.

    Parameters: dsn, a libpq connection string; domain, the tenant's name; copies, how many.
    """
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT domain_uuid FROM v_domains WHERE domain_name = %s", (domain,))
        source = cursor.fetchone()[0]
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT 1 FROM {table} WHERE domain_uuid = %s LIMIT 1", (source,))
            if not cursor.fetchone():
                continue
            cursor.execute(_COLUMNS, (table,))
            names, values = [], []
            for name, kind in cursor.fetchall():
                names.append(f'"{name}"')
                values.append(_value(name, kind))
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
                f"FROM {table} CROSS JOIN generate_series(1, %(copies)s) AS copy WHERE domain_uuid = %(source)s",
                {"copies": copies, "source": source, "domain": domain},
            )
    with psycopg2.connect(dsn) as connection:
        connection.autocommit = True
        connection.cursor().execute("ANALYZE")


def _value(name: str, kind: str) -> str:
    if name in ("app_uuid", "group_uuid"):
        return f'"{name}"'
    if kind == "uuid":
        return f"md5(copy || '/' || \"{name}\"::text)::uuid"
    if name in ("destination_number", "dialplan_number"):
        return f"'613' || lpad(copy::text, 7, '0') || left(\"{name}\", 0)"
    if kind == "text":
        return f"replace(\"{name}\", %(domain)s, 'copy' || copy || '.pbx.example.com')"
    return f'"{name}"'
