# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock over all machines that lives as long as its process: held in PostgreSQL on a connection of its own."""

from __future__ import annotations

import time
from types import TracebackType

import psycopg
from django.db import connections

SERVERS = 7100
ACCOUNTS = 7101
REGISTRATIONS = 7102
_PAUSE = 0.2  # seconds between two tries


class SessionLock:
    """Parameters: room, one of the numbers above; key, of what is locked. When the connection breaks, the lock is gone."""

    def __init__(self, room: int, key: int) -> None:
        self._room = room
        self._key = key % 2**31  # as wide as PostgreSQL takes; ids beyond share a lock, which costs a wait at most
        self._connection: psycopg.Connection | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Take it, waiting for so many seconds at most; False when another process has it."""
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
        deadline = time.monotonic() + patience
        while True:
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (self._room, self._key)).fetchone()
            if row and row[0]:
                return True
            if time.monotonic() >= deadline:
                self._connection.close()
                return False
            time.sleep(_PAUSE)

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

    def __enter__(self) -> SessionLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
