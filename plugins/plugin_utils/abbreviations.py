# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The short name of an outbound expression, as FusionPBX's outbound route page puts it behind the gateway's name."""

from __future__ import annotations

import re

# Presets of the page and their short names (FusionPBX 5.5, outbound routes).
_PRESETS = {
    r"^(\d{7})$": "7d",
    r"^(\d{8})$": "8d",
    r"^(\d{9})$": "9d",
    r"^(\d{10})$": "10d",
    r"^\+?(\d{11})$": "11d",
    r"^(?:\+1|1)?([2-9]\d{2}[2-9]\d{2}\d{4})$": "10-11-NANP",
    r"^(011\d{9,17})$": "011.9-17d",
    r"^(311)$": "311",
    r"^(411)$": "411",
    r"^(711)$": "711",
    r"(^911$|^933$)": "911",
    r"(^988$)": "988",
    r"^9(\d{3})$": "9.3d",
    r"^9(\d{4})$": "9.4d",
    r"^9(\d{7})$": "9.7d",
    r"^9(\d{10})$": "9.10d",
    r"^9(\d{11})$": "9.11d",
    r"^9(\d{12,20})$": "9.12-20",
    r"^(?:\+1|1)?(8(00|33|44|55|66|77|88)[2-9]\d{6})$": "800",
    r"^0118835100\d{8}$": "inum",
}
_NOT_KEPT = re.compile(r"[^0-9a-z_]")
_LITERAL = re.compile(r"^\^(\d+)\(")


def abbreviation(expression):
    """The preset's short name, or the expression's lower-case letters, digits and underscores (blanks become those)."""
    return _PRESETS.get(expression) or _NOT_KEPT.sub("", expression.lower().replace(" ", "_"))


def outbound_prefix(expression):
    """The literal digits between ^ and the first bracket, which callers dial and the provider does not get; or None."""
    found = _LITERAL.match(expression)
    return found.group(1) if found else None
