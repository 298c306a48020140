# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's sandbox as a WSGI application: the way of a call through faults, the provider's own rules and the journal."""

from __future__ import annotations

import contextlib
import datetime
import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from . import control
from .clock import Clock
from .faults import Fault, FaultKind, Faults
from .journal import Journal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LONG = 90.0  # seconds: longer than any client waits
_REFUSALS = (FaultKind.REFUSE, FaultKind.DELAY_THEN_REFUSE, FaultKind.LIMIT)
_EVENTS = (FaultKind.VANISH, FaultKind.DRAIN, FaultKind.PRICE)
_SLOW = (FaultKind.DELAY, FaultKind.DELAY_THEN_REFUSE)


class Sandbox:
    """Base of the sandboxes. A subclass gives what is marked below; perform runs under a lock, one call at a time.

    Attributes: clock, faults, journal; lock, which guards the provider's state.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.journal = Journal()
        self.lock = threading.RLock()
        self._landing: list[tuple[datetime.datetime, Callable[[], object]]] = []
        self._stopping = threading.Event()
        self._controls = control.Controls(self)

    # What a subclass gives.

    def name_of(self, request: Request) -> str:
        """The name of a call, by which faults match and the journal counts, such as orderDID or "POST /orders"."""
        raise NotImplementedError

    def details_of(self, request: Request) -> Mapping[str, Any]:
        """What the journal keeps of a call: no credentials."""
        raise NotImplementedError

    def perform(self, request: Request) -> Response:
        """Do what the provider does. Called with the lock held."""
        raise NotImplementedError

    def refusal(self, fault: Fault, request: Request) -> Response:
        """The provider's no: options code and status of the fault where given; for a limit, what the provider says then."""
        raise NotImplementedError

    def happen(self, fault: Fault, request: Request) -> None:
        """Let a number vanish, the balance drain or prices change. Called with the lock held, before perform."""
        raise NotImplementedError

    def landing(self, request: Request) -> Callable[[], object]:
        """What happens when a call lands late, as it was found right when it came. Called with the lock held."""
        request.get_data()  # the connection is gone by then
        return lambda: self.perform(request)

    def outcome_of(self, response: Response) -> str:
        """The journal's word for an answer."""
        return str(response.status_code)

    def slowness(self, request: Request) -> float:
        """Seconds that an answer takes after the call took effect."""
        return 0.0

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Back to the first state, or to a seed. Called with the lock held; a subclass calls this one too."""
        self.clock.reset()
        self._landing.clear()
        self.faults.clear()
        self.journal.clear()

    def set_balance(self, amount: str) -> None:
        """Let the account have this much. Called with the lock held."""
        raise NotImplementedError

    def controls(self) -> Mapping[str, control.Action]:
        """Further endpoints under /_sim/, as "POST /verifications/<id>/approve"; called with the lock held."""
        return {}

    # The way of a call.

    def stop(self) -> None:
        """Let calls that wait on purpose go on at once."""
        self._stopping.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        if request.path.startswith(control.PREFIX):
            return self._controls.answer(request)(environ, start_response)
        response = self._call(request)
        if response is None:
            _hang_up(environ)
            response = Response(status=500)  # goes to a closed socket
        return response(environ, start_response)

    def _call(self, request: Request) -> Response | None:
        """The answer to a call; None: hang up."""
        name = self.name_of(request)
        entry = self.journal.begin(self.clock.now(), name, self.details_of(request))
        fault = self.faults.take(name)
        entry.fault = fault.kind if fault else ""
        response = self._answer(fault, request) if fault else self._perform(request)
        if response is not None:
            entry.status, entry.outcome = response.status_code, self.outcome_of(response)
        return response

    def _perform(self, request: Request) -> Response:
        with self.lock:
            self.land()
            response = self.perform(request)
            slow = self.slowness(request)
        if slow:
            self.wait(slow)
        return response

    def land(self) -> None:
        """Let every late call whose moment has come take effect. Called with the lock held."""
        now = self.clock.now()
        due = [call for call in self._landing if call[0] <= now]
        self._landing = [call for call in self._landing if call[0] > now]
        for _, happen in sorted(due, key=lambda call: call[0]):
            happen()

    def _answer(self, fault: Fault, request: Request) -> Response | None:
        kind = fault.kind
        if kind in _SLOW:
            self.wait(fault.options.get("seconds", _LONG))
        if kind in _REFUSALS:
            return self.refusal(fault, request)
        if kind is FaultKind.DROP:
            return None
        if kind is FaultKind.HTML:
            return _page(fault)
        if kind is FaultKind.ANSWER:
            return _given(fault)
        if kind is FaultKind.LAND_LATE:
            moment = self.clock.now() + datetime.timedelta(seconds=float(fault.options.get("seconds", _LONG)))
            with self.lock:
                self._landing.append((moment, self.landing(request)))
            return None
        if kind in _EVENTS:
            with self.lock:
                self.happen(fault, request)
        response = self._perform(request)
        if kind is FaultKind.COMMIT_THEN_DROP:
            return None
        if kind is FaultKind.COMMIT_THEN_DELAY:
            self.wait(fault.options.get("seconds", _LONG))
        if kind is FaultKind.COMMIT_THEN_ANSWER:
            return _given(fault)
        if kind is FaultKind.COMMIT_THEN_HTML:
            return _page(fault)
        if kind is FaultKind.COMMIT_THEN_GARBLE:
            body = response.get_data()
            response.set_data(body[: max(1, len(body) // 2)])
        return response

    def wait(self, seconds: float) -> None:
        """Let real time pass, at most until the sandbox stops."""
        self._stopping.wait(float(seconds))


def _given(fault: Fault) -> Response:
    """The answer that a fault holds; a body that is no text is written as JSON."""
    body = fault.options.get("body", "")
    content = body if isinstance(body, str) else json.dumps(body)
    kind = fault.options.get("content_type", "application/json")
    return Response(content, status=int(fault.options.get("status", 200)), content_type=kind)


def _page(fault: Fault) -> Response:
    """What stands in front of a provider answers in HTML."""
    status = int(fault.options.get("status", 502))
    words = {502: "Bad gateway", 522: "Connection timed out", 403: "Just a moment..."}.get(status, "Error")
    body = f"<html><head><title>{status}: {words}</title></head><body></body></html>"
    return Response(body, status=f"{status} {words}", mimetype="text/html")


def _hang_up(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
