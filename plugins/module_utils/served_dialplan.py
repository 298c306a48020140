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
_BETWEEN = "<!-- next -->"
# The answer holds only the extensions with a given text in them: in multiple mode the whole context may be large.
# The handler keeps its findings in globals, which are cleared for each number; a context that is the same for the next
# number (multiple mode) is searched once.
_SERVED = (
    "lua ~require 'resources.functions.config'; local h = {{}}; "
    "XML_REQUEST = {{section = 'dialplan', tag_name = '', key_name = '', key_value = ''}}; "
    "params = {{getHeader = function(self, name) return h[name] end, serialize = function() return '' end}}; "
    "local last, found; "
    "for number in string.gmatch('{numbers}', '%S+') do "
    "XML_STRING = nil; dialplan_found = nil; "
    "h = {{['Hunt-Context'] = '{context}', ['Caller-Destination-Number'] = number}}; "
    "dofile(scripts_dir .. '/app/xml_handler/index.lua'); "
    "local xml = XML_STRING or ''; "
    "if xml ~= last then last = xml; found = ''; "
    "for e in string.gmatch(xml, '<extension.-</extension>') do "
    "if string.find(e, '{mark}', 1, true) then found = found .. e end end end; "
    "stream:write(found .. '{between}') end"
)


def served_command(context, numbers, mark):
    """The command that makes the switch tell which extensions of a context it serves for dialled numbers.

    Parameters: context (public or a domain), numbers as dialled, mark: a text that the extensions of interest hold.
    parts_of() takes the answer apart.
    """
    for value in (context, mark, *numbers):
        if not _PLAIN.match(value.replace("=", "")):
            raise SwitchError("The value {0!r} cannot stand in a question to the switch.".format(value))
    return _SERVED.format(context=context, numbers=" ".join(numbers), mark=mark, between=_BETWEEN)


def parts_of(answer, count):
    """The answer to served_command() by number. Raises SwitchError when the handler did not run for all of them."""
    parts = answer.split(_BETWEEN)
    if answer.startswith("-ERR") or len(parts) != count + 1:
        raise SwitchError(
            "The switch could not run FusionPBX's dialplan handler: {0}.".format(answer.strip()[:200] or "no answer"),
            next_step="Check that the Lua scripts of FusionPBX are installed on the switch.",
        )
    return parts[:count]


def extensions_of(answer):
    """(name, expression on the dialled number) of each extension in a part of an answer."""
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
