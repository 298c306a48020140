# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a sandbox on loopback: in a thread for tests, in the foreground for the lab."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .sandbox import Sandbox

HOST = "127.0.0.1"
URL_FILE = "url"


class _Quiet(WSGIRequestHandler):
    """Writes no lines about requests: their paths may hold credentials. A client that hung up is no news either."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Nothing."""


def _server(sandbox: Sandbox, port: int) -> BaseWSGIServer:
    server = make_server(HOST, port, sandbox, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server


@contextlib.contextmanager
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve in a thread while the block runs; gives the URL (scheme, host, port). Port 0: a free one."""
    server = _server(sandbox, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        sandbox.stop()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def run(program: str, description: str | None, make: Callable[[argparse.Namespace], Sandbox], *options: tuple[str, Any]) -> None:
    """The command line of a sandbox: serve until SIGTERM. Once it listens, the file url in the state folder says where.

    Parameters: make, the sandbox of the options; options, further ones as (flag, keyword arguments of add_argument).
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0: a free one")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="folder for the file url")
    for flag, arguments in options:
        parser.add_argument(flag, **arguments)
    given = parser.parse_args()
    sandbox = make(given)
    server = _server(sandbox, given.port)
    given.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = given.state / URL_FILE
    path.write_text(f"http://{HOST}:{server.server_port}\n")

    def stop(*_: object) -> None:
        sandbox.stop()
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        path.unlink(missing_ok=True)
