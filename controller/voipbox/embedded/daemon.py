# SPDX-License-Identifier: GPL-3.0-or-later
"""A detached process that is found again by its pid file, also when that file is stale."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from .errors import ServerError

_POLL = 0.01  # seconds


@dataclass(frozen=True)
class Daemon:
    """One background process.

    Parameters: name, for messages; pid_file, whose first line is the process id; marker, an argument that only this
    process has on its command line (a path of its own), so that a pid that now belongs to something else is not
    mistaken for it; log, the file that takes what it prints; writes_pid_file, true when the program does so itself.
    """

    name: str
    pid_file: Path
    marker: str
    log: Path
    writes_pid_file: bool = False

    def pid(self) -> int | None:
        """The process id when it runs, else None."""
        try:
            pid = int(self.pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        if pid <= 0:  # what initdb writes
            return False
        try:
            return _lives(pid) and self.marker in psutil.Process(pid).cmdline()
        except psutil.Error:
            return False

    def start(self, argv: Sequence[str], environment: Mapping[str, str], ready: Callable[[], bool], limit: float) -> None:
        """Start it and wait until ready() is true, for at most limit seconds.

        Raises ServerError with the end of its log when it ended or was not ready in time; then it does not run.
        """
        self._forget_stranger()
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            said_before = log.tell()
            pid = os.posix_spawn(
                argv[0],
                list(argv),
                dict(environment),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
                setsid=True,
            )
        if not self.writes_pid_file:
            self.pid_file.write_text(f"{pid}\n")
        deadline = time.monotonic() + limit
        while not ready():
            if not _lives(pid):
                raise ServerError(f"The {self.name} ended at once. {self._last_words(said_before)}")
            if time.monotonic() > deadline:
                self._end(pid, signal.SIGKILL, 5)
                raise ServerError(f"The {self.name} was not ready after {limit:g} s. {self._last_words(said_before)}")
            time.sleep(_POLL)

    def stop(self, how: signal.Signals = signal.SIGTERM, limit: float = 20) -> bool:
        """End it with a signal, with SIGKILL after limit seconds. Returns False when it did not run."""
        pid = self.pid()
        if pid is not None:
            self._end(pid, how, limit)
        if not self.writes_pid_file:
            self.pid_file.unlink(missing_ok=True)
        return pid is not None

    def _end(self, pid: int, how: signal.Signals, limit: float) -> None:
        for number, patience in ((how, limit), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + patience
            while self._is_ours(pid):
                if time.monotonic() > deadline:
                    break
                time.sleep(_POLL)
            else:
                return
        raise ServerError(f"The {self.name} (process {pid}) cannot be ended. Nothing was removed; end it, then run again.")

    def _forget_stranger(self) -> None:
        """Remove a pid file whose process lives but is another one: PostgreSQL would take that for itself."""
        try:
            pid = int(self.pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if pid <= 0 or (psutil.pid_exists(pid) and not self._is_ours(pid)):
            self.pid_file.unlink(missing_ok=True)

    def _last_words(self, since: int) -> str:
        try:
            with self.log.open("rb") as log:
                log.seek(since)
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return f"The end of {self.log}: " + (" / ".join(lines[-3:]) or "(empty)")


def _lives(pid: int) -> bool:
    """True while a process is there and is no zombie; right after its start its command line may still be empty."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
