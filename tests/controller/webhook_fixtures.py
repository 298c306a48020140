"""Somebody who wants to be told: a listener, an endpoint that leads to it."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest
from voipbox.core.config import config
from voipbox.orders import webhooks


class Answer(http.server.BaseHTTPRequestHandler):
    """Keeps the request and answers with the next status of the server's list, or 200."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.server.before_answer()
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *words):
        """Say nothing."""


class Listener(http.server.ThreadingHTTPServer):
    """Somebody who wants to be told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.requests, self.statuses, self.location = [], [], ""
        self.before_answer = lambda: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


@pytest.fixture
def listener():
    """A server in a thread."""
    with Listener() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def public_only(monkeypatch):
    """As it is by default: neither private addresses nor plain http."""
    monkeypatch.setattr(webhooks, "config", lambda: config().model_copy(update={"webhook_private": False}))


@pytest.fixture
def hook(actors, listener):
    """An endpoint at the listener, with its secret."""
    return webhooks.create(listener.url, [], actors["dora"])


@pytest.fixture
def closed_port():
    """A port at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]
