# SPDX-License-Identifier: GPL-3.0-or-later
"""A new key for the sealed fields, in two steps: it is written and every value is sealed anew; and later, when nothing can be
sealed with an old key any more, the old ones go."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from . import keys
from .config import config
from .sealed import SealedText

_CHUNK = 500
_MARGIN = 5.0  # seconds between sealing a value and sending it to the database, at most
_LOCK_WAIT = "30s"
_OLDER = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND xact_start < to_timestamp(%s)"
)


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
    """Keep the newest key alone; returns how many went. Raises KeysInUse while an old one may still be needed.

    It is proved, not assumed: no transaction is under way that is older than the newest key, and while nobody can write, every
    sealed value opens with that key alone.
    """
    held = keys.read()
    if len(held) == 1:
        return 0
    added = config().keys.stat().st_mtime
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLDER, [added + _MARGIN])
        (older,) = cursor.fetchone()
        if older:
            raise keys.KeysInUse(
                f"{older} transactions that may have sealed with an old key are under way. No key was dropped; try again soon."
            )
        cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_LOCK_WAIT)))
        columns = list(sealed_columns())
        for table in sorted({table for table, _, _ in columns}):
            cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.Identifier(table)))
        left = sum(_sealed_otherwise(cursor, table, column, Fernet(held[0])) for table, _, column in columns)
        if left:
            raise keys.KeysInUse(f"{left} values are still sealed with an old key. No key was dropped; run voipbox keys reseal.")
        keys.write_private(config().keys, held[0] + "\n")
    return len(held) - 1


def _sealed_otherwise(cursor: CursorWrapper, table: str, column: str, newest: Fernet) -> int:
    """How many values of a column do not open with the newest key."""
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    cursor.execute(sql.SQL("SELECT {column} FROM {table} WHERE {column} <> ''").format(**names))
    count = 0
    while rows := cursor.fetchmany(_CHUNK):
        for (token,) in rows:
            try:
                newest.decrypt(token.encode())
            except InvalidToken:
                count += 1
    return count
