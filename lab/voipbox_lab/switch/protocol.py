# SPDX-License-Identifier: GPL-3.0-or-later
"""The event socket's line protocol: greeting, authentication, answers framed by their length, events."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from urllib.parse import quote

from .clock import Clock
from .commands import Commands
from .faults import Faults

_GOODBYE = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
_RUDE = "Access Denied, go away.\n"


class Protocol:
    """One event socket for all connections.

    Parameters: commands, password, clock, faults, note (told of each api command and its connection's number).
    """

    def __init__(self, commands: Commands, password: str, clock: Clock, faults: Faults, note: Callable[[str, int], None]) -> None:
        self._commands = commands
        self._password = password
        self._clock = clock
        self._faults = faults
        self._note = note
        self._connections = 0
        self._talks: set[_Talk] = set()

    def tell(self, subclass: str, headers: dict[str, str]) -> None:
        """Send a CUSTOM event to every client that listens for it."""
        for talk in self._talks:
            talk.tell(subclass, headers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with one client until it leaves."""
        self._connections += 1
        talk = _Talk(self, reader, writer, self._connections)
        self._talks.add(talk)
        try:
            await talk.run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()


class _Talk:
    def __init__(self, server: Protocol, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.number = number
        self.trusted = False
        self.events: set[str] = set()

    async def run(self) -> None:
        faults = self.server._faults
        if faults.take("rude_rejection"):
            self._send("Content-Type: text/rude-rejection", _RUDE)
            return
        self._send("Content-Type: auth/request")
        while True:
            await self.writer.drain()
            request = await self._request()
            if request is None or not await self._answer(request):
                return

    async def _request(self) -> list[str] | None:
        lines: list[str] = []
        while True:
            line = await self.reader.readline()
            if not line:
                return None
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if text:
                lines.append(text)
            elif lines:
                return lines

    async def _answer(self, request: list[str]) -> bool:
        """Answer one request; False when the connection is to end."""
        name, blank, rest = request[0].partition(" ")
        word = name.lower()
        if word in ("auth", "userauth") and not self.trusted:
            return self._authenticate(rest if word == "auth" else "")
        if word == "exit":
            self._reply("+OK bye")
            self._send("Content-Type: text/disconnect-notice", _GOODBYE)
            return False
        if not self.trusted:
            self._reply("-ERR command not found")
        elif word == "api" and blank:
            return await self._api(rest)
        elif word == "bgapi":
            self._bgapi(rest, request[1:])
        elif word == "event":
            self._subscribe(rest.split())
        elif word == "noevents":
            self._reply("+OK no longer listening for events" if self.events else "-ERR not listening for events")
            self.events.clear()
        elif word == "nolog":
            self._reply("-ERR not loging")
        elif word == "sendevent":
            self._reply(f"+OK {uuid.uuid4()}")
        else:
            self._reply("-ERR command not found")
        return True

    def _subscribe(self, words: list[str]) -> None:
        """`event plain NAME...`: BACKGROUND_JOB, ALL, or CUSTOM with sub-classes."""
        kinds, names = words[:1], words[1:]
        known = [name for name in names if name in ("ALL", "BACKGROUND_JOB", "CUSTOM") or "::" in name]
        if kinds != ["plain"] or not known:
            self._reply("-ERR no keywords supplied")
            return
        self.events.update(known)
        self._reply("+OK event listener enabled plain")

    def tell(self, subclass: str, headers: dict[str, str]) -> None:
        """Send a CUSTOM event to this client if it listens for it."""
        if self.events & {"ALL", subclass}:
            values = {"Event-Subclass": subclass, "Event-Name": "CUSTOM", **headers}
            body = "".join(f"{name}: {quote(value, safe=' ,()')}\n" for name, value in values.items()) + "\n"
            self._send("Content-Type: text/event-plain", body)

    def _authenticate(self, password: str) -> bool:
        if password == self.server._password:
            self.trusted = True
            self._reply("+OK accepted")
            return True
        self._reply("-ERR invalid")
        self._send("Content-Type: text/disconnect-notice", _GOODBYE)
        return False

    async def _api(self, command: str) -> bool:
        server = self.server
        server._note(command, self.number)
        slow = server._faults.take("slow_answer")
        if slow:
            await asyncio.sleep(server._clock.real(float(slow.get("seconds", 1))))
        if server._faults.take("no_answer"):
            return True
        body = self._execute(command)
        data = body.encode("utf-8")
        head = f"Content-Type: api/response\nContent-Length: {len(data)}\n\n".encode()
        if server._faults.take("close_mid_body", command):
            self.writer.write(head + data[: len(data) // 2])
            return False
        self.writer.write(head + data)
        return True

    def _execute(self, command: str) -> str:
        name, _, arguments = command.partition(" ")
        return self.server._commands.execute(name, arguments)

    def _bgapi(self, command: str, headers: list[str]) -> None:
        given = [line.split(":", 1)[1].strip() for line in headers if line.lower().startswith("job-uuid:")]
        job = given[0] if given else str(uuid.uuid4())
        self._send(f"Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}")
        result = self._execute(command)
        if self.events & {"ALL", "BACKGROUND_JOB"}:
            inner = (
                f"Event-Name: BACKGROUND_JOB\nJob-UUID: {job}\nJob-Command: {command.split(' ', maxsplit=1)[0]}\n"
                f"Content-Length: {len(result.encode())}\n\n{result}"
            )
            self._send("Content-Type: text/event-plain", inner)

    def _reply(self, text: str) -> None:
        self._send(f"Content-Type: command/reply\nReply-Text: {text}")

    def _send(self, head: str, body: str | None = None) -> None:
        if body is None:
            self.writer.write(f"{head}\n\n".encode())
        else:
            data = body.encode("utf-8")
            self.writer.write(f"{head}\nContent-Length: {len(data)}\n\n".encode() + data)
