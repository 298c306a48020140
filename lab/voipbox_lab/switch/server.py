# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as one process: event socket and switchboard over shared parts."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

from .clock import Clock
from .commands import Commands
from .configuration import Configuration
from .faults import Faults
from .files import FileCache
from .gateways import Gateways
from .protocol import Protocol
from .providers import Providers
from .rows import Rows, read_config
from .sofia import Sofia

_HOST = "127.0.0.1"
_WATCH = 0.25  # seconds between looks at the gateways, for those who listen to events


class Server:
    """Parameters: config (config.conf), port of the event socket, control (file), log (file), time_factor."""

    def __init__(self, config: Path, port: int, control: Path, log: Path, time_factor: float) -> None:
        values = read_config(config)
        self._port = port
        self._control = control
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self._token = secrets.token_hex(16)
        self._clock = Clock(time_factor)
        self._faults = Faults()
        self._commands_seen: list[dict[str, Any]] = []
        rows = Rows(values)
        cache = FileCache(Path(values["cache.location"]))
        configuration = Configuration(rows, cache, socket.gethostname(), self._faults)
        self._providers = Providers(rows)
        self._gateways = Gateways(configuration, self._providers, self._clock)
        self._commands = Commands(configuration, Sofia(configuration, self._gateways, self._clock, self._faults), self._faults)
        for profile in configuration.profiles():
            self._gateways.rescan(profile)
        password = values.get("switch.event_socket.password", "ClueCon")
        self._protocol = Protocol(self._commands, password, self._clock, self._faults, self._note)
        self._stopped = asyncio.Event()
        self._event_socket: asyncio.Server | None = None

    async def run(self) -> None:
        """Serve until told to stop."""
        control = await asyncio.start_server(self._switchboard, _HOST, 0)
        with contextlib.suppress(FileNotFoundError):
            self._control.unlink()
        descriptor = os.open(self._control, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(f"{control.sockets[0].getsockname()[1]} {self._token}\n")
        await self._listen()
        watch = asyncio.create_task(self._watch_gateways())
        await self._stopped.wait()
        watch.cancel()

    async def _watch_gateways(self) -> None:
        """Tell listeners of gateways that came, changed their state, or went."""
        seen: dict[str, str] = {}
        while True:
            await asyncio.sleep(self._clock.real(_WATCH))
            now = {one.name: one.state for one in self._gateways.listed()}
            for name, state in now.items():
                if name not in seen:
                    self._protocol.tell("sofia::gateway_add", {"Gateway": name})
                if seen.get(name) != state and state not in ("NOREG", "UNREGED"):
                    status = "UP" if state == "REGED" else "DOWN"
                    self._protocol.tell("sofia::gateway_state", {"Gateway": name, "State": state, "Ping-Status": status})
            for name in set(seen) - set(now):
                self._protocol.tell("sofia::gateway_delete", {"Gateway": name})
            seen = now

    def stop(self) -> None:
        """End run()."""
        self._stopped.set()

    async def _listen(self) -> None:
        if self._event_socket is None:
            self._event_socket = await asyncio.start_server(self._protocol.serve, _HOST, self._port, reuse_address=True)

    async def _refuse(self) -> None:
        if self._event_socket is not None:
            self._event_socket.close()
            self._event_socket = None

    def _note(self, command: str, connection: int) -> None:
        entry = {"at": round(self._clock.now(), 3), "connection": connection, "command": command}
        self._commands_seen.append(entry)
        self._log.write(f"{entry['at']:.3f} {connection} {command}\n")

    async def _switchboard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            message = json.loads(await reader.readline())
            if not hmac.compare_digest(str(message.pop("token", "")), self._token):
                answer: dict[str, Any] = {"error": "wrong token"}
            else:
                answer = {"result": await self._act(message.pop("request"), message)}
        except (ValueError, KeyError, TypeError) as error:
            answer = {"error": str(error)}
        with contextlib.suppress(ConnectionError):
            writer.write((json.dumps(answer) + "\n").encode())
            await writer.drain()
        writer.close()

    async def _act(self, request: str, arguments: dict[str, Any]) -> Any:
        if request == "ping":
            return True
        if request == "log":
            return self._commands_seen
        if request == "clear_log":
            self._commands_seen = []
        elif request == "fault":
            self._faults.turn_on(arguments["name"], arguments.get("times"), **arguments.get("options", {}))
        elif request == "clear_faults":
            self._faults.clear()
        elif request == "state":
            return self._state()
        elif request == "provider":
            self._providers.set(arguments["host"], arguments["behaviour"])
        elif request == "forget":
            self._gateways.forget()
            self._providers.forget()
        elif request == "stop":
            self.stop()
        else:
            raise ValueError(f"There is no request {request}.")
        await (self._refuse() if self._faults.is_on("refuse_connections") else self._listen())
        return None

    def _state(self) -> dict[str, Any]:
        return {
            "gateways": {
                gateway.name: {
                    "profile": gateway.config.profile,
                    "state": gateway.state,
                    "status": gateway.status,
                    "username": gateway.parameter("username"),
                    "proxy": gateway.parameter("proxy"),
                    "attempts": gateway.attempts,
                }
                for gateway in self._gateways.listed()
            },
            "access_lists": self._commands.lists,
        }
