# SPDX-License-Identifier: GPL-3.0-or-later
"""The PostgreSQL server that the program brings along where no other was named: made, started and stopped as needed.

Every process that uses it holds a shared lock on a file; the last one to leave stops the server. A process that was
killed lost its lock with its life, so nothing needs tidying.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from psycopg import sql

from voipbox.embedded.errors import ServerError
from voipbox.embedded.ports import HOST, free_ports
from voipbox.embedded.postgres import Postgres

from . import keys
from .config import config
from .errors import SetUpError

NAME = "voipbox"
_ATTEMPTS = 8
_WATCH = 1.0  # seconds


@dataclass(frozen=True)
class Access:
    """How to connect: loopback port and password of the role voipbox."""

    port: int
    password: str


class EmbeddedDatabase:
    """One server in one folder. Parameter: folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().resolve()
        self._server = Postgres(self._folder / "server", self._folder / "postgres.log")
        self._access_file = self._folder / "access.json"
        self._users: IO[str] | None = None

    def use(self) -> Access:
        """Make and start it as needed and keep it running while this process lives. Raises SetUpError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._users is None:
                self._users = (self._folder / "users").open("a")
                fcntl.flock(self._users, fcntl.LOCK_SH)
                atexit.register(self.leave)
            return self._start()
        except OSError as error:
            raise SetUpError(
                f"The folder {self._folder} cannot be used ({error.strerror}). Name another in VOIPBOX_STATE_DIR."
            ) from None
        except ServerError as error:
            raise SetUpError(f"The embedded database does not start. {error}") from None

    def leave(self) -> None:
        """Stop the server when nobody else uses it."""
        if self._users is None:
            return
        users, self._users = self._users, None
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            self._server.stop()

    def keep_running(self) -> None:
        """Start it again whenever it has died, from a thread of its own, for processes that live long."""
        threading.Thread(target=self._watch, name="embedded database", daemon=True).start()

    @property
    def running(self) -> bool:
        """True while the server runs."""
        return self._server.running

    def _watch(self) -> None:
        while self._users is not None:
            time.sleep(_WATCH)
            if self._users is not None and not self._server.running:
                try:
                    self._start()
                except (ServerError, OSError):
                    continue

    def _start(self) -> Access:
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._access_file.exists():
                return self._create()
            access = Access(**json.loads(self._access_file.read_text()))
            self._start_server(access.port)
            return access

    def _create(self) -> Access:
        self._server.stop()
        self._server.remove()
        access = Access(free_ports(1)[0], secrets.token_hex(16))
        self._server.create()
        self._start_server(access.port)
        with self._server.admin(access.port) as cursor:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(sql.Identifier(NAME), access.password))
            cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(NAME)))
        keys.write_private(self._access_file, json.dumps(asdict(access)) + "\n")
        return access

    def _start_server(self, port: int) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            if self._server.running:
                return
            try:
                self._server.start(port)
            except ServerError:
                # Children of a killed server may still hold the port for a moment.
                if attempt == _ATTEMPTS:
                    raise
                time.sleep(0.3 * attempt)


embedded = EmbeddedDatabase(config().state_dir / "database")


def connection_settings() -> dict[str, object]:
    """What Django's DATABASES wants for the embedded server, which is started. Raises SetUpError."""
    access = embedded.use()
    return {"NAME": NAME, "USER": NAME, "PASSWORD": access.password, "HOST": HOST, "PORT": access.port}
