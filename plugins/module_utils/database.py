# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to FusionPBX's PostgreSQL: psycopg2, or psycopg 3 where that is missing. Every value is text or None."""

from __future__ import annotations

import contextlib
import time

from .errors import DatabaseError

try:
    import psycopg2 as driver

    HAS_DRIVER = True
    DRIVER_ERROR = None
except ImportError:
    try:
        import psycopg as driver

        HAS_DRIVER = True
        DRIVER_ERROR = None
    except ImportError as error:
        driver = None
        HAS_DRIVER = False
        DRIVER_ERROR = error

_CONNECT_TIMEOUT = 10
_STATEMENT_TIMEOUT = "60s"
_LOCK_TIMEOUT = "30s"
_ROWS_PER_INSERT = 500
ROLLED_BACK = "The transaction was rolled back: nothing of it was written."


def canonical(value):
    """The text under which two values count as the same: None for empty, 'true'/'false', whole numbers without a point.

    FusionPBX holds one fact as text, numeric or boolean depending on its version; PostgreSQL reads each from this text.
    """
    if value is None or value == "":
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


class Database:
    """One connection. Parameters: settings, a configuration.Settings; read_only. Raises DatabaseError when refused.

    With read_only the database itself refuses every write of this connection. statements and seconds tell how much was
    asked of the database and how long it took.
    """

    def __init__(self, settings, read_only=False):
        wanted = settings.database
        parameters = {
            "host": wanted["host"],
            "port": wanted["port"],
            "dbname": wanted["name"],
            "user": wanted["username"],
            "password": wanted["password"],
            "sslmode": wanted["sslmode"],
            "connect_timeout": _CONNECT_TIMEOUT,
            "application_name": "voipbox",
            "options": "-c statement_timeout={0} -c lock_timeout={1} -c default_transaction_read_only={2}".format(
                _STATEMENT_TIMEOUT, _LOCK_TIMEOUT, "on" if read_only else "off"
            ),
        }
        parameters = {key: value for key, value in parameters.items() if value not in (None, "")}
        try:
            if driver.__name__ == "psycopg":
                parameters["cursor_factory"] = driver.ClientCursor
            self.connection = driver.connect(**parameters)
        except driver.Error as error:
            raise DatabaseError(
                "The FusionPBX database {0} at {1}:{2} refused the connection: {3}.".format(
                    wanted["name"], wanted["host"], wanted["port"], _first_line(error)
                ),
                next_step="Check that PostgreSQL runs and that the role may log in, then run again.",
            ) from None
        self.statements = 0
        self.seconds = 0.0

    def execute(self, sql, parameters=()):
        """Run one statement; returns the rows as dictionaries when there are any, else the number of rows touched."""
        self.statements += 1
        started = time.monotonic()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                if cursor.description is None:
                    return cursor.rowcount
                names = [column[0] for column in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
        except driver.Error as error:
            raise DatabaseError(
                "The database refused a statement: {0}.".format(_first_line(error)),
                not_done=ROLLED_BACK,
            ) from None
        finally:
            self.seconds += time.monotonic() - started

    def insert(self, table, rows):
        """Insert rows (dictionaries of text or None, all with the same keys) with as few statements as possible."""
        if not rows:
            return
        columns = list(rows[0])
        one = "(" + ",".join(["%s"] * len(columns)) + ")"
        head = "INSERT INTO {0} ({1}) VALUES ".format(table, ",".join(columns))
        for start in range(0, len(rows), _ROWS_PER_INSERT):
            part = rows[start : start + _ROWS_PER_INSERT]
            self.execute(head + ",".join([one] * len(part)), [row[name] for row in part for name in columns])

    def commit(self):
        """Commit; a failure is a DatabaseError, after which nobody knows whether the server did it (the answer may be lost)."""
        started = time.monotonic()
        try:
            self.connection.commit()
        except driver.Error as error:
            raise DatabaseError(
                "The database did not confirm the commit: {0}.".format(_first_line(error)),
                not_done="Whether it was written is not known.",
                next_step="Run again: it is safe.",
            ) from None
        finally:
            self.seconds += time.monotonic() - started

    def rollback(self):
        """Give up the transaction; a lost connection is no further error."""
        with contextlib.suppress(driver.Error):
            self.connection.rollback()

    def lock(self, kind, name):
        """Hold an advisory lock (kind and name as text) until the transaction ends."""
        self.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", ("voipbox:" + kind, name))

    def close(self):
        """Close the connection."""
        with contextlib.suppress(driver.Error):
            self.connection.close()


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
