"""A process without threads that forks for every step of an order, so that a step can be killed at any boundary.

Reads a JSON object a line: order, and crash_at: kill -9 at the n-th boundary (before or after a call to the provider or a
commit), null for none. Answers with the exit code of the step; a killed one has -9. Arguments: the database's name.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

_WRITES = ("INSERT", "UPDATE", "DELETE")


class Boundaries:
    """Counts boundaries and dies at one of them."""

    def __init__(self, crash_at: int) -> None:
        self._left = crash_at

    def pass_one(self) -> None:
        """One more boundary."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any], counts: Callable[..., bool] = lambda *_: True) -> Callable[..., Any]:
        """The function with a boundary before and after it."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            counted = counts(*args)
            if counted:
                self.pass_one()
            result = function(*args, **kwargs)
            if counted:
                self.pass_one()
            return result

        return wrapped


def arm(crash_at: int) -> None:
    """Let this process die at a boundary."""
    import httpx
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    boundaries = Boundaries(crash_at)
    httpx.Client.send = boundaries.around(httpx.Client.send)
    BaseDatabaseWrapper._commit = boundaries.around(BaseDatabaseWrapper._commit)
    CursorWrapper.execute = boundaries.around(
        CursorWrapper.execute,
        lambda cursor, sql, *_: not cursor.db.in_atomic_block and str(sql).lstrip()[:6].upper() in _WRITES,
    )


def step(order: int, crash_at: int | None) -> int:
    """One step of an order in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            if crash_at:
                arm(crash_at)
            from voipbox.numbers import advance

            advance.advance(order)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> None:
    """Serve until standard input ends."""
    from voipbox.core.start import django_ready

    django_ready()
    from django.conf import settings
    from django.db import connections

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    connections["default"].settings_dict["NAME"] = sys.argv[1]
    from voipbox.providers.didww import client, pacing

    client.WRITE_SECONDS = client.READ_SECONDS = 1.0
    client.pace_of = lambda account: pacing.Pace(10_000)
    import voipbox.numbers.advance  # noqa: F401 - once, before the forks

    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        print(step(given["order"], given["crash_at"]), flush=True)


if __name__ == "__main__":
    main()
