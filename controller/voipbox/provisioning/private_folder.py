# SPDX-License-Identifier: GPL-3.0-or-later
"""The private folder of a run: in memory, for its owner alone, removed in every case."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from voipbox.core.config import config

log = logging.getLogger("voipbox.runs")
_PREFIX = "voipbox-run-"
_LOCK = "lock"


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A fresh 0700 folder, held by a lock so that the sweeper knows it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=config().run_dir))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Remove folders whose run was killed; returns how many. Those of others and those in use stay."""
    removed = 0
    for folder in config().run_dir.glob(f"{_PREFIX}*"):
        try:
            if folder.stat().st_uid != os.geteuid():
                continue
            with (folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
        removed += 1
        log.warning("removed the private folder of a run that was killed")
    return removed
