# SPDX-License-Identifier: GPL-3.0-or-later
"""A new key for the sealed fields: written first, then every value is sealed anew, then the old keys may go."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.db import connection, models
from psycopg import sql

from . import keys
from .config import config
from .sealed import SealedText

_CHUNK = 500


def sealed_columns() -> Iterator[tuple[str, str, str]]:
    """Table, primary key and column of every sealed field."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedText):
                primary = model._meta.pk
                assert isinstance(primary, models.Field)
                yield model._meta.db_table, str(primary.column), str(field.column)


def add_key() -> None:
    """Put a new key in front of the others; from now on it seals."""
    keys.write_private(config().keys, "\n".join([Fernet.generate_key().decode(), *keys.read()]) + "\n")


def reseal() -> int:
    """Seal every value with the newest key; returns how many. It may be interrupted and run again.

    A value that another process changes meanwhile is left alone: it was sealed with a key that is still there.
    Raises SealBroken when a value fits no key; then what was done so far stays.
    """
    done = 0
    for table, primary, column in sealed_columns():
        done += _reseal_column(table, primary, column)
    return done


def _reseal_column(table: str, primary: str, column: str) -> int:
    names = {"table": sql.Identifier(table), "primary": sql.Identifier(primary), "column": sql.Identifier(column)}
    read = sql.SQL(
        "SELECT {primary}, {column} FROM {table} WHERE {column} <> '' AND (%s::text IS NULL OR {primary}::text > %s) "
        "ORDER BY {primary}::text LIMIT %s"
    ).format(**names)
    write = sql.SQL("UPDATE {table} SET {column} = %s WHERE {primary} = %s AND {column} = %s").format(**names)
    last: str | None = None
    done = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(read, [last, last, _CHUNK])
            rows = cursor.fetchall()
            if not rows:
                return done
            for identity, token in rows:
                try:
                    fresh = keys.ring().rotate(token.encode()).decode()
                except InvalidToken:
                    raise keys.SealBroken(
                        f"{table}.{column} of row {identity} cannot be opened with any key. Old keys were kept."
                    ) from None
                cursor.execute(write, [fresh, identity, token])
                done += 1
            last = str(rows[-1][0])


def drop_old_keys() -> int:
    """Keep the newest key alone; returns how many went. Only after reseal()."""
    held = keys.read()
    keys.write_private(config().keys, held[0] + "\n")
    return len(held) - 1
