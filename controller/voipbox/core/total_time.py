# SPDX-License-Identifier: GPL-3.0-or-later
"""A total time for what is said with a stranger: connecting, TLS, headers and body together, however slowly they drip.

The time-outs of httpx and smtplib count from one byte to the next, so that somebody who sends a byte now and then is never
cut off by them. Here the sockets are shut when the time is over; whoever waits for them is woken with an error.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import httpx

from . import interactive

MOST_BYTES = 20 * 1024 * 1024
_CONNECTED = "connect_tcp.complete"
_OPENED = (_CONNECTED, "start_tls.complete")  # after TLS a connection has another socket object
_OVER = "the exchange took longer than {:g} s in all"


class TotalTime:
    """Shuts sockets when the time is over. Parameter: seconds. A context manager; sockets are added as they are opened."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        """True once the time is over."""
        return time.monotonic() >= self._ends

    def watch(self, one: socket.socket) -> None:
        """Add a socket; one that comes too late is shut at once.

        A copy of its descriptor is kept while the time runs: TLS takes a socket object over before the handshake, and the
        connection is the same under each of its descriptors.
        """
        with self._lock:
            self._sockets.append(socket.socket(fileno=os.dup(one.fileno())))
        if self.is_over:
            self._shut()

    def begin(self) -> TotalTime:
        """Let the time run."""
        self._timer.start()
        return self

    def __enter__(self) -> TotalTime:
        return self.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """What was waited for is there."""
        self._timer.cancel()
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()

    def _shut(self) -> None:
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


class TimedTransport(httpx.BaseTransport):
    """A transport whose exchanges end in time and whose answers have a size.

    Parameters: inner, what sends; seconds, for a whole exchange, or a function that tells them for a request; most_bytes, of
    an answer as it comes over the wire. What is over its time ends as httpx.ReadTimeout, what is too large as
    httpx.RemoteProtocolError: both are kinds of doubt for whoever sent something.
    """

    def __init__(
        self, inner: httpx.BaseTransport, seconds: float | Callable[[httpx.Request], float], most_bytes: int = MOST_BYTES
    ) -> None:
        self._inner, self._seconds, self._most = inner, seconds, most_bytes
        self._opened: list[socket.socket] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it and answer with the head; the body is watched until it is closed."""
        seconds = self._seconds(request) if callable(self._seconds) else self._seconds
        left = interactive.remaining()
        if left is not None:
            if left <= 0:
                raise httpx.ConnectTimeout("the time of the one who waits is over", request=request)
            seconds = min(seconds, left)
        total = TotalTime(seconds).begin()
        self._opened = [one for one in self._opened if one.fileno() >= 0]
        for one in self._opened:
            total.watch(one)  # a connection that is used again is not opened anew

        def trace(event: str, info: dict[str, Any]) -> None:
            if event.endswith(_OPENED):
                self._opened.append(info["return_value"].get_extra_info("socket"))
            if event.endswith(_CONNECTED):
                total.watch(self._opened[-1])

        request.extensions = {**request.extensions, "trace": trace}
        request.headers["Accept-Encoding"] = "identity"  # a small answer must not unfold to a large one
        with _in_time(total, request):
            response = self._inner.handle_request(request)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            total.end()
            response.close()
            raise httpx.RemoteProtocolError("the answer is compressed, which was not asked for", request=request)
        response.stream = _WatchedBody(response.stream, total, request, self._most)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class _WatchedBody(httpx.SyncByteStream):
    def __init__(self, stream: Any, total: TotalTime, request: httpx.Request, most: int) -> None:
        self._stream, self._total, self._request, self._left = stream, total, request, most

    def __iter__(self) -> Iterator[bytes]:
        with _in_time(self._total, self._request):
            for part in self._stream:
                self._left -= len(part)
                if self._left < 0:
                    raise httpx.RemoteProtocolError("the answer is larger than is taken", request=self._request)
                yield part

    def close(self) -> None:
        self._total.end()
        self._stream.close()


@contextlib.contextmanager
def _in_time(total: TotalTime, request: httpx.Request) -> Iterator[None]:
    """What ends because its time was over says so; a body without a length would else look whole."""
    cause: httpx.HTTPError | None = None
    try:
        yield
    except httpx.HTTPError as error:
        cause = error
    if total.is_over:
        total.end()
        raise httpx.ReadTimeout(_OVER.format(total.seconds), request=request) from cause
    if cause is not None:
        total.end()
        raise cause
