# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the running switch which dialplans it serves: FusionPBX's own handler is run on it, as for a call."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .errors import SwitchError

_PLAIN = re.compile(r"^[A-Za-z0-9.+_/-]+$")
_DELIMITERS = "~#!%@="
# The answer holds only the extensions with a given text in them: in multiple mode the whole context may be large.
_SERVED = (
    "lua ~require 'resources.functions.config'; "
    "XML_REQUEST = {{section = 'dialplan', tag_name = '', key_name = '', key_value = ''}}; "
    "local h = {{['Hunt-Context'] = '{context}', ['Caller-Destination-Number'] = '{number}'}}; "
    "params = {{getHeader = function(self, name) return h[name] end, serialize = function() return '' end}}; "
    "dofile(scripts_dir .. '/app/xml_handler/index.lua'); "
    "for e in string.gmatch(XML_STRING or '', '<extension.-</extension>') do "
    "if string.find(e, '{mark}', 1, true) then stream:write(e) end end"
)


def served_command(context, number, mark):
    """The command that makes the switch tell which extensions of a context it serves for a dialled number.

    Parameters: context (public or a domain), number as dialled, mark: a text that the extensions of interest hold.
    """
    for value in (context, number, mark):
        if not _PLAIN.match(value.replace("=", "")):
            raise SwitchError("The value {0!r} cannot stand in a question to the switch.".format(value))
    return _SERVED.format(context=context, number=number, mark=mark)


def extensions_of(answer):
    """(name, expression on the dialled number) of each extension in an answer to served_command()."""
    if answer.startswith("-ERR"):
        raise SwitchError(
            "The switch could not run FusionPBX's dialplan handler: {0}.".format(answer.strip()),
            next_step="Check that the Lua scripts of FusionPBX are installed on the switch.",
        )
    try:
        root = ElementTree.fromstring("<served>" + answer + "</served>")
    except ElementTree.ParseError as error:
        raise SwitchError("The switch serves a dialplan that is not well formed ({0}).".format(error)) from None
    found = []
    for extension in root:
        for element in extension.iter():
            if element.get("field") == "destination_number":
                found.append((extension.get("name"), element.get("expression") or ""))
                break
    return found


def regex_command(number, expression):
    """The command that asks the switch's own regular expression engine whether a number matches (answer true/false)."""
    for delimiter in _DELIMITERS:
        if delimiter not in expression and delimiter not in number and "\n" not in expression:
            return "regex m:{0}{1}{0}{2}".format(delimiter, number, expression)
    raise SwitchError("The expression {0!r} cannot stand in a question to the switch.".format(expression))
