# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows to be seeded: collected as text, with uuids that are the same in every lab, and inserted into one shape."""

from __future__ import annotations

from uuid import UUID, uuid5

import psycopg2.extensions
from psycopg2.extras import execute_values

from . import tables
from .dialplan_import import Dialplan, Row

FIRST_DOMAIN = "pbx.lab.example"
SUPERADMIN = ("admin", "Lab-superadmin-1")
_NAMESPACE = UUID("b0f3c9a2-6d57-4f0e-9a61-5d2f8f7c1e04")


def uuid_of(*names: str) -> str:
    """The uuid of a seeded row, from its table and natural key: the same in every lab."""
    return str(uuid5(_NAMESPACE, "/".join(names)))


class Rows:
    """Collects rows and inserts them.

    Parameters: shape (see tables.SHAPES). Rows are dictionaries of text or None; columns that the shape does not have
    are left out, so that one row serves all shapes.
    """

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.real_booleans = tables.columns_of(shape, "v_dialplans")["dialplan_continue"] == "boolean"
        self.rows: dict[str, list[Row]] = {}

    def add(self, table: str, row: Row) -> None:
        """Add one row."""
        self.rows.setdefault(table, []).append(row)

    def add_dialplan(self, found: Dialplan, domain_uuid: str | None, key: str) -> str:
        """Add a dialplan with details and XML; returns its uuid. key tells it from others of the same domain."""
        uuid = uuid_of("v_dialplans", str(domain_uuid), key)
        xml = found.xml(uuid, self.real_booleans)
        self.add_dialplan_rows(found.row | {"dialplan_xml": xml}, found.details, uuid, domain_uuid)
        return uuid

    def add_dialplan_rows(self, row: Row, details: list[Row], uuid: str, domain_uuid: str | None) -> None:
        """Add the row of a dialplan and those of its details."""
        keys: Row = {"dialplan_uuid": uuid, "domain_uuid": domain_uuid}
        self.add("v_dialplans", row | keys)
        for position, detail in enumerate(details):
            one = uuid_of("v_dialplan_details", uuid, str(position))
            self.add("v_dialplan_details", detail | keys | {"dialplan_detail_uuid": one})

    def write(self, connection: psycopg2.extensions.connection) -> None:
        """Insert everything in one transaction, as done now by the superadmin."""
        done: Row = {"insert_date": "now", "insert_user": uuid_of("v_users", FIRST_DOMAIN, SUPERADMIN[0])}
        with connection.cursor() as cursor:
            for table, rows in self.rows.items():
                full = [row | done for row in rows]
                names = [name for name in tables.columns_of(self.shape, table) if any(name in row for row in full)]
                head = f"INSERT INTO {table} ({', '.join(names)}) VALUES %s"
                execute_values(cursor, head, [[row.get(name) for name in names] for row in full], page_size=1000)
        connection.commit()


def user_rows(domain: str, name: str, hashed: str, group: str, email: str) -> list[tuple[str, Row]]:
    """The four rows that FusionPBX's user page makes of a user without own language and time zone."""
    user = uuid_of("v_users", domain, name)
    contact = uuid_of("v_contacts", domain, name)
    here: Row = {"domain_uuid": uuid_of("v_domains", domain)}
    return [
        (
            "v_users",
            here
            | {
                "user_uuid": user,
                "contact_uuid": contact,
                "username": name,
                "password": hashed,
                "user_email": email,
                "user_type": "default",
                "user_enabled": "true",
                "add_user": SUPERADMIN[0],
            },
        ),
        (
            "v_user_groups",
            here
            | {
                "user_group_uuid": uuid_of("v_user_groups", domain, name),
                "user_uuid": user,
                "group_uuid": uuid_of("v_groups", group),
                "group_name": group,
            },
        ),
        ("v_contacts", here | {"contact_uuid": contact, "contact_type": "user", "contact_nickname": name}),
        (
            "v_contact_emails",
            here
            | {
                "contact_email_uuid": uuid_of("v_contact_emails", domain, name),
                "contact_uuid": contact,
                "email_address": email,
                # Numeric up to 5.4, boolean since: PostgreSQL reads 1 as either.
                "email_primary": "1",
            },
        ),
    ]
