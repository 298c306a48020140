# SPDX-License-Identifier: GPL-3.0-or-later
"""The two providers' sandboxes as background processes of a lab, found again by their folders."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voipbox.embedded.daemon import Daemon
from voipbox.embedded.ports import HOST, free_ports, is_free

from .errors import LabError
from .layout import default_directory
from .providers.control import SandboxControl
from .providers.voipms import places
from .providers.voipms import state as voipms

FIRST, SECOND = "provider-one", "provider-two"
_MODULES = {FIRST: "voipbox_lab.providers.voipms", SECOND: "voipbox_lab.providers.didww"}
_LIMIT = 20.0  # seconds
# The second provider's reviewer takes a few seconds instead of days, and callbacks are sent again soon.
_REVIEW = {"approve_after": 6, "callback_retries": [2, 5, 15, 60]}


class ProviderLab:
    """Parameter: directory, of the lab (default: as Lab). Secrets are made once, in files of mode 0600."""

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        base = Path(directory) if directory else default_directory()
        self.directory = base.expanduser().resolve() / "providers"

    def up(self) -> bool:
        """Start what does not run; False when there was nothing to start. Raises ServerError."""
        started = [self._start(name) for name in _MODULES]
        return any(started)

    def down(self) -> bool:
        """Stop both; what they knew is forgotten. False when nothing ran."""
        stopped = [self._daemon(name).stop() for name in _MODULES if self._folder(name).is_dir()]
        return any(stopped)

    def running(self) -> dict[str, bool]:
        """Which of the two runs."""
        return {name: self._folder(name).is_dir() and self._daemon(name).pid() is not None for name in _MODULES}

    def url(self, name: str) -> str:
        """Where a sandbox answers: scheme, host and port. Raises LabError when it was never started."""
        try:
            return f"http://{HOST}:{int((self._folder(name) / 'port').read_text())}"
        except (OSError, ValueError):
            raise LabError("The providers' sandboxes were never started. Start them with: voipbox lab up") from None

    def credentials(self, name: str) -> dict[str, str]:
        """What an account at a sandbox signs in with. Raises LabError."""
        if name == FIRST:
            return {"username": voipms.USERNAME, "password": voipms.PASSWORD}
        return {"api_key": self._secret("api_key"), "callback_secret": self._secret("callback_secret")}

    def catalog(self) -> dict[str, Any]:
        """Both sandboxes as accounts of the controller's catalog, with a product at each. Raises LabError."""
        first = {
            "slug": FIRST, "name": "Provider One (sandbox)", "driver": "voipms", "sandbox": True,
            "gateway_proxy": places.POPS[0].host, "channels": 10,
            "options": {
                "base_url": f"{self.url(FIRST)}/api/v1/rest.php", "account": voipms.MAIN_ACCOUNT, "pop": places.POPS[0].id,
            },
        }  # fmt: skip
        second = {
            "slug": SECOND, "name": "Provider Two (sandbox)", "driver": "didww", "sandbox": True,
            "gateway_proxy": "fra.eu.out.provider2.example", "gateway_realm": "out.provider2.example", "gateway_register": False,
            "channels": 5, "addresses": ["198.51.100.0/28"],
            "outbound": [{"template": "e164_pass_through"}, {"template": "emergency"}],
            "options": {"base_url": f"{self.url(SECOND)}/v3", "spend_limit": "50", "vat_percent": "15"},
        }  # fmt: skip
        return {"accounts": [first, second]}

    def _start(self, name: str) -> bool:
        daemon, folder = self._daemon(name), self._folder(name)
        if daemon.pid() is not None:
            return False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        port = self._port(folder)
        argv = [sys.executable, "-m", _MODULES[name], "--port", str(port), "--state", str(folder)]
        if name == SECOND:
            argv += ["--api-key-file", str(self._secret_file("api_key"))]
            argv += ["--callback-secret-file", str(self._secret_file("callback_secret"))]
        daemon.start(argv, _environment(), functools.partial(_listens, port), _LIMIT)
        if name == SECOND:
            SandboxControl(self.url(name)).call("POST", "/settings", **_REVIEW)
        return True

    def _port(self, folder: Path) -> int:
        """The port of before while it is free: accounts keep its address."""
        kept = folder / "port"
        try:
            port = int(kept.read_text())
        except (OSError, ValueError):
            port = 0
        if not port or not is_free(port):
            (port,) = free_ports(1)
            kept.write_text(f"{port}\n")
        return port

    def _folder(self, name: str) -> Path:
        return self.directory / name

    def _daemon(self, name: str) -> Daemon:
        folder = self._folder(name)
        return Daemon(name, folder / "pid", str(folder), folder / "log")

    def _secret_file(self, name: str) -> Path:
        path = self.directory / name
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(24) + "\n")
        return path

    def _secret(self, name: str) -> str:
        try:
            return (self.directory / name).read_text().strip()
        except OSError:
            raise LabError("The providers' sandboxes were never started. Start them with: voipbox lab up") from None


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _environment() -> Mapping[str, str]:
    """The environment for a child that must find this package, installed or not."""
    root = str(Path(__file__).resolve().parents[1])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
