# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Field rules: which characters and values FusionPBX and FreeSWITCH can take, checked before anything is written.

The rules of passwords and gateway fields were measured on a running switch: directory entries and gateways are written
into XML with incomplete escaping, so some characters break an entry or let a tenant write XML of its own.

Expressions end with \\Z and name their digits: $ would pass a line break at the end, \\d the digits of other scripts.
"""

from __future__ import annotations

import datetime
import ipaddress
import re

from . import emergency_numbers, expressions
from .numbers import has_trunk_zero, is_e164

LABEL = re.compile(r"^(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ENTITY = re.compile(r"&#?[A-Za-z0-9]+;")
_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_EMAIL = re.compile(r"^[^@\s,;<>\"$\x00-\x1f\x7f]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")
_EXTENSION = re.compile(r"^[0-9]{1,20}\Z")
_WORD = re.compile(r"^[A-Za-z0-9_.-]{1,64}\Z")
_PIN = re.compile(r"^[0-9]{3,20}\Z")
_LANGUAGE = re.compile(r"^[a-z]{2,3}-[a-z]{2,4}\Z")
_ZONE = re.compile(r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}\Z")
_CALLER_NUMBER = re.compile(r"^\+?[0-9]{1,20}\Z")
_DID = re.compile(r"^\+[1-9][0-9]{6,14}\Z")
_WHOLE = re.compile(r"^-?[0-9]{1,18}\Z")
_NUMBER_LAYOUT = re.compile(r"[ ().-]")
_EXPANSION = re.compile(r"\$\$?\{|%\{")
_NOT_SHOWN = re.compile(r'[$"\\]')
_DIALLED = re.compile(r"^\+?[0-9*#]{1,20}\Z")
_COUNTRY_CODE = re.compile(r"^[1-9][0-9]{0,2}\Z")
_AREA_CODE = re.compile(r"^[0-9]{1,8}\Z")
_TEMPLATE = re.compile(r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}){0,3}\Z")
_CODECS = re.compile(r"^[A-Za-z0-9@._:, -]{1,250}\Z")
_VARIABLES = 1000
_DEEPEST = 5
_GATEWAY_USER = re.compile(r"^[^\s\"'<>&$\x00-\x1f\x7f]{1,128}\Z")
LIMITS = ("extensions", "gateways", "users", "destinations", "devices", "ring_groups", "ivr_menus", "call_center_queues")
RECORD = ("all", "local", "inbound", "outbound", "none")
TRANSPORTS = ("udp", "tcp", "tls")
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
PROFILES = re.compile(r"^[A-Za-z0-9_-]{1,64}\Z")
_WIDEST = {4: 16, 6: 32}
BCRYPT_BYTES = 72


def domain(value):
    """Cause why a domain name is refused, or None: lower-case host name of two labels or more (SIP domain, folder name)."""
    if value != value.lower():
        return "a domain is written in lower case: the switch never matches another spelling"
    labels = value.split(".")
    if len(value) > 253 or len(labels) < 2 or not all(LABEL.match(label) for label in labels):
        return "not a domain name (letters, digits, hyphens and dots, at least two labels)"
    if labels[-1].isdigit():
        return "an address is not a domain name"
    return None


def identity(value):
    """A uuid in its usual spelling."""
    return None if _UUID.match(value) else "a uuid is written like 6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def text(value):
    """Cause why free text is refused: control characters only; everything else is data."""
    if _CONTROL.search(value):
        return "holds a control character"
    if len(value) > 1000:
        return "longer than 1000 characters"
    return None


def switch_text(value):
    """Free text that reaches the switch's XML, where & is not escaped: text that reads as an entity is refused."""
    if _ENTITY.search(value):
        return "holds text like &name;, which the switch reads as another character"
    return text(value)


def dialplan_text(value):
    """Free text that a route template may put into a dialplan: nothing in it may have the switch look up or run something."""
    if _EXPANSION.search(value):
        return "holds ${ or %{, with which the switch would put something of its own (or a command's answer) in that place"
    return switch_text(value)


