# SPDX-License-Identifier: GPL-3.0-or-later
"""The api commands that a provisioner meets, with the answers of a FreeSWITCH under FusionPBX."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable

from .configuration import Configuration, allows
from .faults import Faults
from .lua import Lua
from .sofia import Sofia

_MODULES = frozenset(
    ("mod_commands", "mod_lua", "mod_sofia", "mod_event_socket", "mod_pgsql", "mod_dptools", "mod_dialplan_xml", "mod_hash")
)  # fmt: skip
_DELIMITED = re.compile(r"m:(.)")


class Commands:
    """Parameters: configuration, sofia, faults. Access lists are loaded as at the start of the switch."""

    def __init__(self, configuration: Configuration, sofia: Sofia, faults: Faults) -> None:
        self._configuration = configuration
        self._faults = faults
        self._started = time.monotonic()
        self._lua = Lua(configuration, self.execute)
        self.lists = configuration.access_lists()
        self._handlers: dict[str, Callable[[str], str]] = {
            "hostname": lambda _: configuration.host,
            "switchname": lambda _: configuration.host,
            "status": self._status,
            "reloadxml": self._reloadxml,
            "reloadacl": self._reloadacl,
            "acl": self._acl,
            "user_exists": self._user_exists,
            "regex": regex,
            "sofia": sofia.answer,
            "show": self._show,
            "uptime": self._uptime,
            "create_uuid": lambda _: str(uuid.uuid4()),
            "load": lambda _: "+OK Reloading XML\n-ERR [module load file routine returned an error]\n",
            "user_data": self._user_data,
            "sofia_contact": lambda _: "error/user_not_registered",
            "originate": lambda words: "-ERR USER_NOT_REGISTERED\n" if words.startswith("user/") else "-ERR INVALID_GATEWAY\n",
            "module_exists": lambda name: "true" if name.strip() in _MODULES else "false",
            "global_getvar": self._global_getvar,
            "xml_locate": self._xml_locate,
            "lua": self._run_lua,
            "luarun": self._luarun,
            "version": lambda _: "FreeSWITCH Version 1.10.12-release (lab)\n",
        }

    def execute(self, name: str, arguments: str) -> str:
        """The body of an api answer."""
        handler = self._handlers.get(name)
        return handler(arguments) if handler else f"-ERR {name} Command not found!\n"

    def _status(self, _: str) -> str:
        return "UP 0 years, 0 days, 0 hours, 1 minute, 0 seconds\nFreeSWITCH (Version 1.10.12-release lab) is ready\n"

    def _reloadxml(self, _: str) -> str:
        fault = self._faults.take("xml_error")
        return f"+OK [[error near line {fault.get('line', 1)}]: unclosed tag]\n" if fault else "+OK [Success]\n"

    def _reloadacl(self, _: str) -> str:
        self.lists = self._configuration.access_lists()
        return "+OK acl reloaded\n"

    def _acl(self, arguments: str) -> str:
        words = arguments.split()
        if len(words) < 2:
            return "-USAGE: <ip> <list | net>\n"
        return "true" if allows(self.lists.get(words[1], [("default", "deny")]), words[0]) else "false"

    def _user_exists(self, arguments: str) -> str:
        words = arguments.split()
        if len(words) != 3:
            return "false"
        return "true" if self._configuration.user_exists(words[1], words[2]) else "false"

    def _show(self, arguments: str) -> str:
        if arguments.strip().endswith(" as json"):
            return json.dumps({"row_count": 0}) + "\n"
        return "\n0 total.\n"

    def _global_getvar(self, name: str) -> str:
        return self._configuration.host if name.strip() == "hostname" else "-ERR no reply\n"

    def _xml_locate(self, arguments: str) -> str:
        found = arguments.split() == ["configuration", "configuration", "name", "sofia.conf"]
        return self._configuration.sofia() if found else "can't find anything\n"

    def _uptime(self, _: str) -> str:
        return f"{int(time.monotonic() - self._started)}\n"

    def _user_data(self, arguments: str) -> str:
        user, _, rest = arguments.partition(" ")
        number, _, domain = user.partition("@")
        known = self._configuration.user_exists(number, domain)
        return domain if known and rest.split() == ["var", "user_context"] else "-ERR no reply\n"

    def _luarun(self, arguments: str) -> str:
        self._run_lua(arguments)
        return "+OK\n"

    def _run_lua(self, arguments: str) -> str:
        return self._lua.run(arguments[1:]) if arguments.startswith("~") else "-ERR Cannot execute script\n"


def regex(arguments: str) -> str:
    """`regex DATA|PATTERN`, or `regex m:DELIMITER DATA DELIMITER PATTERN` with a delimiter of one's own."""
    found = _DELIMITED.match(arguments)
    delimiter, text = (found.group(1), arguments[found.end() :]) if found else ("|", arguments)
    data, separator, pattern = text.partition(delimiter)
    if not separator:
        return "-ERR"
    try:
        return "true" if re.search(pattern, data) else "false"
    except re.error:
        return "false"
