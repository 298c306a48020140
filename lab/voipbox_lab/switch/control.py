# SPDX-License-Identifier: GPL-3.0-or-later
"""The switchboard: what a test asks of the simulator, over a loopback port whose number stands in a file."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


class SwitchControl:
    """Client of a running simulator. Parameters: path, the file given to it as --control."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def _call(self, request: str, **arguments: Any) -> Any:
        port, token = self._path.read_text(encoding="utf-8").split()
        message = json.dumps({"token": token, "request": request, **arguments}) + "\n"
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as connection:
            connection.sendall(message.encode())
            with connection.makefile(encoding="utf-8") as answers:
                answer = json.loads(answers.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["result"]

    def ping(self) -> bool:
        """True when it answers."""
        return bool(self._call("ping"))

    def log(self) -> list[dict[str, Any]]:
        """Api commands since the last clear_log(): at (seconds of the switch), connection, command."""
        return list(self._call("log"))

    def clear_log(self) -> None:
        """Forget the commands."""
        self._call("clear_log")

    def fault(self, name: str, times: int | None = None, **options: Any) -> None:
        """Turn a fault on (see faults.KNOWN), so many times or until it is cleared."""
        self._call("fault", name=name, times=times, options=options)

    def clear_faults(self) -> None:
        """Turn all faults off."""
        self._call("clear_faults")

    def state(self) -> dict[str, Any]:
        """Loaded gateways with their states, and the loaded access lists. No secrets."""
        return dict(self._call("state"))

    def provider(self, host: str, behaviour: str) -> None:
        """Give a provider's host a behaviour (see providers.BEHAVIOURS)."""
        self._call("provider", host=host, behaviour=behaviour)

    def forget(self) -> None:
        """As after a restart: no gateway is loaded, every provider is good."""
        self._call("forget")

    def stop(self) -> None:
        """End the simulator."""
        self._call("stop")