def display_name(value):
    """A name that phones show. What would arrive as something else is refused: the switch takes $ away, a double quote ends
    the name in a SIP header, and a phone reads a backslash as the mark before another character (RFC 3261, section 25.1)."""
    found = _NOT_SHOWN.search(value)
    if found:
        return "holds {0}, so it would not arrive at the called phone as it is written".format(found.group())
    return dialplan_text(value)


def expression(value):
    """A regular expression on a dialled number or a toll class: one that the switch compiles and matches in bounded time."""
    return dialplan_text(value) or expressions.cause_against(value)


def dialled(value):
    """What is dialled in front of a number: digits, * and #, after a plus or none."""
    return None if _DIALLED.match(value) else "use digits, * and #, with a plus in front or none, 1 to 20 of them"


def area_code(value):
    """An area code."""
    return None if _AREA_CODE.match(value) else "an area code is 1 to 8 digits"


def country_code(value):
    """A country code of E.164, digits alone."""
    return None if _COUNTRY_CODE.match(value) else "a country code is 1 to 3 digits, such as 1 or 44"


def country(value):
    """A country whose emergency numbers are known, by its ISO 3166 code."""
    known = emergency_numbers.of_country(value)
    return None if known else "is no country whose emergency numbers are known; write its two letters, such as NL"


def template(value):
    """The name of a route template, with the folders that it lies in."""
    return None if _TEMPLATE.match(value) else "a template's name has letters, digits, dots, hyphens and underscores"


def codecs(value):
    """Codecs in order, as FusionPBX writes them: PCMU,G722,OPUS@48000h."""
    return None if _CODECS.match(value) else "codecs are names with commas between, such as PCMU,G722"


def flag(value):
    """True or false."""
    return None if isinstance(value, bool) else "must be true or false"


def variables(value):
    """Values for templates of a site, of any shape: their texts may stand anywhere in a dialplan."""
    if not isinstance(value, dict):
        return "must be a mapping"
    left = [(value, 0)]
    seen = 0
    while left:
        one, depth = left.pop()
        seen += 1
        if seen > _VARIABLES or depth > _DEEPEST:
            return "more than {0} values, or more than {1} levels of them".format(_VARIABLES, _DEEPEST)
        if isinstance(one, dict):
            left.extend((part, depth + 1) for pair in one.items() for part in pair)
        elif isinstance(one, (list, tuple)):
            left.extend((part, depth + 1) for part in one)
        elif isinstance(one, str):
            cause = dialplan_text(one)
            if cause:
                return "a value in it " + cause
        elif one is not None and not isinstance(one, (bool, int, float, datetime.date)):
            return "holds a value of a kind that no template takes"
    return None


def extension_number(value):
    """An extension number: 1 to 20 digits (letters and feature code characters are refused)."""
    return None if _EXTENSION.match(value) else "an extension number is 1 to 20 digits"


def sip_password(value):
    """A SIP password of an extension: it stands unescaped in the directory XML."""
    if '"' in value:
        return "holds a double quote, which breaks the switch's directory entry"
    if value != value.strip():
        return "begins or ends with a blank, which FusionPBX cuts off"
    if not value or len(value) > 128:
        return "a password has 1 to 128 characters"
    return switch_text(value)


def gateway_password(value):
    """A gateway's password: the switch drops the dollar sign and decodes entities."""
    if "$" in value:
        return "holds a dollar sign, which the switch removes: the provider would refuse it"
    if value != value.strip():
        return "begins or ends with a blank, which FusionPBX cuts off"
    if not value or len(value) > 128:
        return "a password has 1 to 128 characters"
    return switch_text(value)


def gateway_user(value):
    """A gateway's user name: no blanks or quotes, else the credentials are never tried."""
    good = _GATEWAY_USER.match(value) and not _EXPANSION.search(value)
    return None if good else "holds a blank, a quote or another character that the switch cannot take"


