# SPDX-License-Identifier: GPL-3.0-or-later
"""The api command `sofia`, with the answers of the real one."""

from __future__ import annotations

from .clock import Clock
from .configuration import Configuration
from .faults import Faults
from .gateways import Gateways, as_xml

_RELOADED = "Reload XML [Success]\n"


class Sofia:
    """Parameters: configuration, gateways, clock, faults."""

    def __init__(self, configuration: Configuration, gateways: Gateways, clock: Clock, faults: Faults) -> None:
        self._configuration = configuration
        self._gateways = gateways
        self._clock = clock
        self._faults = faults

    def answer(self, arguments: str) -> str:
        """The answer to `sofia ARGUMENTS`."""
        words = arguments.split()
        if not words:
            return "Invalid Args!\n"
        if words[0] in ("status", "xmlstatus"):
            return self._status(words[0], words[1:])
        if words[0] == "profile":
            return self._profile(words[1:])
        return "-ERR Unknown command!\n"

    def _status(self, kind: str, words: list[str]) -> str:
        if not words:
            return self._overview()
        if words[0] == "profile":
            known = len(words) > 1 and words[1] in self._configuration.profiles()
            return f"Name             \t{words[1]}\nState            \tRUNNING\n" if known else "Invalid Profile!\n"
        if words[0] != "gateway":
            return "-ERR Unknown command!\n"
        if len(words) == 1:
            inner = "".join(as_xml(one, self._clock).split("\n", 1)[1] for one in self._gateways.listed())
            return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways>\n{inner}</gateways>\n'
        gateway = self._gateways.find(words[1])
        if gateway is None:
            return "Invalid Gateway!\n"
        if kind == "xmlstatus":
            return as_xml(gateway, self._clock)
        values = (
            ("Name", gateway.name),
            ("Profile", gateway.config.profile),
            ("State", gateway.state),
            ("Status", gateway.status),
        )
        return "".join(f"{name:<8}\t{value}\n" for name, value in values)

    def _overview(self) -> str:
        lines = ["                     Name\t   Type\t                                      Data\tState", "=" * 97]
        for profile in self._configuration.profiles():
            lines.append(f"{profile:>25}\tprofile\t{'sip:mod_sofia@127.0.0.1:5080':>42}\tRUNNING (0)")
        for gateway in self._gateways.listed():
            name = f"{gateway.config.profile}::{gateway.name}"
            target = f"sip:{gateway.parameter('username', 'FreeSWITCH')}@{gateway.parameter('proxy')}"
            lines.append(f"{name:>25}\tgateway\t{target:>42}\t{gateway.state}")
        lines.append("=" * 97)
        return "\n".join(lines) + "\n"

    def _profile(self, words: list[str]) -> str:
        if len(words) < 2:  # noqa: PLR2004
            return "Invalid Args!\n" if not words else "-ERR Unknown command!\n"
        profile, verb, *rest = words
        fault = self._faults.take("invalid_profile")
        if fault or profile not in self._configuration.profiles():
            if verb == "rescan" and not fault and not self._configuration.profiles():
                return f"{_RELOADED}-ERR cannot find config for profile {profile}\n"
            return f"Invalid Profile [{profile}]"
        if verb == "rescan":
            if self._faults.take("cannot_find_config"):
                return f"{_RELOADED}-ERR cannot find config for profile {profile}\n"
            self._gateways.rescan(profile)
            return f"{_RELOADED}+OK scan complete\n"
        if verb == "killgw":
            return self._kill(rest)
        if verb == "startgw":
            self._gateways.rescan(profile)
            return f"{_RELOADED}+OK start gateway {' '.join(rest)} complete\n"
        if verb in ("register", "unregister"):
            return self._register(verb, rest)
        if verb == "restart":
            return f"{_RELOADED}restarting: {profile}"
        return "-ERR Unknown command!\n"

    def _kill(self, names: list[str]) -> str:
        if not names:
            return "-ERR missing gw name\n"
        if names[0] == "_all_":
            self._gateways.kill_all()
            return "+OK every gateway marked for deletion.\n"
        return "+OK gateway marked for deletion.\n" if self._gateways.kill(names[0]) else "-ERR no such gateway.\n"

    def _register(self, verb: str, names: list[str]) -> str:
        gateway = self._gateways.find(names[0]) if names else None
        if gateway is None:
            return "Invalid gateway!\n"
        if not gateway.registers:
            return f"-ERR NOREG gateway [{gateway.name}] can't be {verb}ed!\n"
        if verb == "register":
            self._gateways.register(gateway.name)
        else:
            gateway.state, gateway.due = "DOWN", float("inf")
        return "+OK\n"
