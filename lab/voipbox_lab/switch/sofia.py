# SPDX-License-Identifier: GPL-3.0-or-later
"""The api command `sofia`, with the answers of the real one."""

from __future__ import annotations

from .clock import Clock
from .configuration import Configuration
from .faults import Faults
from .gateways import Gateways, as_xml

_RULE = "=" * 97 + "\n"
_XML = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_RESTART = 2.2  # seconds that a profile is away
_USAGE = "USAGE:\n" + "-" * 80 + "\nsofia profile <name> [start | stop | restart | rescan] | status | xmlstatus\n"


class Sofia:
    """Parameters: configuration, gateways, clock, faults."""

    def __init__(self, configuration: Configuration, gateways: Gateways, clock: Clock, faults: Faults) -> None:
        self._configuration = configuration
        self._gateways = gateways
        self._clock = clock
        self._faults = faults
        self._away_until: dict[str, float] = {}

    def _reloaded(self) -> str:
        fault = self._faults.take("xml_error")
        return f"Reload XML [[error near line {fault.get('line', 1)}]: unclosed tag]\n" if fault else "Reload XML [Success]\n"

    def _runs(self, profile: str) -> bool:
        away = self._clock.now() < self._away_until.get(profile, 0)
        return profile in self._configuration.profiles() and not away

    def answer(self, arguments: str) -> str:
        """The answer to `sofia ARGUMENTS`."""
        words = arguments.split()
        if not words:
            return _USAGE
        if words[0] in ("status", "xmlstatus"):
            return self._status(words[0], words[1:])
        if words[0] == "profile":
            return self._profile(words[1:])
        return f"Unknown Command [{words[0]}]\n"

    def _status(self, kind: str, words: list[str]) -> str:
        if not words:
            return self._overview()
        if words[0] == "profile":
            return self._profile_status(kind, words[1:])
        if words[0] != "gateway" or (len(words) == 1 and kind == "status"):
            return self._gateway_table()
        if len(words) == 1:
            inner = "".join(as_xml(one, self._clock).split("\n", 1)[1] for one in self._gateways.listed())
            return f"{_XML}<gateways>\n{inner}</gateways>\n"
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

    def _profile_status(self, kind: str, words: list[str]) -> str:
        name = words[0].strip("'") if words else ""
        if not self._runs(name):
            return "Invalid Profile!\n"
        if words[1:] == ["reg"]:
            if kind == "xmlstatus":
                return f"{_XML}<profile>\n  <registrations>\n  </registrations>\n</profile>\n"
            return f"\nRegistrations:\n{_RULE}Total items returned: 0\n{_RULE}"
        if kind == "xmlstatus":
            return f"{_XML}<profile>\n  <profile-info>\n    <name>{name}</name>\n  </profile-info>\n</profile>\n"
        return f"{_RULE}Name             \t{name}\nContext          \tpublic\nREGISTRATIONS    \t0\n"

    def _gateway_table(self) -> str:
        head = "    Profile::Gateway-Name\t                        Data    \tState\tPing Time\tIB Calls(F/T)\tOB Calls(F/T)\n"
        lines = "".join(
            f"{one.config.profile + '::' + one.name:>25}\tsip:{one.parameter('username', 'FreeSWITCH')}@{one.parameter('proxy')}"
            f"\t{one.state}\t0.00\t0/0\t0/0\n"
            for one in self._gateways.listed()
        )
        count = len(self._gateways.listed())
        return f"{head}{_RULE}{lines}{_RULE}{count} gateways: Inbound(Failed/Total): 0/0,Outbound(Failed/Total):0/0\n"

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
        if len(words) < 2:
            return "Invalid Args!\n"
        profile, verb, *rest = words
        fault = self._faults.take("invalid_profile")
        if fault or not self._runs(profile):
            if verb == "rescan" and not fault and not self._configuration.profiles():
                return f"{self._reloaded()}-ERR cannot find config for profile {profile}\n"
            return f"Invalid Profile [{profile}]"
        if verb == "rescan":
            if self._faults.take("cannot_find_config"):
                return f"{self._reloaded()}-ERR cannot find config for profile {profile}\n"
            reloaded = self._reloaded()
            self._gateways.rescan(profile)
            return f"{reloaded}+OK scan complete\n"
        if verb == "killgw":
            return self._kill(rest)
        if verb == "startgw":
            self._gateways.rescan(profile)
            return f"{self._reloaded()}+OK start gateway {' '.join(rest)} complete\n"
        if verb in ("register", "unregister"):
            return self._register(verb, rest)
        if verb == "restart":
            self._away_until[profile] = self._clock.now() + _RESTART
            self._gateways.restart(profile)
            return f"{self._reloaded()}restarting: {profile}"
        if verb == "start":
            return f"{self._reloaded()}{profile} started successfully\n"
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