def login_password(value):
    """A password of a person: bcrypt reads 72 bytes and PHP none after NUL."""
    if not value or len(value.encode("utf-8")) > BCRYPT_BYTES:
        return "a login password has 1 to 72 bytes"
    if value != value.strip():
        return "begins or ends with a blank, which the login page cuts off"
    return "holds a control character" if _CONTROL.search(value) else None


def username(value):
    """A login name: what stands after @ is taken for the domain, so that sign is refused."""
    return None if _WORD.match(value) else "a user name is 1 to 64 letters, digits, dots, hyphens or underscores"


def word(value):
    """A name of a gateway, group or toll class: 1 to 64 letters, digits, dots, hyphens, underscores."""
    return None if _WORD.match(value) else "use 1 to 64 letters, digits, dots, hyphens or underscores"


def email(value):
    """One e-mail address."""
    return None if _EMAIL.match(value) and len(value) <= 254 else "not an e-mail address"


def emails(value):
    """One or more e-mail addresses with commas between."""
    return None if all(email(part.strip(" ")) is None for part in value.split(",")) else "not an e-mail address"


def pin(value):
    """A voicemail password: 3 to 20 digits, for it is dialled."""
    return None if _PIN.match(value) else "a voicemail password is 3 to 20 digits"


def language(value):
    """A language code as FusionPBX writes it, such as en-us."""
    return None if _LANGUAGE.match(value) else "a language is written like en-us"


def time_zone(value):
    """A time zone name of the tz database, such as America/Toronto."""
    return None if _ZONE.match(value) else "a time zone is written like America/Toronto"


def caller_number(value):
    """A caller id number: an optional plus and digits, after layout signs were taken away."""
    return None if _CALLER_NUMBER.match(plain_number(value)) else "a caller id number is an optional plus and 1 to 20 digits"


def plain_number(value):
    """The number without blanks, brackets, dots and hyphens (FusionPBX keeps digits and plus)."""
    return _NUMBER_LAYOUT.sub("", value)


def did(value):
    """A DID: E.164 with plus."""
    if has_trunk_zero(value):
        return "leave out the 0 behind the country code: it is dialled in national calls alone"
    good = _DID.match(value) and is_e164(value)
    return None if good else "not an E.164 number (plus, country code and number, such as +14165550100)"


def host(value):
    """A host name or address of a provider, without sip: and without a port."""
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    try:
        # A zone (fe80::1%eth0) is free text to the parser.
        if "%" not in bare:
            ipaddress.ip_address(bare)
            return None
    except ValueError:
        pass
    if value.lower().startswith(("sip:", "sips:")):
        return "write the host alone: sip: in front breaks realm and from"
    return None if _HOST.match(value) and ".." not in value and len(value) <= 253 else "not a host name or address"


def network(value):
    """A provider's network in CIDR notation (or an address), narrow enough for an access list."""
    if "%" in value:
        return "an address with a zone means nothing on another machine"
    try:
        parsed = ipaddress.ip_network(value)
    except ValueError as error:
        return "not an address or network in CIDR notation ({0})".format(error)
    if parsed.prefixlen < _WIDEST[parsed.version]:
        return "wider than /{0}: whoever calls from it is let in without a password".format(_WIDEST[parsed.version])
    return None


def cidr(value):
    """The network as it is stored, with its prefix length."""
    return str(ipaddress.ip_network(value))


def is_whole(value):
    """True for the text of a whole number that int() takes, without blanks around it."""
    return bool(_WHOLE.match(value))


def seconds(low, high):
    """A rule for whole numbers from low to high."""

    def rule(value):
        if not is_whole(str(value)):
            return "must be a whole number"
        return None if low <= int(value) <= high else "must lie between {0} and {1}".format(low, high)

    return rule


def one_of(choices):
    """A rule for a value out of a fixed set."""

    def rule(value):
        return None if value in choices else "must be one of {0}".format(", ".join(choices))

    return rule
