# SPDX-License-Identifier: GPL-3.0-or-later
"""One run a server, over all machines: a lock that the run's own process holds in PostgreSQL while it lives."""

from __future__ import annotations

import psycopg
from django.db import connections

_CLASS = 7100  # of voipbox's advisory locks on servers


class ServerLock:
    """Parameter: server_id. The lock is held on a connection of its own; when that breaks, the lock is gone."""

    def __init__(self, server_id: int) -> None:
        self._server_id = server_id
        self._connection: psycopg.Connection | None = None

    def take(self) -> bool:
        """Take it without waiting; False when another process has it."""
        parameters = connections["default"].get_connection_params()
        for name in (
            "cursor_factory",
            "context",
            "prepare_threshold",
            "server_side_binding",
            "isolation_level",
            "pool",
            "assume_role",
        ):
            parameters.pop(name, None)
        self._connection = psycopg.connect(
            **parameters, autocommit=True, keepalives_idle=5, keepalives_interval=2, keepalives_count=3
        )
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_CLASS, self._server_id)).fetchone()
        if row and row[0]:
            return True
        self._connection.close()
        return False

    def is_held(self) -> bool:
        """True while the database still knows us. Never raises."""
        try:
            if self._connection is None:
                return False
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def release(self) -> None:
        """Give it back."""
        if self._connection is not None:
            self._connection.close()
