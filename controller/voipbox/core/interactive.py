# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody waits for the answer: what a web request asks of strangers has a short time, and a part of the threads only.

A process of the web server has few threads. Questions to providers take at most some of them, and no account more than its
share, so that pages, the API and the health checks are answered however slow a provider is. Jobs are not limited here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from .config import config

SECONDS = 15.0  # for all that one request asks of strangers
_WAIT = 0.4  # seconds for a place
_PATIENCE = 4.0  # the same while few ask: one account has its share taken by a single search of somebody else
_ends: ContextVar[float | None] = ContextVar("interactive_ends", default=None)
_seated: ContextVar[frozenset[int]] = ContextVar("interactive_seated", default=frozenset())
_lock = threading.Condition()
_taken: dict[int, int] = {}
_waiting: list[int] = []  # accounts of those who wait with patience; with those who ask they are no more than may ask


class Full(Exception):
    """No place became free in time."""


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let the time of a web request run."""

    def answer(request: HttpRequest) -> HttpResponse:
        with limited():
            return get_response(request)

    return answer


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Somebody waits for what is done in here."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def remaining() -> float | None:
    """Seconds that are left, never below none; None where nobody waits."""
    ends = _ends.get()
    return None if ends is None else max(0.0, ends - time.monotonic())


@contextlib.contextmanager
def place(account: int) -> Iterator[None]:
    """A place to ask an account, for somebody who waits; whoever has one may ask on. Raises Full."""
    if remaining() is None or account in _seated.get():
        yield
        return
    threads = config().web_threads
    most, share = max(1, threads - 2), max(1, threads // 2 - 1)
    with _lock:
        patient = sum(_taken.values()) + len(_waiting) < most
        if patient:
            _waiting.append(account)
        try:
            free = _lock.wait_for(
                lambda: sum(_taken.values()) < most and _taken.get(account, 0) < share, _PATIENCE if patient else _WAIT
            )
        finally:
            if patient:
                _waiting.remove(account)
        if not free:
            raise Full
        _taken[account] = _taken.get(account, 0) + 1
    token = _seated.set(_seated.get() | {account})
    try:
        yield
    finally:
        _seated.reset(token)
        with _lock:
            _taken[account] -= 1
            _lock.notify_all()
