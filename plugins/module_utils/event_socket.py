# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of FreeSWITCH's event socket: authenticate, send api commands, read answers by their length."""

from __future__ import annotations

import contextlib
import socket

from .errors import SwitchError

_TIMEOUT = 10
# Answers may be large: they could fill the connection's buffers while questions are still being sent, so that both ends
# wait for each other. Enough are under way for the switch never to be idle.
_UNDERWAY = 40
# Nearly every message is the answer to an api command: its head needs no taking apart.
_ANSWER = b"Content-Type: api/response\nContent-Length: "
_ANSWERED = {"content-type": "api/response"}
_WRITTEN = "What was written before stays written; what the switch was not told is kept and told by the next run."
_NEXT = "Check that FreeSWITCH runs and that address and password of its event socket are right, then run again."


class EventSocket:
    """One authenticated connection.

    Parameters: host, port (text or number), password, timeout (seconds for connecting and for each answer).
    Raises SwitchError when refused or silent. Requests of one call are pipelined, a limited number at a time; answers come
    in order.
    """

    def __init__(self, host, port, password, timeout=_TIMEOUT):
        self.place = "{0}:{1}".format(host, port)
        self.not_done = "Nothing was written."
        self.buffer = b""
        try:
            self.connection = socket.create_connection((host, int(port)), timeout=timeout)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, ValueError) as error:
            raise SwitchError(
                "The event socket {0} cannot be reached: {1}.".format(self.place, _reason(error)), next_step=_NEXT
            ) from None
        headers, body = self._message()
        if headers.get("content-type") != "auth/request":
            raise SwitchError(
                "The event socket {0} turned this host away: {1}.".format(self.place, body.strip() or "no reason given"),
                next_step="Allow this address in event_socket.conf.xml (apply-inbound-acl), then run again.",
            )
        if "\n" in password:
            raise SwitchError("The event socket's password holds a line break.", next_step=_NEXT)
        self._send("auth {0}\n\n".format(password))
        headers, body = self._message()
        if not headers.get("reply-text", "").startswith("+OK"):
            raise SwitchError("The event socket {0} refused the password.".format(self.place), next_step=_NEXT)
        self.not_done = _WRITTEN

    def api(self, commands):
        """Send api commands (a list of lines without `api`) and return their answers as a list of text."""
        for command in commands:
            if "\n" in command or "\r" in command:
                raise SwitchError("A switch command with a line break was refused.")
        answers = []
        sent = 0
        while len(answers) < len(commands):
            if sent < len(commands) and sent - len(answers) <= _UNDERWAY // 2:
                more = commands[sent : len(answers) + _UNDERWAY]
                self._send("".join("api {0}\n\n".format(command) for command in more))
                sent += len(more)
            headers, body = self._message()
            if headers.get("content-type") == "api/response":
                answers.append(body)
            elif headers.get("content-type") == "command/reply":
                answers.append(headers.get("reply-text", ""))
            elif headers.get("content-type") == "text/disconnect-notice":
                raise self._lost("closed the connection")
        return answers

    def close(self):
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.connection.close()

    def _send(self, text):
        try:
            self.connection.sendall(text.encode("utf-8"))
        except OSError as error:
            raise self._lost("was lost: " + _reason(error)) from None

    def _message(self):
        raw = self._until(b"\n\n")
        if raw.startswith(_ANSWER) and raw[len(_ANSWER) :].isdigit():
            return _ANSWERED, self._exactly(int(raw[len(_ANSWER) :])).decode("utf-8", "replace")
        head = raw.decode("utf-8", "replace")
        headers = {}
        for line in head.splitlines():
            name, separator, value = line.partition(":")
            if separator:
                headers[name.strip().lower()] = value.strip()
        length = headers.get("content-length", "0")
        body = self._exactly(int(length)) if length.isdigit() else b""
        return headers, body.decode("utf-8", "replace")

    def _until(self, mark):
        while mark not in self.buffer:
            self._receive()
        part, self.buffer = self.buffer.split(mark, 1)
        return part

    def _exactly(self, length):
        while len(self.buffer) < length:
            self._receive()
        part, self.buffer = self.buffer[:length], self.buffer[length:]
        return part

    def _receive(self):
        try:
            part = self.connection.recv(65536)
        except OSError as error:
            raise self._lost("gave no answer: " + _reason(error)) from None
        if not part:
            raise self._lost("closed the connection in the middle of an answer")
        self.buffer += part

    def _lost(self, how):
        """The error of a connection that broke: before anything could be written, or after."""
        return SwitchError("The event socket {0} {1}.".format(self.place, how), self.not_done, _NEXT)


def _reason(error):
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
