# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways as the running switch has them: a world apart from the rows, moved by a tick of one second."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from .clock import Clock
from .configuration import Configuration, GatewayConfig
from .providers import Providers

_TICK = 1.0
_GIVE_UP = 32.0  # seconds until a silent provider counts as failed
_GONE_AFTER = 1.5  # seconds that a killed gateway is still listed


@dataclass
class Gateway:
    """A loaded gateway: its settings stay what they were when it was loaded."""

    config: GatewayConfig
    state: str
    due: float
    registered_at: float | None = None
    failures: int = 0
    killed_at: float | None = None
    attempts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.config.name

    def parameter(self, name: str, otherwise: str = "") -> str:
        return self.config.parameters.get(name, otherwise)

    @property
    def registers(self) -> bool:
        return self.parameter("register") == "true"

    @property
    def status(self) -> str:
        if self.state in ("NOREG", "REGED") or (self.state == "REGISTER" and self.registered_at is not None):
            return "UP"
        return "DOWN"


class Gateways:
    """All loaded gateways. Parameters: configuration, providers, clock."""

    def __init__(self, configuration: Configuration, providers: Providers, clock: Clock) -> None:
        self._configuration = configuration
        self._providers = providers
        self._clock = clock
        self._loaded: dict[str, Gateway] = {}
        self._leaving: list[Gateway] = []

    def rescan(self, profile: str) -> None:
        """Load what is configured and not loaded; a loaded one is never changed or removed."""
        for config in self._configuration.gateways(profile):
            if config.name not in self._loaded:
                now = self._clock.now()
                register = config.parameters.get("register") == "true"
                self._loaded[config.name] = Gateway(config, "UNREGED" if register else "NOREG", now + _TICK)

    def find(self, name: str) -> Gateway | None:
        """A loaded gateway by its name (the uuid), also as PROFILE::UUID."""
        gateway = self._loaded.get(name.rsplit("::", 1)[-1])
        if gateway:
            self._advance(gateway)
        return gateway

    def kill(self, name: str) -> bool:
        """Mark a gateway for deletion: unknown at once, listed a while longer."""
        gateway = self._loaded.pop(name.rsplit("::", 1)[-1], None)
        if gateway is None:
            return False
        gateway.killed_at = self._clock.now()
        gateway.state = "UNREGISTER"
        self._leaving.append(gateway)
        return True

    def kill_all(self) -> None:
        """Mark every gateway of every tenant."""
        for name in list(self._loaded):
            self.kill(name)

    def listed(self) -> list[Gateway]:
        """What `sofia status` lists, those that are leaving among them."""
        now = self._clock.now()
        self._leaving = [one for one in self._leaving if now - (one.killed_at or 0) < _GONE_AFTER]
        for gateway in self._leaving:
            gateway.state = "UNREGISTER" if now - (gateway.killed_at or 0) < _TICK else "DOWN"
        for gateway in self._loaded.values():
            self._advance(gateway)
        return [*self._loaded.values(), *self._leaving]

    def register(self, name: str) -> Gateway | None:
        """Bring the next attempt forward."""
        gateway = self.find(name)
        if gateway and gateway.registers:
            gateway.state, gateway.due = "UNREGED", self._clock.now()
        return gateway

    def restart(self, profile: str) -> None:
        """Drop the gateways of a profile and load what is configured, to be registered anew."""
        self._loaded = {name: one for name, one in self._loaded.items() if one.config.profile != profile}
        self.rescan(profile)

    def forget(self) -> None:
        """As after a restart of the switch: nothing is loaded."""
        self._loaded.clear()
        self._leaving.clear()

    def _advance(self, gateway: Gateway) -> None:
        """Let the ticks that have passed happen."""
        now = self._clock.now()
        while gateway.registers and gateway.due <= now:
            at = gateway.due
            if gateway.state == "UNREGED":
                self._attempt(gateway, at)
            elif gateway.state == "REGISTER":
                gateway.state = "REGED"
                gateway.registered_at = gateway.registered_at or at
                gateway.failures = 0
                gateway.due = at + float(gateway.parameter("expire-seconds") or 3600) / 2
            elif gateway.state == "REGED":
                self._attempt(gateway, at)
            elif gateway.state in ("TRYING", "FAILED"):
                gateway.failures += 1
                gateway.registered_at = None
                retry = float(gateway.parameter("retry-seconds") or 30)
                failed = gateway.state == "TRYING"
                gateway.state = "FAILED" if failed else "FAIL_WAIT"
                gateway.due = at + (_TICK if failed else retry)
            else:
                gateway.state, gateway.due = "UNREGED", at + _TICK

    def _attempt(self, gateway: Gateway, at: float) -> None:
        answer = self._providers.answer(gateway.name, gateway.parameter("proxy"), gateway.parameter("password"))
        gateway.attempts.append(answer)
        if answer == "ok":
            gateway.state, gateway.due = "REGISTER", at + _TICK
        elif answer == "silent":
            gateway.state, gateway.due = "TRYING", at + _GIVE_UP
        else:
            gateway.state, gateway.due = "FAILED", at + _TICK


def as_xml(gateway: Gateway, clock: Clock) -> str:
    """The answer of `sofia xmlstatus gateway`."""
    up = int((clock.now() - gateway.registered_at) * 1e6) if gateway.registered_at is not None else 0
    user = gateway.parameter("username", "FreeSWITCH")
    proxy = gateway.parameter("proxy", gateway.name)
    values = {
        "name": gateway.name,
        "profile": gateway.config.profile,
        "scheme": "Digest",
        "realm": gateway.parameter("realm", proxy),
        "username": user,
        "password": "yes" if gateway.parameter("password") else "no",
        "from": f"<sip:{user}@{gateway.parameter('from-domain', proxy)}>",
        "contact": f"<sip:gw+{gateway.name}@127.0.0.1:5080>",
        "exten": gateway.parameter("extension", user),
        "to": f"sip:{user}@{proxy}",
        "proxy": f"sip:{proxy}",
        "context": gateway.parameter("context", "public"),
        "expires": gateway.parameter("expire-seconds", "3600"),
        "freq": gateway.parameter("expire-seconds", "3600"),
        "ping": "0",
        "state": gateway.state,
        "status": gateway.status,
        "uptime-usec": str(up),
        "calls-in": "0",
        "calls-out": "0",
        "failed-calls-in": "0",
        "failed-calls-out": "0",
    }
    if gateway.state in ("FAILED", "FAIL_WAIT", "TRYING"):
        values["retry"] = f"{gateway.parameter('retry-seconds', '30')}s"
    inner = "\n".join(f"  <{name}>{escape(value)}</{name}>" for name, value in values.items())
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateway>\n{inner}\n</gateway>\n'
