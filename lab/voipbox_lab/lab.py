# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's PBX server as a whole: bring it up, put it back to its first state, take it down."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from voipbox.embedded.daemon import Daemon
from voipbox.embedded.errors import ServerError
from voipbox.embedded.ports import HOST, free_ports, is_free
from voipbox.embedded.postgres import Postgres

from . import database, webroot
from .errors import LabError
from .layout import DATABASE, ROLE, Layout, State, default_directory
from .tables import SHAPES, shape_of

_ATTEMPTS = 5
_SWITCH_LIMIT = 20.0  # seconds
_SWITCH_MODULE = "voipbox_lab.switch"


class EventSocket(NamedTuple):
    """Where the switch's event socket is."""

    host: str
    port: int
    password: str


@dataclass(frozen=True)
class Status:
    """What runs of a lab. shape is None where there is no lab yet."""

    shape: str | None
    postgres: bool
    switch: bool

    @property
    def up(self) -> bool:
        """True when all of it runs."""
        return self.postgres and self.switch


class Lab:
    """A PBX server in one folder.

    Parameters: directory (default: VOIPBOX_LAB_DIR, else .lab in the repository); shape, "5.5" or "5.4" (default: that
    of the lab which is there, else 5.5); time_factor, by which the switch's delays are multiplied (default: as at the
    last start, else 1; 0.1 is ten times as fast); durable, False to let PostgreSQL skip fsync. As a context manager it
    is up inside the block and down after it.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        shape: str | None = None,
        time_factor: float | None = None,
        durable: bool | None = None,
    ) -> None:
        self._layout = Layout(Path(directory) if directory else default_directory())
        if shape is not None:
            shape_of(shape)
        self._shape = shape
        self._time_factor = time_factor
        self._durable = durable
        layout = self._layout
        self.directory = layout.directory
        self.config_path = layout.config_path
        self.inventory_path = layout.inventory_path
        self.cache_dir = layout.cache_dir
        self.web_root = layout.web_root
        self.recordings_dir = layout.recordings_dir
        self.voicemail_dir = layout.voicemail_dir
        self.control = layout.control
        self._postgres = Postgres(layout.postgres_dir, layout.postgres_log)
        self._switch = Daemon("switch", layout.switch_pid, str(layout.config_path), layout.switch_output)

    def __enter__(self) -> Lab:
        self.up()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.down()

    @property
    def shape(self) -> str:
        """The shape of the tables, "5.5" or "5.4"."""
        return self._state().shape

    @property
    def dsn(self) -> str:
        """How psycopg connects to FusionPBX's database as FusionPBX does."""
        state = self._state()
        return f"postgresql://{ROLE}:{state.database_password}@{HOST}:{state.postgres_port}/{DATABASE}"

    @property
    def event_socket(self) -> EventSocket:
        """Host, port and password of the switch's event socket."""
        state = self._state()
        return EventSocket(HOST, state.event_socket_port, state.event_socket_password)

    def _state(self) -> State:
        state = self._layout.read_state()
        if state is None:
            raise LabError(f"There is no lab in {self.directory} yet. Start it with: voipbox lab up")
        return state

    def status(self) -> Status:
        """What runs now."""
        state = self._layout.read_state()
        return Status(state.shape if state else None, self._postgres.running, self._switch.pid() is not None)

    def up(self) -> bool:
        """Start what does not run; returns False when there was nothing to start.

        Raises LabError when something does not start, or when the lab there has another shape.
        """
        with self._locked():
            return self._up()

    def down(self) -> bool:
        """Stop all of it; the data stay. Returns False when nothing ran."""
        if not self.directory.is_dir():
            return False
        with self._locked():
            return self._down()

    def reset(self) -> None:
        """Put tables, folders, cache, web root and switch back to their first state, and leave the lab running.

        With a shape other than that of the lab which is there, the lab is made anew in that shape.
        """
        with self._locked():
            state = self._layout.read_state()
            if state is None or self._shape not in (None, state.shape):
                self._down()
                self._layout.state_path.unlink(missing_ok=True)
                self._up()
                return
            self._switch.stop()
            self._start_postgres(state)
            database.restore(self._postgres, state.postgres_port)
            self._fresh_files()
            self._start_switch(state)

    def _up(self) -> bool:
        state = self._layout.read_state()
        if state is None:
            self._begin()
            return True
        if self._shape not in (None, state.shape):
            raise LabError(
                f"The lab in {self.directory} has the tables of FusionPBX {state.shape}, not {self._shape}. Nothing "
                f"was changed. Make it anew with: voipbox lab reset --shape {self._shape}, or use another --dir."
            )
        started = self._start_postgres(state)
        return self._start_switch(state) or started

    def _begin(self) -> None:
        """Make a new lab. Its state is remembered last, so that an interrupted start begins afresh the next time."""
        layout = self._layout
        self._down()
        self._postgres.remove()
        database_port, switch_port = free_ports(2)
        state = State(
            shape=self._shape or SHAPES[0],
            time_factor=1.0,
            postgres_port=database_port,
            event_socket_port=switch_port,
            database_password=secrets.token_hex(12),
            event_socket_password=secrets.token_hex(12),
        )
        self._fresh_files()
        self._postgres.create()
        self._start_postgres(state, remember=False)
        database.build(self._postgres, state, layout)
        layout.write_state(state)
        self._start_switch(state)

    def _fresh_files(self) -> None:
        self._layout.fresh_folders()
        webroot.install(self.web_root)

    def _start_postgres(self, state: State, remember: bool = True) -> bool:
        if self._postgres.running:
            return False
        if self._durable is not None:
            state.durable = self._durable
        for attempt in range(1, _ATTEMPTS + 1):
            if not is_free(state.postgres_port):
                (state.postgres_port,) = free_ports(1)
                if remember:
                    self._switch.stop()  # it knows the old port
                    self._layout.write_state(state)
            try:
                self._postgres.start(state.postgres_port, state.durable)
                break
            except ServerError:
                # Another process took the port first, or children of a killed server are not quite gone.
                if attempt == _ATTEMPTS:
                    raise
                time.sleep(0.1 * attempt)
        return True

    def _start_switch(self, state: State) -> bool:
        """Start the switch, again where it runs at another speed than asked for."""
        if self._switch.pid() is not None:
            if self._time_factor in (None, state.time_factor):
                return False
            self._switch.stop()
        if importlib.util.find_spec(_SWITCH_MODULE) is None:
            raise LabError(f"The database runs; the switch ({_SWITCH_MODULE}) is not installed.")
        if self._time_factor is not None and self._time_factor != state.time_factor:
            state.time_factor = self._time_factor
            self._layout.write_state(state)
        for attempt in range(1, _ATTEMPTS + 1):
            if not is_free(state.event_socket_port):
                (state.event_socket_port,) = free_ports(1)
                self._layout.write_state(state)
            self.control.unlink(missing_ok=True)
            port = state.event_socket_port
            argv = [
                sys.executable, "-m", _SWITCH_MODULE, "--config", str(self.config_path), "--port", str(port),
                "--control", str(self.control), "--log", str(self._layout.switch_log),
                "--time-factor", f"{state.time_factor:g}",
            ]  # fmt: skip
            try:
                self._switch.start(argv, _python_environment(), functools.partial(_greets, port), _SWITCH_LIMIT)
                break
            except ServerError:
                if attempt == _ATTEMPTS or is_free(port):
                    raise
        return True

    def _down(self) -> bool:
        switch = self._switch.stop()
        return self._postgres.stop() or switch

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One start or stop of a lab at a time, over all processes."""
        try:
            self._layout.make()
            lock = self._layout.lock_path.open("a")
        except OSError as error:
            raise LabError(
                f"The folder {self.directory} cannot be used ({error.strerror}). Name another one with --dir."
            ) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _greets(port: int) -> bool:
    """True when an event socket asks for the password there."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            return b"auth/request" in connection.recv(200)
    except OSError:
        return False


def _python_environment() -> dict[str, str]:
    """The environment for a child that must find this package, installed or not."""
    package_root = str(Path(__file__).resolve().parents[1])
    paths = [package_root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
