# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrars behind the gateways: each host has a behaviour, and knows the password that stands in the gateway's row."""

from __future__ import annotations

from .rows import Rows

BEHAVIOURS = ("good", "wrong_password", "silent", "refused", "403", "404", "503", "unresolvable")


class Providers:
    """Parameters: rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._behaviours: dict[str, str] = {}

    def set(self, host: str, behaviour: str) -> None:
        """Give a host a behaviour. Raises ValueError for one that is not known."""
        if behaviour not in BEHAVIOURS:
            raise ValueError(f"There is no behaviour {behaviour}; there are {', '.join(BEHAVIOURS)}.")
        self._behaviours[host] = behaviour

    def forget(self) -> None:
        """Every host is good again."""
        self._behaviours.clear()

    def answer(self, gateway: str, proxy: str, password: str) -> str:
        """ok, silent, or what went wrong with a REGISTER."""
        host = proxy.rsplit(":", 1)[0] if proxy.count(":") == 1 else proxy
        behaviour = "unresolvable" if host.endswith(".invalid") else self._behaviours.get(host, "good")
        if behaviour == "silent":
            return "silent"
        if behaviour != "good":
            return behaviour
        # A password that the XML altered, or that was changed after the gateway was loaded, is not the one the
        # provider knows.
        return "ok" if password == (self._rows.password_of(gateway) or "") else "403"
