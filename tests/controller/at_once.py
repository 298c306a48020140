"""Several people, programs or daemons that do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections


def at_once(work: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    """What work(argument) returned for each, all started together, each with a database connection of its own.

    An exception of any of them is raised. The test needs committed rows (django_db with transaction=True).
    """
    gate = threading.Barrier(len(arguments))

    def start(argument: Any) -> Any:
        gate.wait()
        try:
            return work(argument)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(arguments)) as people:
        return list(people.map(start, arguments))
