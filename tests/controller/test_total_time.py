"""Strangers that drip, never end, or answer too much: each exchange ends in its total time."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import httpx
import pytest
from voipbox.core.total_time import TimedTransport
from voipbox.orders import transport

_TOTAL = 0.4
_BETWEEN = 0.05  # from byte to byte: far below every time-out that counts from one byte to the next
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def drip(connection: socket.socket, endless: Iterator[bytes]) -> None:
    with contextlib.suppress(OSError):
        for part in endless:
            connection.sendall(part)
            time.sleep(_BETWEEN)


@pytest.fixture
def stranger() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """stranger(talk): a port at which somebody talks so to every connection."""
    listening: list[socket.socket] = []

    def serve(talk: Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(server.getsockname()[1])

    yield serve
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def client(most: int = 1000) -> httpx.Client:
    inner = httpx.HTTPTransport(trust_env=False, verify=ssl.create_default_context())
    return httpx.Client(transport=TimedTransport(inner, _TOTAL, most), timeout=60, trust_env=False)


def after_request(parts: Iterator[bytes]) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        drip(connection, parts)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        after_request(itertools.chain([_HEAD], (b"X-More: 1\r\n" for _ in itertools.count()))),
        after_request(itertools.chain([_HEAD + b"\r\n"], itertools.repeat(b"x"))),
        after_request(itertools.repeat(b"")),
    ],
    ids=["headers", "body", "nothing"],
)
def test_an_answer_that_drips_ends_in_time(stranger, talk):
    port = stranger(talk)
    with client(10**9) as http, pytest.raises(httpx.ReadTimeout, match="in all"):
        http.get(f"http://127.0.0.1:{port}/")


def test_a_handshake_that_drips_ends_in_time(stranger):
    # A record of TLS that announces many bytes and brings them one by one.
    port = stranger(lambda connection: drip(connection, itertools.chain([b"\x16\x03\x03\x3f\xff"], itertools.repeat(b"\x02"))))
    with client() as http, pytest.raises(httpx.TimeoutException):
        http.get(f"https://127.0.0.1:{port}/")


def test_a_connection_that_is_used_again_is_watched_too(stranger):
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(_HEAD + b"Content-Length: 2\r\n\r\nok")
        connection.recv(65536)
        drip(connection, itertools.chain([_HEAD], (b"X-More: 1\r\n" for _ in itertools.count())))

    port = stranger(talk)
    with client() as http:
        assert http.get(f"http://127.0.0.1:{port}/").text == "ok"
        with pytest.raises(httpx.ReadTimeout, match="in all"):
            http.get(f"http://127.0.0.1:{port}/")


def test_an_answer_has_a_size(stranger):
    large = after_request(iter([_HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000]))
    packed = gzip.compress(b"x" * 10**7)
    head = _HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    for talk in (large, after_request(iter([head + packed]))):
        port = stranger(talk)
        with client() as http, pytest.raises(httpx.RemoteProtocolError):
            http.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("scheme", ["smtp+plain", "smtps"])
def test_a_mail_server_that_drips_ends_in_time(stranger, monkeypatch, scheme):
    monkeypatch.setattr(transport, "_TOTAL", _TOTAL)
    port = stranger(lambda connection: drip(connection, itertools.chain([b"220-"], itertools.repeat(b"welcome"))))
    way = transport.MailServer(scheme, "127.0.0.1", port, None)
    with pytest.raises((OSError, smtplib.SMTPException)):
        way.send(EmailMessage())


def test_a_mail_whose_answer_drips_may_have_gone_out(stranger, monkeypatch):
    monkeypatch.setattr(transport, "_TOTAL", _TOTAL)

    def talk(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        connection.sendall(b"220 here\r\n")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go\r\n")
                drip(connection, itertools.repeat(b"2"))
                return
            connection.sendall(b"250 ok\r\n")

    mail = EmailMessage()
    mail["From"], mail["To"] = "a@voipbox.example", "b@voipbox.example"
    mail.set_content("Hello")
    with pytest.raises(transport.Unclear):
        transport.MailServer("smtp+plain", "127.0.0.1", stranger(talk), None).send(mail)
