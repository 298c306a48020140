# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the running switch which dialplans it serves: FusionPBX's own handler is run on it, as for a call."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

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


# The whole context of a tenant is large; of each dialplan that looks at the dialled number only what decides is told: name,
# whether calls leave by a gateway, whether the search goes on behind it, then the field and expression of each condition.
_OUTLINE = (
    "lua ~require 'resources.functions.config'; "
    "local h = {{['Hunt-Context'] = '{context}', ['Caller-Destination-Number'] = '0'}}; "
    "XML_REQUEST = {{section = 'dialplan', tag_name = '', key_name = '', key_value = ''}}; "
    "params = {{getHeader = function(self, name) return h[name] end, serialize = function() return '' end}}; "
    "dofile(scripts_dir .. '/app/xml_handler/index.lua'); "
    "for e in string.gmatch(XML_STRING or '', '<extension.-</extension>') do "
    "if string.find(e, 'destination_number', 1, true) then "
    "local head = string.match(e, '<extension(.-)>'); "
    "stream:write('E\\t' .. (string.match(head, 'name=\"([^\"]*)\"') or '') .. "
    "(string.find(e, 'sofia/gateway/', 1, true) and '\\tout\\t' or '\\tin\\t') .. "
    "(string.match(head, 'continue=\"([^\"]*)\"') or '') .. '\\n'); "
    'for f, x in string.gmatch(e, \'field="([^"]*)"%s+expression="([^"]*)"\') do '
    "stream:write('C\\t' .. f .. '\\t' .. x .. '\\n') end end end; "
    "stream:write('{between}')"
)


class Outline:
    """One dialplan as the switch serves it: name, whether its calls leave, whether the search goes on, its conditions."""

    def __init__(self, name, leaves, goes_on):
        self.name = name
        self.leaves = leaves
        self.goes_on = goes_on
        self.expressions = []
        self.is_restricted = False


def outline_command(context):
    """The command that makes the switch tell what decides about a number that a phone of a tenant dials; outline_of() reads
    the answer. Parameters: context, the tenant's domain."""
    if not _PLAIN.match(context):
        raise SwitchError("The value {0!r} cannot stand in a question to the switch.".format(context))
    return _OUTLINE.format(context=context, between=_BETWEEN)


def outline_of(answer):
    """The Outlines of an answer to outline_command(), in the order in which the switch looks at them. Raises SwitchError."""
    return _outline(parts_of(answer, 1)[0])


@lru_cache(maxsize=256)
def _outline(text):
    found = []
    for line in text.split("\n"):
        parts = [unescape(part, {"&quot;": '"'}) for part in line.split("\t")]
        if parts[0] == "E" and len(parts) > 3:
            found.append(Outline(parts[1], parts[2] == "out", parts[3].lower() in ("1", "true", "yes", "on")))
        elif parts[0] == "C" and found and len(parts) > 2:
            if parts[1] == "destination_number":
                found[-1].expressions.append(parts[2])
            elif parts[1] == "${toll_allow}":
                found[-1].is_restricted = True
    return tuple(found)


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
