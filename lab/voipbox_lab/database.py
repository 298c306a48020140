# SPDX-License-Identifier: GPL-3.0-or-later
"""FusionPBX's database in the lab's server, and a seeded copy of it from which it is put back."""

from __future__ import annotations

import psycopg2
from voipbox.embedded.ports import HOST
from voipbox.embedded.postgres import Postgres

from . import seed, tables
from .layout import DATABASE, ROLE, Layout, State

_SEEDED = "fusionpbx_seed"


def build(server: Postgres, state: State, layout: Layout) -> None:
    """Make both databases and the role ROLE in a running server that has neither.

    The role has the state's password, owns the tables and is no superuser. The layout's web root holds the default
    dialplans, and its folders become the default settings switch/*.
    """
    with server.admin(state.postgres_port) as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD %s", (state.database_password,))
        cursor.execute(f"CREATE DATABASE {_SEEDED} OWNER {ROLE}")
    connection = psycopg2.connect(
        host=HOST, port=state.postgres_port, dbname=_SEEDED, user=ROLE, password=state.database_password
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(tables.statements(state.shape))
        seed.rows_of(state.shape, layout.web_root, layout.settings()).write(connection)
    finally:
        connection.close()
    restore(server, state.postgres_port)


def restore(server: Postgres, port: int) -> None:
    """Make the database DATABASE a fresh copy of the seeded one, dropping whoever is connected."""
    with server.admin(port) as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {_SEEDED} OWNER {ROLE}")
